import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { brushwork, missing } from "./command.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const { version, engines } = JSON.parse(readFileSync(`${root}/packages/cli/package.json`, "utf8"));
const refusing = new URL("./refusing-modules.fixture.mjs", import.meta.url);

describe.skipIf(missing !== undefined)(missing ? `skipped: ${missing}` : "the start of brushwork", () => {
  /** Runs the command where modules whose names begin so cannot be loaded. */
  const without = (names: string, ...words: readonly string[]) =>
    brushwork(words, {
      folder: root,
      environment: { NODE_OPTIONS: `--import=${refusing}`, REFUSED_MODULES: names },
    });
  const heavy = "@tensorflow,sharp,undici,tar,@brushwork/runs,@brushwork/loss";

  it("prints its version without TensorFlow.js, sharp and whatever else only paintings need", async () => {
    expect(await without(heavy, "--version")).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: "" });
  });

  it.each([
    ["--help", "Usage: brushwork CONTENT STYLE..."],
    ["help weights pull", "Usage: brushwork weights pull NETWORK"],
    ["help sweep", "Usage: brushwork sweep CONTENT STYLE..."],
    ["engines install --help", "Usage: brushwork engines install ENGINE"],
  ])("prints %s without them", async (words, usage) => {
    const answer = await without(heavy, ...words.split(" "));
    expect(answer).toMatchObject({ code: 0, stderr: "" });
    expect(answer.stdout.split("\n")[0]).toContain(usage);
  });

  it("reports wrong words without them", async () => {
    expect(await without(heavy, "--stile-weight", "3")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--style-weight"),
    });
  });

  it("fails in a sentence where sharp is needed and cannot be loaded", async () => {
    expect(await without("sharp", "photo.jpg", "painting.jpg")).toMatchObject({
      code: 1,
      stderr: "brushwork: Refused the module sharp.\n",
    });
  });

  it("names the Node that it needs to an older one, before anything else is loaded", async () => {
    const older = `data:text/javascript,${encodeURIComponent('Object.defineProperty(process.versions,"node",{value:"18.20.4"})')}`;
    const answer = await brushwork(["--version"], {
      folder: root,
      environment: {
        NODE_OPTIONS: `--import=${older} --import=${refusing}`,
        REFUSED_MODULES: "./,@,commander",
      },
    });
    expect(engines.node).toBe(">=20.19");
    expect(answer).toMatchObject({
      code: 1,
      stdout: "",
      stderr:
        "brushwork: Node 20.19 or newer is needed, but this is 18.20.4: get one from https://nodejs.org\n",
    });
  });
});
