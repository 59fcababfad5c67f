import {
  BufferTarget,
  CanvasSource,
  getFirstEncodableVideoCodec,
  Mp4OutputFormat,
  Output,
  QUALITY_HIGH,
  WebMOutputFormat,
} from "mediabunny";
import { encodedFrames } from "./frames.js";

/** Length of the painting; then the last picture stays for a while. */
const seconds = 6;
const lastSeconds = 1.5;

export interface Film {
  readonly blob: Blob;
  readonly extension: "mp4" | "webm";
}

/**
 * Encodes the run as a film: MP4 where the browser encodes H.264, else WebM.
 * @throws {Error} when the browser can encode neither
 */
export async function film(width: number, height: number): Promise<Film> {
  const pictures = await encodedFrames();
  // H.264 needs even sides.
  const canvas = new OffscreenCanvas(width + (width % 2), height + (height % 2));
  const codec = await getFirstEncodableVideoCodec(["avc", "vp9", "vp8", "av1"], {
    width: canvas.width,
    height: canvas.height,
  });
  const context = canvas.getContext("2d");
  if (codec === null || context === null || pictures.length === 0)
    throw new Error("This browser cannot encode films. Save the picture instead.");
  const extension = codec === "avc" ? "mp4" : "webm";
  const output = new Output({
    format: extension === "mp4" ? new Mp4OutputFormat() : new WebMOutputFormat(),
    target: new BufferTarget(),
  });
  const source = new CanvasSource(canvas, { codec, quality: QUALITY_HIGH });
  output.addVideoTrack(source);
  await output.start();
  const duration = seconds / Math.max(1, pictures.length - 1);
  context.imageSmoothingQuality = "high";
  for (const [i, picture] of pictures.entries()) {
    const bitmap = await createImageBitmap(picture);
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    bitmap.close();
    await source.add(i * duration, i === pictures.length - 1 ? lastSeconds : duration);
  }
  await output.finalize();
  if (output.target.buffer === null) throw new Error("The film came out empty. Try again.");
  return { blob: new Blob([output.target.buffer], { type: `video/${extension}` }), extension };
}
