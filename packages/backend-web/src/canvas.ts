/** What both kinds of 2D context can do. */
export type Context = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

/**
 * A blank canvas in sRGB that is read from, of the kind that there is: workers have no other than an offscreen one.
 *
 * @throws {Error} when the browser gives none of that size
 */
export function canvas(
  width: number,
  height: number,
): { readonly context: Context; toBlob(type: string, quality?: number): Promise<Blob> } {
  if (typeof OffscreenCanvas !== "undefined") {
    const element = new OffscreenCanvas(width, height);
    return {
      context: contextOf(element, width, height),
      toBlob: (type, quality) => element.convertToBlob({ type, ...(quality !== undefined && { quality }) }),
    };
  }
  const element = Object.assign(document.createElement("canvas"), { width, height });
  return {
    context: contextOf(element, width, height),
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

function contextOf(element: HTMLCanvasElement | OffscreenCanvas, width: number, height: number): Context {
  // The types of the two differ in how they tell a 2D context from others.
  const context = element.getContext("2d", {
    willReadFrequently: true,
    colorSpace: "srgb",
  }) as Context | null;
  if (context === null) throw refusal(width, height);
  return context;
}

function refusal(width: number, height: number): Error {
  return new Error(`Expected the browser to give a canvas of ${width}×${height}, but it did not.`);
}
