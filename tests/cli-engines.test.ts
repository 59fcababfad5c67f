import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EngineReport, writePicture } from "@brushwork/backend-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { brushwork, missing, shallow } from "./command.js";
import { disc, stripes } from "./pictures.js";

describe.skipIf(missing !== undefined)(missing ? `skipped: ${missing}` : "brushwork and its engines", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "brushwork-"));
    await writePicture(join(folder, "photo.png"), disc(80, 60));
    await writePicture(join(folder, "painting.png"), stripes(60, 80));
    await mkdir(join(engines(), "native"), { recursive: true });
    await writeFile(join(engines(), "native/brushwork.json"), JSON.stringify(record));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const engines = () => join(folder, "engines");
  /** The record of an engine whose files are gone. */
  const record = {
    package: "@tensorflow/tfjs-node",
    version: "4.22.0",
    tensorflow: "2.9.1",
    downloads: [],
    installed: "2026-01-02T03:04:05.678Z",
  };

  /** Without NVIDIA's driver and any Vulkan driver; without weights that were fetched. */
  const run = (...words: readonly string[]) =>
    brushwork(words, {
      folder,
      environment: {
        PATH: folder,
        VK_ICD_FILENAMES: join(folder, "none.json"),
        VK_DRIVER_FILES: join(folder, "none.json"),
        BRUSHWORK_CACHE: folder,
        BRUSHWORK_ENGINES: engines(),
      },
    });
  const paint = (...words: readonly string[]) =>
    run(
      ..."photo.png painting.png -o out.png --size 64 --scales 1 --steps 2".split(" "),
      ...shallow,
      ...words,
    );

  const withoutGpu = "Expected an NVIDIA GPU with its driver for the engine cuda, found none.";

  it("the doctor reports each engine, and what else painting needs", async () => {
    const { code, stdout, stderr } = await run("doctor");
    expect([code, stderr]).toEqual([0, ""]);
    const lines = stdout.split("\n");
    expect(lines.find((line) => line.startsWith("Node"))).toContain(`${process.versions.node} on `);
    expect(lines.find((line) => line.startsWith("Weights"))).toBe(`Weights  in ${folder}`);
    expect(lines).toContain("         vgg19 is not: brushwork weights pull vgg19");
    const installed = lines.indexOf(`Engines  installed in ${engines()}`);
    expect(lines[installed + 1]).toBe("         native: @tensorflow/tfjs-node 4.22.0 on TensorFlow 2.9.1");
    const names = lines.map((line) => line.split(" ")[0]);
    expect(names.filter((name) => ["cuda", "webgpu", "native", "wasm"].includes(name ?? ""))).toEqual([
      "cuda",
      "webgpu",
      "native",
      "wasm",
    ]);
    expect(lines.find((line) => line.startsWith("cuda"))).toContain(withoutGpu);
    expect(lines.find((line) => line.startsWith("wasm"))).toMatch(/^wasm +WebAssembly.*, [\d.e+]+ GFLOP\/s$/);
    expect(lines.at(-2)).toMatch(/^Pictures are painted on (webgpu|native|wasm), unless --engine/);
  });

  it("the doctor prints one object for programs", async () => {
    const { code, stdout } = await run("doctor", "--json");
    expect(code).toBe(0);
    expect(stdout.trimEnd().split("\n")).toHaveLength(1);
    const found = JSON.parse(stdout) as { readonly engines: readonly EngineReport[]; readonly auto: string };
    expect(found).toMatchObject({
      node: process.versions.node,
      platform: process.platform,
      cache: folder,
      weights: { vgg19: false, vgg16: false },
      engineFolder: engines(),
      installed: [{ ...record, name: "native", folder: join(engines(), "native") }],
    });
    const [cuda, , , wasm] = found.engines;
    expect(cuda).toEqual({ name: "cuda", available: false, reason: expect.stringContaining(withoutGpu) });
    expect(wasm).toEqual({
      name: "wasm",
      available: true,
      device: expect.stringMatching(/^WebAssembly/),
      gflops: expect.any(Number),
    });
    const usual = found.engines.find(({ available, reason }) => available && reason === undefined);
    expect(found.auto).toBe(usual?.name);
  });

  it("the list of engines is short, and measures nothing", async () => {
    const { code, stdout } = await run("engines");
    expect(code).toBe(0);
    expect(stdout.split("\n").map((line) => line.split(" ")[0])).toEqual([
      "cuda",
      "webgpu",
      "native",
      "wasm",
      "",
    ]);
    expect(stdout).not.toContain("GFLOP");
  });

  it.each([
    [["--precision", "double"], 2, 'Expected --precision to be one of full, fast, got "double".'],
    [
      ["--engine", "wasm", "--precision", "fast"],
      2,
      'Expected the precision "full" for the engine wasm, which has no other, got "fast".',
    ],
    [["--engine", "cuda"], 1, withoutGpu],
  ])("%j is refused in one line", async (words, code, sentence) => {
    const answer = await paint(...words);
    expect([answer.code, answer.stdout]).toEqual([code, ""]);
    expect(answer.stderr.startsWith(`brushwork: ${sentence}`)).toBe(true);
    expect(answer.stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(await readdir(folder)).not.toContain("out.png");
  });

  it("a size that no engine has room for is refused with the largest that one has", async () => {
    const { code, stderr } = await paint("--size", "30000");
    expect(code).toBe(2);
    expect(stderr).toMatch(/brushwork: Expected a size that fits .*: choose --size \d+ or less\.\n$/);
    expect(stderr).not.toContain("Not on");
    expect(await readdir(folder)).not.toContain("out.png");
  });

  // Elsewhere WebGPU does without Vulkan.
  it.skipIf(process.platform !== "linux")("webgpu by name says what it lacks", async () => {
    const { code, stderr } = await paint("--engine", "webgpu");
    expect(code).toBe(1);
    expect(stderr).toMatch(/brushwork: Expected .*(WebGPU|webgpu).*\.\n$/);
    expect(await readdir(folder)).not.toContain("out.png");
  });

  it("what auto passed over is printed when it is asked for", async () => {
    const { code, stderr } = await paint("--network", "compact", "--debug");
    expect(code).toBe(0);
    expect(stderr).toContain(`brushwork: Not on cuda: ${withoutGpu}`);
  });
});
