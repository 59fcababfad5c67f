import { fileURLToPath } from "node:url";
import { vi } from "vitest";
import { main } from "./main.js";

/** Small pictures that several tests paint from. */
export const pictureOf = (name: string) =>
  fileURLToPath(new URL(`../../../tests/data/cases/${name}`, import.meta.url));

/** Losses of shallow layers, which cost little: for runs where it does not matter what they look like. */
export const shallow = "--style-layers relu1_1,relu2_1 --content-layers relu1_2,relu2_2".split(" ");

/** What the command prints and returns, run in this process. */
export async function outcomeOf(words: readonly string[]): Promise<{
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}> {
  let [stdout, stderr] = ["", ""];
  const spies = [
    vi.spyOn(process.stdout, "write").mockImplementation((text) => {
      stdout += text;
      return true;
    }),
    vi.spyOn(process.stderr, "write").mockImplementation((text) => {
      stderr += text;
      return true;
    }),
  ];
  try {
    const code = await main(words);
    return { code, stdout, stderr };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
