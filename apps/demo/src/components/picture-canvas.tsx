import type { Picture } from "@brushwork/core";
import { useLayoutEffect, useRef } from "preact/hooks";
import { drawPicture } from "../pictures/canvas.js";

interface PictureCanvasProps {
  readonly picture: Picture;
  readonly label: string;
  readonly class?: string;
  /** Share of the picture that is hidden, from the right. */
  readonly hidden?: number;
}

export function PictureCanvas({ picture, label, class: name, hidden }: PictureCanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    if (canvas.current !== null) drawPicture(canvas.current, picture);
  }, [picture]);
  return (
    <canvas
      ref={canvas}
      class={name}
      role="img"
      aria-label={label}
      style={hidden === undefined ? {} : { clipPath: `inset(0 ${hidden * 100}% 0 0)` }}
    />
  );
}
