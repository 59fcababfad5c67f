import { useComputed, useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { chosen } from "../pictures/chosen.js";
import { isRunning } from "../run/run.js";
import { pause, phase, problem, result, resume, run, start, stop } from "../run/session.js";
import { Icon } from "./icon.js";
import { PictureCanvas } from "./picture-canvas.js";
import { ProgressLine } from "./progress-line.js";
import { SaveBar } from "./save-bar.js";
import { useZoom } from "./zoom.js";

/** The picture that is being painted, and what one does with it. */
export function Easel() {
  const easel = useRef<HTMLElement>(null);
  const viewport = useRef<HTMLDivElement>(null);
  const zoom = useZoom(viewport);
  const comparing = useSignal(false);
  const split = useSignal(50);
  const shown = useComputed(() => result.value?.picture ?? chosen.photograph.value?.picture);

  const picture = shown.value;
  const painted = result.value;
  const compared = painted !== undefined && comparing.value;
  const running = isRunning(phase.value);

  return (
    <section class="easel" ref={easel} aria-label="Easel">
      <div class={zoom.zoomed ? "viewport zoomed" : "viewport"} ref={viewport} {...zoom.handlers}>
        {picture && (
          <div class="sheet" style={{ "--ratio": picture.width / picture.height, transform: zoom.transform }}>
            <PictureCanvas
              picture={picture}
              class="painted"
              label={
                painted
                  ? `Painted: ${painted.photograph} in the manner of ${painted.painting}`
                  : "Your photograph"
              }
            />
            {compared && (
              <>
                <PictureCanvas
                  picture={painted.before}
                  class="before"
                  label="The photograph before"
                  hidden={1 - split.value / 100}
                />
                <div class="divider" style={{ left: `${split.value}%` }} />
              </>
            )}
          </div>
        )}
        {!painted && picture && (
          <p class="invitation">
            {running ? "The first strokes come in a moment…" : "Your photograph. Press Paint."}
          </p>
        )}
        {compared && (
          <label class="compare">
            <span>Photograph</span>
            <input
              type="range"
              min="0"
              max="100"
              aria-label="Photograph or painted picture"
              value={split.value}
              onInput={(event) => {
                split.value = event.currentTarget.valueAsNumber;
              }}
            />
            <span>Painted</span>
          </label>
        )}
        <div
          class="tools"
          role="toolbar"
          aria-label="View. Plus and minus zoom, arrow keys move the picture."
          onKeyDown={zoom.onKeyDown}
        >
          <ToolButton
            label="Compare with the photograph"
            icon="compare"
            disabled={!painted}
            pressed={compared}
            onClick={() => {
              comparing.value = !comparing.value;
            }}
          />
          <ToolButton label="Zoom in" icon="larger" onClick={() => zoom.by(1.5)} />
          <ToolButton
            label="Zoom out"
            icon="smaller"
            disabled={!zoom.zoomed}
            onClick={() => zoom.by(1 / 1.5)}
          />
          {document.fullscreenEnabled && (
            <ToolButton label="Full screen" icon="fit" onClick={() => void toggleFullScreen(easel.current)} />
          )}
        </div>
      </div>

      {problem.value !== undefined && (
        <div class="notice" role="alert">
          <p>{problem.value}</p>
          <button
            type="button"
            class="quiet"
            onClick={() => {
              problem.value = undefined;
            }}
          >
            Close
          </button>
        </div>
      )}

      <div class="bar">
        <RunButtons />
        <ProgressLine run={run.value} phase={phase.value} />
      </div>
      <SaveBar />
    </section>
  );
}

function RunButtons() {
  const state = phase.value;
  if (!isRunning(state)) {
    const missing = chosen.photograph.value === undefined || chosen.painting.value === undefined;
    return (
      <button type="button" class="primary paint" disabled={missing} onClick={() => void start()}>
        <Icon name="brush" /> {state === "ready" ? "Paint" : "Paint again"}
      </button>
    );
  }
  return (
    <div class="run-buttons">
      {state === "paused" ? (
        <button type="button" class="primary" onClick={resume}>
          <Icon name="play" /> Resume
        </button>
      ) : (
        <button type="button" disabled={state !== "painting"} onClick={pause}>
          <Icon name="pause" /> Pause
        </button>
      )}
      <button type="button" disabled={state === "stopping"} onClick={stop}>
        <Icon name="stop" /> {state === "opening" ? "Cancel" : "Stop"}
      </button>
    </div>
  );
}

interface ToolButtonProps {
  readonly label: string;
  readonly icon: Parameters<typeof Icon>[0]["name"];
  readonly onClick: () => void;
  readonly disabled?: boolean;
  readonly pressed?: boolean;
}

function ToolButton({ label, icon, onClick, disabled = false, pressed }: ToolButtonProps) {
  return (
    <button
      type="button"
      class="icon-button"
      aria-label={label}
      title={label}
      disabled={disabled}
      {...(pressed !== undefined && { "aria-pressed": pressed })}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}

async function toggleFullScreen(element: HTMLElement | null): Promise<void> {
  if (document.fullscreenElement) await document.exitFullscreen();
  else await element?.requestFullscreen();
}
