import { losses } from "../run/losses.js";
import { run } from "../run/session.js";
import { engineTitle } from "../settings/settings.js";
import { LossChart } from "./loss-chart.js";

/** Losses, times and engine of the run. */
export function Figures() {
  const { engine, device, secondsPerStep, index } = run.value;
  const { skipped, leftOut, wentBack, stretchedMasks, otherWeights, unkept } = run.value;
  const milliseconds = 1000 * secondsPerStep;
  if (engine === undefined && skipped.length === 0) return null;
  return (
    <div class="card figures">
      <h2>This run</h2>
      {losses.value.steps.length > 1 && <LossChart />}
      <dl>
        {engine && (
          <>
            <dt>Engine</dt>
            <dd>{engineTitle(engine)}</dd>
          </>
        )}
        {device && (
          <>
            <dt>Runs on</dt>
            <dd>{device}</dd>
          </>
        )}
        {index > 0 && (
          <>
            <dt>A step takes</dt>
            <dd>{milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms</dd>
          </>
        )}
      </dl>
      {(skipped.length > 0 ||
        leftOut.length > 0 ||
        wentBack.length > 0 ||
        stretchedMasks.length > 0 ||
        otherWeights !== undefined ||
        unkept !== undefined) && (
        <ul class="remarks">
          {skipped.map(({ engine: name, reason }) => (
            <li key={name}>
              {engineTitle(name)} is not used. {reason}
            </li>
          ))}
          {leftOut.map(({ what, width, height, least }) => (
            <li key={`${width}×${height}`}>
              A size is left out, since the {what === "content" ? "photograph" : "painting"} is only {width}×
              {height} pixels there: the network needs {least}. The next size takes its steps.
            </li>
          ))}
          {wentBack.map((problem) => (
            <li key={problem}>{problem}. The painting went on from an earlier picture, in smaller steps.</li>
          ))}
          {stretchedMasks.map((number) => (
            <li key={number}>
              The mask of painting {number} has another shape than the photograph: it is stretched over it.
            </li>
          ))}
          {otherWeights !== undefined && (
            <li>
              The preset names other weights of VGG-19, {otherWeights}: its own pictures look different.
            </li>
          )}
          {unkept !== undefined && <li>The network is not kept for next time. {unkept}</li>}
        </ul>
      )}
    </div>
  );
}
