import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { photograph, titleOfPaintings } from "../pictures/chosen.js";
import { isRunning } from "../run/run.js";
import { type Problem, pause, phase, problem, result, resume, run, start, stop } from "../run/session.js";
import { tries } from "../run/tries.js";
import { tryFour } from "../run/try-four.js";
import { change, settings } from "../settings/current.js";
import { fixedSize } from "../settings/recipe-of-settings.js";
import { sizeWithin } from "../settings/settings.js";
import { Icon } from "./icon.js";
import { PictureCanvas } from "./picture-canvas.js";
import { ProgressLine } from "./progress-line.js";
import { SaveBar } from "./save-bar.js";
import { TriesGrid } from "./tries-grid.js";
import { useZoom } from "./zoom.js";

/** The picture that is being painted, with its controls. */
export function Easel() {
  const easel = useRef<HTMLElement>(null);
  const viewport = useRef<HTMLDivElement>(null);
  const zoom = useZoom(viewport);
  const comparing = useSignal(false);
  const split = useSignal(50);
  const fullScreen = useSignal(false);
  useEffect(() => {
    // Escape leaves full screen too.
    const tell = () => {
      fullScreen.value = document.fullscreenElement !== null;
    };
    document.addEventListener("fullscreenchange", tell);
    return () => document.removeEventListener("fullscreenchange", tell);
  }, [fullScreen]);
  const shown = useComputed(() => result.value?.picture ?? photograph.chosen.value?.picture);

  const picture = shown.value;
  const painted = result.value;
  const compared = painted !== undefined && comparing.value;
  const running = isRunning(phase.value);
  const tried = tries.value;

  return (
    <section class="easel" ref={easel} aria-label="Easel">
      <div class={zoom.zoomed ? "viewport zoomed" : "viewport"} ref={viewport} {...zoom.handlers}>
        {picture && tried && <TriesGrid tries={tried} ratio={picture.width / picture.height} />}
        {picture && !tried && (
          <div class="sheet" style={{ "--ratio": picture.width / picture.height, transform: zoom.transform }}>
            <PictureCanvas
              picture={picture}
              class="painted"
              label={
                painted
                  ? `Painted: ${painted.photograph} in the style of ${painted.painting}`
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
                <Divider
                  at={split.value}
                  onMove={(share) => {
                    split.value = share;
                  }}
                />
              </>
            )}
          </div>
        )}
        {!painted && picture && !tried && (
          <p class="invitation">
            {running ? "The first strokes will appear in a moment…" : "Your photograph. Press Paint."}
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
          hidden={tried !== undefined}
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
            <ToolButton
              label="Full screen"
              icon="fit"
              pressed={fullScreen.value}
              onClick={() => void toggleFullScreen(easel.current)}
            />
          )}
        </div>
      </div>

      {problem.value !== undefined && <Notice {...problem.value} />}

      <div class="bar">
        <RunButtons
          onPaint={() => {
            // On a phone, Paint is below the pictures that were chosen.
            viewport.current?.scrollIntoView({ block: "nearest" });
            void start();
          }}
          onTry={() => {
            viewport.current?.scrollIntoView({ block: "nearest" });
            void tryFour();
          }}
        />
        <ProgressLine run={run.value} phase={phase.value} />
      </div>
      <SaveBar />
    </section>
  );
}

/** The line between the two pictures, which can be dragged; the slider below does the same. */
function Divider({ at, onMove }: { readonly at: number; readonly onMove: (share: number) => void }) {
  return (
    <div
      class="divider"
      style={{ left: `${at}%` }}
      onPointerDown={(event) => {
        // Otherwise the zoomed picture below would move as well.
        event.stopPropagation();
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={({ currentTarget, pointerId, clientX }) => {
        const sheet = currentTarget.parentElement?.getBoundingClientRect();
        if (sheet === undefined || !currentTarget.hasPointerCapture(pointerId)) return;
        onMove(Math.min(100, Math.max(0, Math.round((100 * (clientX - sheet.x)) / sheet.width))));
      }}
    />
  );
}

interface RunButtonsProps {
  readonly onPaint: () => void;
  readonly onTry: () => void;
}

function RunButtons({ onPaint, onTry }: RunButtonsProps) {
  const state = phase.value;
  if (!isRunning(state)) {
    const before = photograph.chosen.value?.picture;
    const title = titleOfPaintings();
    const painted = result.value;
    // The last picture stays on the easel, and can be saved, while others are chosen for the next run.
    const others = painted !== undefined && (painted.before !== before || painted.painting !== title);
    const disabled = before === undefined || title === undefined;
    return (
      <div class="run-buttons">
        <button type="button" class="primary paint" disabled={disabled} onClick={onPaint}>
          <Icon name="brush" /> {state === "ready" || others ? "Paint" : "Paint again"}
        </button>
        <button
          type="button"
          disabled={disabled}
          title="Four small pictures: nearer the photograph or the painting, with finer or broader strokes"
          onClick={onTry}
        >
          <Icon name="four" /> Try four
        </button>
      </div>
    );
  }
  return (
    <div class="run-buttons">
      {state === "paused" || state === "pausing" ? (
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

/** What went wrong; for a picture that was too large, with a button for the largest size that fits. */
function Notice({ sentence, longest }: Problem) {
  const notice = useRef<HTMLDivElement>(null);
  useEffect(() => notice.current?.scrollIntoView({ block: "nearest" }), [sentence]);
  const size = fixedSize(settings.value) === undefined ? sizeWithin(longest) : undefined;
  return (
    <div class="notice" role="alert" ref={notice}>
      <p>{sentence}</p>
      {size !== undefined && (
        <button
          type="button"
          class="quiet"
          onClick={() => {
            change({ size });
            void start();
          }}
        >
          Paint at {size} pixels
        </button>
      )}
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
