import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { readPicture, writePicture } from "@brushwork/backend-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { brushwork, missing } from "./command.js";
import { disc, stripes } from "./pictures.js";

const run = promisify(execFile);
const root = fileURLToPath(new URL("..", import.meta.url));
const wheel = wheelFolder();

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "brushwork-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
});

const engines = (name: string) => join(folder, name);
const asked = (words: readonly string[], name = "none") =>
  brushwork(words, {
    folder,
    environment: { BRUSHWORK_ENGINES: engines(name), BRUSHWORK_CACHE: join(folder, "cache") },
  });

describe.skipIf(missing !== undefined)(
  missing ? `skipped: ${missing}` : "what is refused, or not there",
  () => {
    it.concurrent.each([
      ["engines install", 2, 'Expected ENGINE after "brushwork engines install".'],
      ["engines install wasm", 2, 'Expected the engine to be one of native, cuda, webgpu, got "wasm".'],
      [
        "engines install webgpu --libtensorflow .",
        2,
        "Expected a TensorFlow only for native or cuda, got one for webgpu.",
      ],
      ["engines remove", 2, 'Expected ENGINE after "brushwork engines remove".'],
      ["engines remove webgpu", 0, "There was nothing of the engine webgpu to remove.\n"],
    ])("%s", async (words, code, text) => {
      const answer = await asked(words.split(" "));
      expect(answer.code).toBe(code);
      expect(code === 0 ? answer.stdout : answer.stderr).toContain(text);
      expect(code === 0 ? answer.stderr : answer.stdout).toBe("");
    });

    it("--json with --quiet, as an event", async () => {
      const { code, stdout } = await asked(["engines", "install", "webgpu", "--json", "--quiet"]);
      expect([code, JSON.parse(stdout)]).toEqual([
        2,
        expect.objectContaining({
          event: "error",
          message: expect.stringContaining("Expected --json or --quiet, got both"),
          exitCode: 2,
        }),
      ]);
    });

    it.skipIf(process.platform !== "linux")("a folder without a TensorFlow", async () => {
      const { code, stderr } = await asked(["engines", "install", "native", "--libtensorflow", folder]);
      expect([code, stderr]).toEqual([
        1,
        expect.stringContaining(`Expected a TensorFlow in ${folder}, with`),
      ]);
      expect(existsSync(engines("none"))).toBe(false);
    });
  },
);

const absence = missing ?? absenceOfWheel();
describe.skipIf(absence !== undefined)(
  absence ? `skipped: ${absence}` : "native, on a TensorFlow of this machine",
  () => {
    it("is installed, and paints from a folder that has no tfjs-node", { timeout: 300_000 }, async () => {
      const tensorflow = join(folder, "tensorflow");
      await mkdir(tensorflow);
      for (const name of await readdir(wheel ?? ""))
        await symlink(join(wheel ?? "", name), join(tensorflow, name));
      const words = ["engines", "install", "native", "--libtensorflow", tensorflow];
      const first = await asked(words, "real");
      expect(first.stderr).toMatch(
        /^The engine native is installed and runs: .* on TensorFlow \d+\.\d+\.\d+/m,
      );
      expect(first.code).toBe(0);
      const second = await asked([...words, "--json"], "real");
      expect(JSON.parse(second.stdout)).toMatchObject({
        event: "installed",
        name: "native",
        folder: join(engines("real"), "native"),
        package: "@tensorflow/tfjs-node",
        libtensorflow: tensorflow,
        unchanged: true,
      });

      const blank = join(folder, "blank");
      await placePackages(blank);
      await writePicture(join(blank, "photo.png"), disc(80, 60));
      await writePicture(join(blank, "painting.png"), stripes(60, 80));
      // pnpm's commands name its store in NODE_PATH, where there is a tfjs-node.
      const { NODE_PATH: _, ...environment } = process.env;
      const paint = (name: string, engine = "native") =>
        run(
          process.execPath,
          [
            ...["node_modules/@brushwork/cli/dist/bin.js", "photo.png", "painting.png", "-o", "painted.png"],
            ...`--network compact --engine ${engine} --size 64 --scales 1 --steps 2 --force`.split(" "),
          ],
          { cwd: blank, env: { ...environment, BRUSHWORK_ENGINES: engines(name) } },
        );
      await expect(paint("none")).rejects.toThrow(
        /Expected the package @tensorflow\/tfjs-node .* found none/,
      );
      const { stderr } = await paint("real");
      expect(stderr).toContain("compact on native, TensorFlow ");
      // A second TensorFlow.js, beside the package, has nothing to say.
      expect(stderr).not.toMatch(/already/);
      const { width, height } = await readPicture(join(blank, "painted.png"));
      expect([width, height]).toEqual([64, 48]);

      // As an update of Python's packages might, of the TensorFlow that is linked.
      const library = join(tensorflow, "libtensorflow_cc.so.2");
      await rm(library);
      await expect(paint("real")).rejects.toThrow(
        /did not load for the engine native \(libtensorflow_cc\.so\.2: cannot open shared object file/,
      );
      await emptyLibrary(library);
      await expect(paint("real")).rejects.toThrow(
        /Expected a TensorFlow that the binding of the engine native was built for, got one without the function TF\w+\./,
      );
      expect((await paint("real", "auto")).stderr).toMatch(/compact on (wasm|webgpu), /);

      const removed = await asked(["engines", "remove", "native"], "real");
      expect([removed.code, removed.stdout]).toEqual([0, "Removed the engine native.\n"]);
      expect(await readdir(engines("real"))).toEqual([]);
    });

    it("is not installed where TensorFlow lacks a function, and that is named", {
      timeout: 300_000,
    }, async () => {
      const hollow = join(folder, "hollow-tensorflow");
      for (const path of ["lib", "include"]) await mkdir(join(hollow, path), { recursive: true });
      // Not absl, TensorFlow's own logging, which is silenced where it is there.
      for (const name of (await readdir(join(wheel ?? "", "include"))).filter((name) => name !== "absl"))
        await symlink(join(wheel ?? "", "include", name), join(hollow, "include", name));
      for (const name of ["libtensorflow", "libtensorflow_framework"]) {
        await emptyLibrary(join(hollow, "lib", `${name}.so.2`));
      }
      const { code, stderr } = await asked(
        ["engines", "install", "native", "--libtensorflow", hollow],
        "hollow",
      );
      expect(stderr).toMatch(
        /Expected the TensorFlow in \S+ to have the function TFE?_\w+, found none: it is of another version\./,
      );
      expect(code).toBe(1);
      expect(await readdir(engines("hollow"))).toEqual([]);
    });
  },
);

/** A library without functions, by the name of one that has some. */
async function emptyLibrary(path: string): Promise<void> {
  const source = join(folder, "empty.cc");
  await writeFile(source, "");
  await run("g++", ["-shared", source, `-Wl,-soname,${basename(path)}`, "-o", path]);
}

/** What pnpm native:build has unpacked. */
function wheelFolder(): string | undefined {
  const cache = join(root, "node_modules/.cache/brushwork");
  const name = existsSync(cache)
    ? readdirSync(cache).find((entry) => /^tensorflow-cpu-[\d.]+$/.test(entry))
    : undefined;
  return name === undefined ? undefined : join(cache, name);
}

/** @throws where native tests must run and this one could not */
function absenceOfWheel(): string | undefined {
  if (process.env.BRUSHWORK_EXPECT_NATIVE !== "yes") return "BRUSHWORK_EXPECT_NATIVE is not set to yes";
  if (wheel === undefined)
    throw new Error(
      "Expected the TensorFlow of pnpm native:build in node_modules/.cache/brushwork, found none.",
    );
  return undefined;
}

/** The packages as npm would install them, without what they may do without: no tfjs-node among them. */
async function placePackages(blank: string): Promise<void> {
  const packages = ["core", "networks", "recipes", "runs", "webgpu", "backend-node", "cli"].concat(
    ["content", "histogram", "laplacian", "moments", "nearest", "style", "tv", "wasserstein"].map(
      (name) => `loss-plugins/${name}`,
    ),
  );
  for (const path of packages.map((name) => join(root, "packages", name))) {
    const { publishConfig, ...manifest } = JSON.parse(readFileSync(join(path, "package.json"), "utf8"));
    const place = join(blank, "node_modules", manifest.name);
    for (const part of ["dist", "assets"].filter((name) => existsSync(join(path, name))))
      await cp(join(path, part), join(place, part), { recursive: true });
    await writeFile(join(place, "package.json"), JSON.stringify({ ...manifest, ...publishConfig }));
    for (const name of Object.keys(manifest.dependencies ?? {})) {
      const link = join(blank, "node_modules", name);
      if (name.startsWith("@brushwork/") || existsSync(link)) continue;
      await mkdir(dirname(link), { recursive: true });
      await symlink(realpathSync(join(path, "node_modules", name)), link);
    }
  }
}
