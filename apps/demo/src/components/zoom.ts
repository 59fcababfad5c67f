import { useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

const largest = 12;
/** How far an arrow key moves the picture, in pixels. */
const nudge = 40;

/** Zooms and moves what a viewport shows: with Ctrl and the wheel, two fingers, dragging, double click, and keys. */
export function useZoom(viewport: RefObject<HTMLElement>) {
  const view = useSignal({ scale: 1, x: 0, y: 0 });
  const pointers = useRef(new Map<number, { readonly x: number; readonly y: number }>());

  /** Zooms about a fixed point, given relative to the viewport's middle. */
  const by = (factor: number, about = { x: 0, y: 0 }) => {
    const { scale, x, y } = view.peek();
    const next = Math.min(largest, Math.max(1, scale * factor));
    const ratio = next / scale;
    move(next, about.x - (about.x - x) * ratio, about.y - (about.y - y) * ratio);
  };
  /** Moves the picture, as far as it still covers the viewport. */
  const move = (scale: number, x: number, y: number) => {
    const { clientWidth = 0, clientHeight = 0 } = viewport.current ?? {};
    const limit = (value: number, side: number) => {
      const most = (side * (scale - 1)) / 2;
      return Math.min(most, Math.max(-most, value));
    };
    view.value = { scale, x: limit(x, clientWidth), y: limit(y, clientHeight) };
  };
  const fromMiddle = ({ clientX, clientY }: { readonly clientX: number; readonly clientY: number }) => {
    const box = viewport.current?.getBoundingClientRect();
    return box === undefined
      ? { x: 0, y: 0 }
      : { x: clientX - box.x - box.width / 2, y: clientY - box.y - box.height / 2 };
  };

  useEffect(() => {
    const { current } = viewport;
    // Pinching on a touchpad arrives as a wheel with Ctrl; the wheel alone scrolls the page.
    const onWheel = (event: WheelEvent) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      by(2 ** (-event.deltaY / 100), fromMiddle(event));
    };
    current?.addEventListener("wheel", onWheel, { passive: false });
    return () => current?.removeEventListener("wheel", onWheel);
  });

  const { scale, x, y } = view.value;
  const onTools = (event: Event) =>
    event.target instanceof Element && event.target.closest("button, label") !== null;
  return {
    by,
    zoomed: scale > 1,
    transform: `translate(${x}px, ${y}px) scale(${scale})`,
    onKeyDown(event: KeyboardEvent) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const keys: Readonly<Record<string, () => void>> = {
        "+": () => by(1.5),
        "=": () => by(1.5),
        "-": () => by(1 / 1.5),
        "0": () => move(1, 0, 0),
        ...(scale > 1 && {
          ArrowLeft: () => move(scale, x + nudge, y),
          ArrowRight: () => move(scale, x - nudge, y),
          ArrowUp: () => move(scale, x, y + nudge),
          ArrowDown: () => move(scale, x, y - nudge),
        }),
      };
      if (!Object.hasOwn(keys, event.key)) return;
      event.preventDefault();
      keys[event.key]?.();
    },
    handlers: {
      onDblClick(event: MouseEvent) {
        if (onTools(event)) return;
        if (scale > 1) move(1, 0, 0);
        else by(3, fromMiddle(event));
      },
      onPointerDown(event: PointerEvent) {
        if (onTools(event) || !(event.currentTarget instanceof Element)) return;
        pointers.current.set(event.pointerId, fromMiddle(event));
        event.currentTarget.setPointerCapture(event.pointerId);
      },
      onPointerMove(event: PointerEvent) {
        const before = pointers.current.get(event.pointerId);
        if (before === undefined) return;
        const now = fromMiddle(event);
        pointers.current.set(event.pointerId, now);
        const other = [...pointers.current].find(([id]) => id !== event.pointerId)?.[1];
        const { scale: current, x: left, y: top } = view.peek();
        if (other === undefined) {
          if (current > 1) move(current, left + now.x - before.x, top + now.y - before.y);
        } else {
          const distance = (point: typeof now) => Math.hypot(point.x - other.x, point.y - other.y);
          by(distance(now) / Math.max(1, distance(before)), {
            x: (now.x + other.x) / 2,
            y: (now.y + other.y) / 2,
          });
        }
      },
      onPointerUp: ({ pointerId }: PointerEvent) => void pointers.current.delete(pointerId),
      onPointerCancel: ({ pointerId }: PointerEvent) => void pointers.current.delete(pointerId),
    },
  };
}
