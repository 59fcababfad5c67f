import type { Picture } from "@brushwork/core";

/** A 2D context of either kind of canvas. */
export type Context = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

/**
 * What a canvas keeps of each colour multiplied by its alpha. Bytes lose colours where alpha is small; halves, numbers
 * of 16 bits in floating point, keep them. A browser that does not offer halves uses bytes.
 */
export type Precision = "bytes" | "halves";

/** Whether a picture is transparent in part somewhere, so that its colours need more than bytes on a canvas. */
export function isGlassy({ data }: Picture): boolean {
  for (let i = 3; i < data.length; i += 4) if (data[i] !== 0 && data[i] !== 255) return true;
  return false;
}

/**
 * A blank canvas in sRGB whose pixels will be read: offscreen where the browser has that kind, as in a worker.
 *
 * @throws {Error} when the browser makes none of that size
 */
export function canvas(
  width: number,
  height: number,
  precision: Precision = "bytes",
): { readonly context: Context; toBlob(type: string, quality?: number): Promise<Blob> } {
  if (typeof OffscreenCanvas !== "undefined") {
    const element = new OffscreenCanvas(width, height);
    return {
      context: contextOf(element, width, height, precision),
      toBlob: (type, quality) => element.convertToBlob({ type, ...(quality !== undefined && { quality }) }),
    };
  }
  const element = Object.assign(document.createElement("canvas"), { width, height });
  return {
    context: contextOf(element, width, height, precision),
    toBlob: (type, quality) =>
      new Promise((resolve, reject) =>
        element.toBlob(
          (blob) => (blob === null ? reject(refusal(width, height)) : resolve(blob)),
          type,
          quality,
        ),
      ),
  };
}

function contextOf(
  element: HTMLCanvasElement | OffscreenCanvas,
  width: number,
  height: number,
  precision: Precision,
): Context {
  // TypeScript's two overloads have no common type.
  const context = element.getContext("2d", {
    willReadFrequently: true,
    colorSpace: "srgb",
    ...(precision === "halves" && { colorType: "float16" }),
  }) as Context | null;
  if (context === null) throw refusal(width, height);
  return context;
}

function refusal(width: number, height: number): Error {
  return new Error(`This browser cannot make a canvas of ${width}×${height} pixels. Choose a smaller size.`);
}
