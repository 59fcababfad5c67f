import { isRunning, type Phase, type Run } from "../run/run.js";
import { spoken } from "../run/time-left.js";
import { tries } from "../run/tries.js";
import { isUsualWork, size } from "../settings/current.js";
import { capital } from "./capital.js";

/** How far the run is, and how long it will still take. */
export function ProgressLine({ run, phase }: { readonly run: Run; readonly phase: Phase }) {
  const { index, total, pulling } = run;
  if (phase === "ready" && tries.value !== undefined)
    return <p class="hint">Choose a picture: it is painted anew, at {size.value} pixels.</p>;
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

function sentence({ index, total, part, pulling, before = 0, secondsLeft }: Run, phase: Phase): string {
  const steps = `${part ? `picture ${part.number} of ${part.of}, ` : ""}${index} of ${total} steps`;
  switch (phase) {
    case "ready":
      return "";
    case "opening":
      if (before > 0) return `Waiting for ${before === 1 ? "another picture" : `${before} other pictures`}…`;
      return pulling ? "Downloading the network…" : "Getting ready…";
    case "painting":
      return capital(secondsLeft > 0 ? `${steps}, about ${spoken(secondsLeft)} left` : steps);
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
