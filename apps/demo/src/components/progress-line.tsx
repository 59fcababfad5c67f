import { isRunning, type Phase, type Run } from "../run/run.js";
import { spoken } from "../run/time-left.js";
import { isUsualWork } from "../settings/current.js";

/** How far the run is, and how long it will still take. */
export function ProgressLine({ run, phase }: { readonly run: Run; readonly phase: Phase }) {
  const { index, total, pulling } = run;
  if (phase === "ready")
    return (
      <p class="hint">
        {isUsualWork.value
          ? "Less than a minute with a graphics card, about a minute without one."
          : "More than a minute. The time left is shown while it paints."}
      </p>
    );
  return (
    <div class="progress-line">
      <progress
        aria-label={pulling ? "Download" : "Painted so far"}
        {...(pulling
          ? { max: pulling.total || 1, value: pulling.received }
          : (total > 0 || !isRunning(phase)) && { max: total || 1, value: index })}
      />
      <span>{sentence(run, phase)}</span>
    </div>
  );
}

function sentence({ index, total, pulling, secondsLeft }: Run, phase: Phase): string {
  const steps = `${index} of ${total} steps`;
  switch (phase) {
    case "ready":
      return "";
    case "opening":
      return pulling ? "Downloading the network…" : "Getting ready…";
    case "painting":
      return secondsLeft > 0 ? `${steps}, about ${spoken(secondsLeft)} left` : steps;
    case "pausing":
      return "Pausing after this step…";
    case "paused":
      return `Paused after ${steps}`;
    case "stopping":
      return "Finishing this step…";
    case "painted":
      return index < total ? `Stopped after ${steps}` : `Done: ${steps}`;
    case "failed":
      return total > 0 ? `Ended after ${steps}` : "Nothing was painted";
  }
}
