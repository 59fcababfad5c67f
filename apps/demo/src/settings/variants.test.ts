import { expect, it } from "vitest";
import { usualSettings } from "./settings.js";
import { fourVariants, inSmall } from "./variants.js";

const valuesOf = (changed: Partial<typeof usualSettings>) =>
  fourVariants({ ...usualSettings, ...changed }).map(({ settings: { balance, strokes } }) => [
    balance,
    strokes,
  ]);

it("four variants lie on both sides of the balance and of the strokes", () => {
  expect(fourVariants({ ...usualSettings, colors: "luma" })).toEqual(
    [
      ["Finer strokes, nearer the photograph", -40, -4],
      ["Broader strokes, nearer the photograph", -40, 4],
      ["Finer strokes, nearer the painting", 40, -4],
      ["Broader strokes, nearer the painting", 40, 4],
    ].map(([label, balance, strokes]) => ({
      label,
      settings: { ...usualSettings, colors: "luma", balance, strokes },
    })),
  );
});

it("four variants differ at the ends of the ranges too", () => {
  expect(valuesOf({ balance: 90, strokes: -8 })).toEqual([
    [20, -8],
    [20, 0],
    [100, -8],
    [100, 0],
  ]);
});

it("four variants are degrees of the balance where the preset has its own strokes", () => {
  expect(valuesOf({ preset: "paper", strokes: 2, balance: 10 })).toEqual([
    [-50, 2],
    [-10, 2],
    [30, 2],
    [70, 2],
  ]);
});

it("variants are tried small, and with few steps", () => {
  const few = { ...usualSettings, steps: 20 };
  expect(inSmall(usualSettings, 1024)).toEqual({ settings: { ...usualSettings, steps: 60 }, size: 256 });
  expect(inSmall(few, 96)).toEqual({ settings: few, size: 96 });
});
