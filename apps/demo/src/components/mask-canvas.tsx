import { useLayoutEffect, useRef } from "preact/hooks";
import type { Mask } from "../masks/mask.js";
import { drawMask, tintOf } from "../masks/tint.js";

/** A mask in the tint of its painting, over the photograph. @param painting its index, from 0 */
export function MaskCanvas({ mask, painting }: { readonly mask: Mask; readonly painting: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    if (canvas.current !== null) drawMask(canvas.current, mask, tintOf(painting));
  }, [mask, painting]);
  return <canvas ref={canvas} />;
}
