import type { Picture } from "@brushwork/core";

/** A photograph's stand-in: a ramp with a disc in it. */
export function disc(width: number, height: number): Picture {
  return pictureOf(width, height, (x, y) => {
    const inside = Math.hypot(x - width / 2, y - height / 2) < Math.min(width, height) / 3;
    return inside ? [220, 120, 40] : [(255 * x) / width, (255 * y) / height, 128];
  });
}

/** A painting's stand-in: slanted stripes. */
export function stripes(width: number, height: number): Picture {
  return pictureOf(width, height, (x, y) => ((x + 2 * y) % 12 < 5 ? [30, 60, 160] : [240, 200, 60]));
}

function pictureOf(
  width: number,
  height: number,
  pixel: (x: number, y: number) => readonly [number, number, number],
): Picture {
  const data = new Uint8ClampedArray(width * height * 4);
  for (let i = 0; i < width * height; i++) data.set([...pixel(i % width, Math.floor(i / width)), 255], 4 * i);
  return { width, height, data };
}
