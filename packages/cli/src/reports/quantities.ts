/** "0.042 s", "12 s", "3 min 05 s", "2 h 10 min": about three digits, and never more than can be known. */
export function secondsText(seconds: number): string {
  if (seconds < 10) return `${Number(seconds.toPrecision(2))} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${twoDigits(whole % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} min`;
}

/** "80 MiB", "1.2 GiB". */
export function bytesText(bytes: number): string {
  const gibibytes = bytes / 2 ** 30;
  if (gibibytes >= 0.95) return `${gibibytes.toFixed(1)} GiB`;
  return `${Math.max(1, Math.round(bytes / 2 ** 20))} MiB`;
}

/** Three digits: "0.0412", "1.93", "45200". */
export function numberText(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
