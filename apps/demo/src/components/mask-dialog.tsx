import { readPicture } from "@brushwork/backend-web";
import type { Picture } from "@brushwork/core";
import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import {
  type Area,
  evenMask,
  type Mask,
  maskOfPicture,
  maskSize,
  type Point,
  paintStroke,
  pictureOfMask,
  restOf,
} from "../masks/mask.js";
import { drawMask, tintOf } from "../masks/tint.js";
import { stretched } from "../pictures/canvas.js";
import { type PaintingPlace, paintings } from "../pictures/chosen.js";
import { sentenceOf } from "../sentence.js";
import { capital } from "./capital.js";
import { Dialog } from "./dialog.js";
import { Icon } from "./icon.js";
import { MaskCanvas } from "./mask-canvas.js";
import { type MaskKind, maskWords } from "./mask-words.js";
import { PictureCanvas } from "./picture-canvas.js";
import { Slider } from "./slider.js";

const ranges = {
  /** The brush's width, in percent of the photograph's longer side. */
  width: { min: 1, max: 60, step: 1 },
  hardness: { min: 0, max: 100, step: 5 },
} as const;

/** More steps back than anyone remembers. */
const mostUndone = 30;

interface MaskDialogProps {
  readonly place: PaintingPlace;
  readonly kind: MaskKind;
  /** What is painted over: the photograph, or the painting itself. */
  readonly picture: Picture;
  readonly onClose: () => void;
}

/** Paints where in the photograph a painting acts, or which part of the painting counts. */
export function MaskDialog({ place, kind, picture, onClose }: MaskDialogProps) {
  const there = place[kind];
  const words = maskWords[kind];
  const index = paintings.value.indexOf(place);
  const title = place.chosen.value?.title ?? "the painting";
  // Each mask of a painting lies over a picture of its own.
  const others = paintings.value.flatMap(({ contentMask: { mask } }, i) =>
    kind === "contentMask" && i !== index && mask.value !== undefined
      ? [{ mask: mask.value, painting: i }]
      : [],
  );
  const tint = tintOf(index);
  const size = maskSize(picture);
  const longer = Math.max(size.width, size.height);

  const sheet = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const file = useRef<HTMLInputElement>(null);
  const mask = useRef<Mask>(evenMask(size, 0));
  const before = useRef<Mask[]>([]);
  const last = useRef<Point>();
  const undoable = useSignal(false);
  const erases = useSignal(false);
  const width = useSignal(18);
  const hardness = useSignal(50);
  /** The brush's middle, in pixels of the mask, while it is over the photograph or moved by keys. */
  const cursor = useSignal<Point | undefined>(undefined);
  const problem = useSignal<string | undefined>(undefined);

  const radius = (longer * width.value) / 200;

  const draw = (area?: Area) => {
    if (canvas.current !== null) drawMask(canvas.current, mask.current, tint, area);
  };
  const copied = ({ levels, ...rest }: Mask): Mask => ({ ...rest, levels: levels.slice() });
  const remember = () => {
    before.current = [...before.current.slice(1 - mostUndone), copied(mask.current)];
    undoable.value = true;
    problem.value = undefined;
  };
  const replace = (by: Mask) => {
    remember();
    mask.current = by;
    draw();
  };
  const undo = () => {
    const previous = before.current.pop();
    if (previous === undefined) return;
    mask.current = previous;
    undoable.value = before.current.length > 0;
    draw();
  };
  const stroke = (from: Point, to: Point, erasing = erases.peek()) => {
    const area = paintStroke(mask.current, from, to, {
      radius,
      hardness: hardness.peek() / ranges.hardness.max,
      erases: erasing,
    });
    if (area !== undefined) draw(area);
  };

  useLayoutEffect(() => {
    const before = there.mask.peek();
    if (before !== undefined) mask.current = fitted(before, size);
    draw();
  }, []);

  const pointOf = ({ clientX, clientY }: PointerEvent): Point => {
    const box = sheet.current?.getBoundingClientRect();
    return box === undefined
      ? { x: 0, y: 0 }
      : {
          x: ((clientX - box.x) * size.width) / box.width,
          y: ((clientY - box.y) * size.height) / box.height,
        };
  };

  const load = async (picked: File) => {
    try {
      const found = await readPicture(picked, { longest: 2048 });
      replace(maskOfPicture(stretched(found, size)));
      if (isOfAnotherShape(found, size))
        problem.value = `The picture ${picked.name} has another shape than the ${words.over}: it is stretched over it.`;
    } catch (error) {
      problem.value = sentenceOf(error);
    }
  };

  const use = () => {
    if (mask.current.levels.every((level) => level === 0)) {
      problem.value =
        `The mask of “${title}” is black throughout, so ${words.black}. Paint over a part of the ${words.over}, or ` +
        "fill it all.";
      return;
    }
    there.mask.value = mask.current;
    there.missing.value = false;
    onClose();
  };

  return (
    <Dialog heading={words.heading(title)} class="wide" onClose={onClose}>
      <p class="hint">{words.hint(tint.name)}</p>
      <div class="mask-editor">
        <div class="mask-stage">
          <div
            class="mask-sheet"
            ref={sheet}
            style={{ "--ratio": size.width / size.height }}
            role="application"
            aria-label="Mask. Arrow keys move the brush, Space paints, Shift and arrow keys paint a stroke."
            // biome-ignore lint/a11y/noNoninteractiveTabindex: the keys draw.
            tabIndex={0}
            onPointerDown={(event) => {
              if (event.button !== 0 && event.button !== 5) return;
              event.preventDefault();
              event.currentTarget.focus({ preventScroll: true });
              event.currentTarget.setPointerCapture(event.pointerId);
              remember();
              const point = pointOf(event);
              cursor.value = point;
              last.current = point;
              stroke(point, point, erases.peek() || isEraser(event));
            }}
            onPointerMove={(event) => {
              const point = pointOf(event);
              cursor.value = point;
              if (last.current === undefined || !event.currentTarget.hasPointerCapture(event.pointerId))
                return;
              stroke(last.current, point, erases.peek() || isEraser(event));
              last.current = point;
            }}
            onPointerUp={() => {
              last.current = undefined;
            }}
            onPointerCancel={() => {
              last.current = undefined;
            }}
            onPointerLeave={() => {
              cursor.value = undefined;
            }}
            onKeyDown={(event) => {
              if ((event.ctrlKey || event.metaKey) && event.key === "z") {
                event.preventDefault();
                undo();
                return;
              }
              if (event.ctrlKey || event.metaKey || event.altKey) return;
              const at = cursor.peek() ?? { x: size.width / 2, y: size.height / 2 };
              const to = movedBy(event.key, at, radius / 2, size);
              if (to === undefined) return;
              event.preventDefault();
              cursor.value = to;
              if (event.key !== " " && !event.shiftKey) return;
              remember();
              stroke(at, to);
            }}
          >
            <PictureCanvas picture={picture} label={`The ${words.over}`} />
            {others.map((other) => (
              <MaskCanvas key={other.painting} {...other} />
            ))}
            <canvas ref={canvas} />
            {cursor.value !== undefined && (
              <div
                class="brush"
                style={{
                  left: `${(100 * (cursor.value.x - radius)) / size.width}%`,
                  top: `${(100 * (cursor.value.y - radius)) / size.height}%`,
                  width: `${(200 * radius) / size.width}%`,
                }}
              />
            )}
          </div>
        </div>
        <div class="mask-tools">
          {/* biome-ignore lint/a11y/useSemanticElements: a fieldset needs a legend that shows. */}
          <div class="pair" role="group" aria-label="Tool">
            {[false, true].map((eraser) => (
              <button
                key={String(eraser)}
                type="button"
                aria-pressed={erases.value === eraser}
                onClick={() => {
                  erases.value = eraser;
                }}
              >
                <Icon name={eraser ? "eraser" : "brush"} /> {eraser ? "Eraser" : "Brush"}
              </button>
            ))}
          </div>
          <Slider
            label="Brush size"
            range={ranges.width}
            value={width.value}
            shown={`${width.value} %`}
            onInput={(value) => {
              width.value = value;
            }}
          />
          <Slider
            label="Hardness"
            range={ranges.hardness}
            value={hardness.value}
            shown={hardness.value === 0 ? "soft" : hardness.value === 100 ? "hard" : `${hardness.value} %`}
            onInput={(value) => {
              hardness.value = value;
            }}
          />
          <div class="mask-buttons">
            <button type="button" disabled={!undoable.value} onClick={undo}>
              Undo
            </button>
            <button type="button" onClick={() => replace(evenMask(size, 0))}>
              Clear
            </button>
            <button type="button" onClick={() => replace(evenMask(size, 255))}>
              Fill
            </button>
            {others.length > 0 && (
              <button
                type="button"
                title="Everything that the other paintings' masks leave"
                onClick={() =>
                  replace(
                    restOf(
                      others.map((other) => other.mask),
                      size,
                    ),
                  )
                }
              >
                The rest
              </button>
            )}
            <button type="button" title={words.file} onClick={() => file.current?.click()}>
              <Icon name="upload" /> Load a mask
            </button>
            <input
              ref={file}
              type="file"
              accept="image/*"
              class="unseen"
              tabIndex={-1}
              aria-label="Mask file"
              onChange={(event) => {
                const picked = event.currentTarget.files?.[0];
                if (picked !== undefined) void load(picked);
                event.currentTarget.value = "";
              }}
            />
          </div>
          {others.length > 0 && (
            <ul class="hint">
              {others.map(({ painting }) => (
                <li key={painting}>
                  {capital(tintOf(painting).name)}: “{paintings.value[painting]?.chosen.value?.title}”
                </li>
              ))}
            </ul>
          )}
        </div>
      </div>
      {problem.value !== undefined && (
        <p class="problem" role="alert">
          {problem.value}
        </p>
      )}
      <div class="dialog-actions">
        <button type="button" onClick={onClose}>
          Cancel
        </button>
        <button type="button" class="primary" onClick={use}>
          Use this mask
        </button>
      </div>
    </Dialog>
  );
}

/** Whether a pen's eraser is used. */
function isEraser({ buttons }: PointerEvent): boolean {
  return (buttons & 32) !== 0;
}

/** Where a key moves the brush to; undefined for any other key. */
function movedBy(
  key: string,
  { x, y }: Point,
  by: number,
  { width, height }: Pick<Mask, "width" | "height">,
): Point | undefined {
  switch (key) {
    case " ":
      return { x, y };
    case "ArrowLeft":
      return { x: Math.max(0, x - by), y };
    case "ArrowRight":
      return { x: Math.min(width, x + by), y };
    case "ArrowUp":
      return { x, y: Math.max(0, y - by) };
    case "ArrowDown":
      return { x, y: Math.min(height, y + by) };
    default:
      return undefined;
  }
}

/** A copy of a mask, stretched where it was painted on a photograph of another size. */
function fitted(mask: Mask, size: Pick<Mask, "width" | "height">): Mask {
  if (mask.width === size.width && mask.height === size.height)
    return { ...mask, levels: mask.levels.slice() };
  return maskOfPicture(stretched(pictureOfMask(mask), size));
}

function isOfAnotherShape(picture: Picture, size: Pick<Mask, "width" | "height">): boolean {
  return Math.abs((picture.width * size.height) / picture.height - size.width) > 2;
}
