import type { ChildProcess } from "node:child_process";
import { copyFile, mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { writePicture } from "@brushwork/backend-node";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Answer, brushwork, eventsOf, missing } from "./command.js";
import { disc, stripes } from "./pictures.js";

const faultyDisk = pathToFileURL(join(import.meta.dirname, "faulty-disk.fixture.mjs")).href;

describe.skipIf(missing !== undefined || process.platform === "win32")(
  missing ? `skipped: ${missing}` : "brushwork resume (skipped on Windows, which has no such signals)",
  () => {
    let root: string;
    let folder: string;
    const at = (name: string) => join(folder, name);
    const words =
      "--network compact --engine wasm --threads 1 --size 80 --scales 2 --scale-factor 1.25 --steps 6 --json".split(
        " ",
      );
    const kept = [...words, "-o", "out.png", "--checkpoint", "run.checkpoint"];
    const run = (asked: readonly string[], options: Partial<Parameters<typeof brushwork>[1]> = {}) =>
      brushwork(asked, { folder, ...options });
    const afterStep = (step: number, signal: NodeJS.Signals) => {
      let done = false;
      return (text: string, child: ChildProcess) => {
        if (done || !text.includes(`"step":${step},`)) return;
        done = true;
        child.kill(signal);
      };
    };
    const errorOf = ({ stdout }: Answer) => eventsOf(stdout).at(-1)?.message;
    let whole: Buffer;

    beforeAll(async () => {
      root = await mkdtemp(join(tmpdir(), "brushwork-"));
      await writePicture(join(root, "photo.jpg"), disc(80, 60));
      await writePicture(join(root, "painting.png"), stripes(60, 80));
      await brushwork(["photo.jpg", "painting.png", ...words, "-o", "whole.png"], { folder: root });
      whole = await readFile(join(root, "whole.png"));
    });
    afterAll(() => rm(root, { recursive: true, force: true }));
    beforeEach(async () => {
      folder = await mkdtemp(join(root, "test-"));
      for (const name of ["photo.jpg", "painting.png"]) await copyFile(join(root, name), at(name));
    });

    it("goes on after SIGKILL, be it while a checkpoint is written, and paints the same picture", async () => {
      const killed = await run(["photo.jpg", "painting.png", ...kept, "--save-every", "5"], {
        onOutput: afterStep(7, "SIGKILL"),
      });
      expect(killed.signal).toBe("SIGKILL");
      const again = await run(["resume", "run.checkpoint", "--json"], {
        environment: {
          NODE_OPTIONS: `--import ${faultyDisk}`,
          FAULTY_FOLDER: folder,
          // The first file is to see whether the output can be written.
          FAULTY_AFTER: "1",
          FAULTY_KILLS: "yes",
        },
      });
      expect(again.signal).toBe("SIGKILL");
      const last = await run(["resume", "run.checkpoint", "--json"]);
      expect([last.code, last.stderr]).toEqual([0, ""]);
      expect(eventsOf(last.stdout).filter(({ event }) => event === "step").length).toBe(11);
      expect((await readFile(at("out.png"))).equals(whole)).toBe(true);
      // Neither a checkpoint nor what the killed processes were writing is left.
      expect((await readdir(folder)).sort()).toEqual([
        "out-0000.png",
        "out-0005.png",
        "out-0010.png",
        "out.png",
        "painting.png",
        "photo.jpg",
      ]);
    });

    it("goes on after Ctrl-C, whose message says how, also with pictures that were moved", async () => {
      const stopped = await run(["photo.jpg", "painting.png", ...kept], { onOutput: afterStep(3, "SIGINT") });
      expect(stopped.code).toBe(130);
      expect(errorOf(stopped)).toMatch(
        /^Stopped at step \d+ of 12: the picture so far is in out\.png\. Go on with it: brushwork resume run\.checkpoint --force$/,
      );
      await rename(at("photo.jpg"), at("moved.jpg"));
      const gone = await run(["resume", "run.checkpoint", "--force", "--json"]);
      expect(gone.code).toBe(2);
      expect(errorOf(gone)).toMatch(/^Expected .*photo\.jpg, which the run was painting with, found none: /);
      const other = await run([
        "resume",
        "run.checkpoint",
        "painting.png",
        "painting.png",
        "--force",
        "--json",
      ]);
      expect(other.code).toBe(2);
      expect(errorOf(other)).toBe(
        "Expected the content to be the picture that the run was painting with, got another one: give that one, or paint anew.",
      );
      const last = await run(["resume", "run.checkpoint", "moved.jpg", "painting.png", "--force", "--json"]);
      expect([last.code, last.stderr]).toEqual([0, ""]);
      expect((await readFile(at("out.png"))).equals(whole)).toBe(true);
      expect((await readdir(folder)).sort()).toEqual(["moved.jpg", "out.png", "painting.png"]);
    });

    it("refuses what is no checkpoint, or is none any more", async () => {
      const answer = await run(["resume", "photo.jpg", "--json"]);
      expect([answer.code, errorOf(answer)?.slice(0, 43)]).toEqual([
        2,
        "Expected photo.jpg to be a whole checkpoint",
      ]);
    });
  },
);
