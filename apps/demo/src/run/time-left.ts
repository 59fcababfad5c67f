/** A duration in words, rounded as people say it. @param duration seconds */
export function spoken(duration: number): string {
  const seconds = Math.round(duration);
  if (seconds < 60) return plural(Math.max(1, seconds), "second");
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return plural(minutes, "minute");
  return `${plural(Math.floor(minutes / 60), "hour")} ${plural(minutes % 60, "minute")}`;
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
