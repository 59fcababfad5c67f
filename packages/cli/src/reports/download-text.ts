import type { DownloadProgress } from "@brushwork/backend-node";
import { bytesText, secondsText } from "./quantities.js";

const barWidth = 24;

/** "45%  34 MiB of 76 MiB  5 MiB/s  8.4 s left"; to be called at the first byte, which the rate counts from. */
export function downloadText(now: () => number): (progress: DownloadProgress) => string {
  let begun: { readonly at: number; readonly received: number } | undefined;
  let latest = 0;
  return ({ received, total }) => {
    // Fewer bytes than before are those of another download.
    if (begun === undefined || received < latest) begun = { at: now(), received };
    latest = received;
    const seconds = (now() - begun.at) / 1000;
    const rate = seconds > 0 ? (received - begun.received) / seconds : 0;
    return [
      `${Math.floor((100 * received) / total)}%`.padStart(4),
      `${bytesText(received)} of ${bytesText(total)}`,
      ...(rate > 0 ? [`${bytesText(rate)}/s`] : []),
      ...(rate > 0 && received < total ? [`${secondsText((total - received) / rate)} left`] : []),
    ].join("  ");
  };
}

/** "[#########               ]" */
export function barText({ received, total }: DownloadProgress): string {
  const filled = Math.floor((barWidth * received) / total);
  return `[${"#".repeat(filled).padEnd(barWidth)}]`;
}
