import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { s3Server } from "../packages/cli/src/queue/s3-server.fixture.js";
import { type Answer, brushwork, brushworkHere, command, machine, missing, shallow } from "./command.js";
import { absenceOfRedis, freePort, startRedis, type TestRedis, wireTo } from "./redis.js";
import { startWorker, type TestWorker, type WorkerEvent } from "./worker.js";

const absence = missing ?? absenceOfRedis();
const sample = (name: string) => fileURLToPath(new URL(`data/cases/${name}.png`, import.meta.url));
const fixture = (name: string) => pathToFileURL(join(import.meta.dirname, name)).href;

/** Pictures that cost little. */
const smallest = [..."--network compact --size 32 --scales 1".split(" "), ...shallow];

/** Seconds until the jobs of a worker that is gone are others'. */
const lease = ["--lease", "4"];

/** What `brushwork queue status --json` prints. */
interface QueueStatus {
  readonly jobs: Readonly<Record<"waiting" | "active" | "delayed" | "painted" | "failed", number>>;
  readonly active: readonly { readonly id: string; readonly step?: number }[];
  readonly failed: readonly { readonly id: string }[];
}

describe.skipIf(absence !== undefined)(`a queue${absence ? ` (skipped: ${absence})` : ""}`, () => {
  let redis: TestRedis;
  let folder: string;
  /** What belongs to the test that runs: its own queue, and what it has started. */
  let database = 0;
  let queue: readonly string[];
  const workers: TestWorker[] = [];
  beforeAll(async () => {
    redis = await startRedis();
    folder = await mkdtemp(join(tmpdir(), "brushwork-queue-"));
    await mkdir(join(folder, "photos"));
    for (const name of ["photo", "strokes-red"])
      await copyFile(sample(name), join(folder, "photos", `${name}.png`));
    await copyFile(sample("strokes"), join(folder, "style.png"));
  });
  afterAll(async () => {
    for (const { child } of workers) child.kill("SIGKILL");
    await redis?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  /** Takes the next database, which is an empty queue. */
  const newQueue = () => {
    queue = ["--queue", redis.address(++database), "--store", `store-${database}`];
    return queue;
  };
  const work = (
    words: readonly string[] = queue,
    options: { readonly environment?: NodeJS.ProcessEnv } = {},
  ) => {
    const worker = startWorker([...words, ...machine, ...lease], { folder, ...options });
    workers.push(worker);
    return worker;
  };
  const batch = (...words: readonly string[]) => brushwork(["batch", ...words, ...smallest], { folder });
  const ask = (...words: readonly string[]) =>
    brushworkHere(["queue", ...words, "--queue", redis.address(database)], { folder });
  const status = async (): Promise<QueueStatus> => JSON.parse((await ask("status", "--json")).stdout);
  const at = (...names: readonly string[]) => join(folder, ...names);
  const filesIn = async (name: string) => (await readdir(at(name), { recursive: true })).sort();

  /** Waits until the queue is as it should be. */
  async function until(is: (status: QueueStatus) => boolean): Promise<QueueStatus> {
    for (;;) {
      const found = await status();
      if (is(found)) return found;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  it("paints each picture once, and as one machine does, though workers die, stop and are cut off", async () => {
    const rows = Number(process.env.BRUSHWORK_QUEUE_JOBS ?? 12);
    // The long ones come first: each worker has one when something happens to it.
    const steps = (i: number) => (i < 3 ? 30 : 3);
    const table = Array.from({ length: rows }, (_, i) =>
      [`photos/${i % 2 ? "photo" : "strokes-red"}.png`, "style.png", `${i}.png`, steps(i), i].join(","),
    );
    await writeFile(at("jobs.csv"), ["content,style,output,steps,seed", ...table, ""].join("\n"));
    const words = ["--pairs", "jobs.csv", "--init", "noise"];
    newQueue();
    const wire = await wireTo(redis.port);
    const cut = ["--queue", `redis://127.0.0.1:${wire.port}/${database}`, ...queue.slice(2)];
    const [stopped, killed, cutOff] = [work(), work(), work(cut)];
    const answer = batch(...words, "-o", "out", ...queue);
    const isUnderWay = ({ event, step = 0 }: WorkerEvent) => event === "step" && step >= 3;
    await Promise.all([
      stopped.saw(isUnderWay).then(() => stopped.stop("SIGTERM")),
      killed.saw(isUnderWay).then(() => killed.stop("SIGKILL")),
      cutOff.saw(isUnderWay).then(() => wire.cut()),
    ]);
    expect([await stopped.ended, await killed.ended]).toEqual([0, null]);
    const jobOf = ({ events }: TestWorker) => events.findLast(({ event }) => event === "begun")?.job;
    const lost = jobOf(cutOff);
    const last = work();
    expect(await answer).toMatchObject({ code: 0, stderr: expect.stringMatching(/^out: \d+ painted\n$/m) });
    wire.mend();
    await cutOff.saw((event) => event.event === "lost" && event.job === lost);
    expect([await cutOff.stop(), await last.stop()]).toEqual([0, 0]);
    wire.close();

    // Others went on from where these were; the one that was stopped kept its very last step.
    const begun = [killed, cutOff, last].flatMap(({ events }) =>
      events.filter(({ event }) => event === "begun"),
    );
    const fromOf = (job: string | undefined) =>
      begun.filter((event) => event.job === job).flatMap(({ from = 0 }) => (from > 0 ? [from] : []));
    const { step } = stopped.events.findLast(({ event }) => event === "step") ?? {};
    expect(stopped.events.at(-1)).toMatchObject({ event: "returned", job: jobOf(stopped) });
    expect(fromOf(jobOf(stopped))).toContain(step);
    expect(fromOf(jobOf(killed)).length).toBeGreaterThan(0);
    expect(fromOf(lost).length).toBeGreaterThan(0);
    // None is left anywhere: neither jobs nor files.
    expect((await status()).jobs).toEqual({ waiting: 0, active: 0, delayed: 0, painted: 0, failed: 0 });
    expect(await filesIn(`store-${database}`)).toEqual(["brushwork-store.json"]);
    expect(await filesIn("out")).toEqual(Array.from({ length: rows }, (_, i) => `${i}.png`).sort());
    const alone = await brushworkHere(["batch", ...words, "-o", "alone", ...smallest, ...machine], {
      folder,
    });
    expect(alone.code).toBe(0);
    for (let i = 0; i < rows; i++)
      expect(await readFile(at("out", `${i}.png`))).toEqual(await readFile(at("alone", `${i}.png`)));
  });

  it("sets aside what cannot be painted, and lets it be tried again", async () => {
    newQueue();
    await mkdir(at("mixed"));
    await copyFile(sample("photo"), at("mixed", "good.png"));
    await writeFile(at("mixed", "bad.png"), "no picture");
    const worker = work();
    const words = ["mixed", "style.png", "-o", "mended", "--steps", "2", ...queue];
    const { code, stderr } = await batch(...words);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^mended: 1 painted, 1 failed\n {2}mended.bad-style\.png: Expected .*, got something else\.$/m,
    );
    expect(await status()).toMatchObject({
      jobs: { failed: 1 },
      workers: [{ concurrency: 1 }],
      failed: [{ name: "bad-style.png", attempts: 1, reason: expect.stringContaining("got something else") }],
    });
    expect((await ask("status")).stdout).toMatch(
      /^Set aside:\n {2}\S+ {2}bad-style\.png {2}after 1 attempt: Expected/m,
    );
    // A retry fails again, since nothing is better.
    const [failed] = (await status()).failed;
    expect((await ask("retry", failed?.id ?? "")).stdout).toBe("Waiting again: 1 job.\n");
    await until(({ jobs }) => jobs.failed === 1);
    expect(await ask("retry", "none")).toMatchObject({
      code: 1,
      stderr: "brushwork: none: No such job was set aside: see brushwork queue status.\n",
    });
    // The same command, with a picture that is one, has another job.
    await copyFile(sample("strokes-red"), at("mixed", "bad.png"));
    expect(await batch(...words)).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("1 there already"),
    });
    expect((await status()).jobs).toMatchObject({ painted: 0, failed: 0 });
    await worker.stop();
  });

  it("takes urgent jobs first, cancels jobs, and collects later", async () => {
    newQueue();
    const handOver = (name: string, ...words: readonly string[]) =>
      spawn(
        process.execPath,
        [command, "batch", "photos", "style.png", "-o", name, ...words, ...smallest, ...queue, "--json"],
        { cwd: folder, stdio: ["ignore", "pipe", "ignore"] },
      );
    const answerOf = async (child: ReturnType<typeof handOver>): Promise<Pick<Answer, "code" | "stdout">> => {
      let stdout = "";
      child.stdout?.on("data", (chunk) => {
        stdout += chunk;
      });
      await once(child, "close");
      return { code: child.exitCode, stdout };
    };
    const low = handOver("low", "--steps", "1000", "--priority", "low");
    const lowAnswer = answerOf(low);
    await until(({ jobs }) => jobs.waiting === 2);
    const high = handOver("high", "--steps", "2", "--priority", "high");
    const highAnswer = answerOf(high);
    await until(({ jobs }) => jobs.waiting === 4);
    // Ctrl-C leaves the jobs where they are.
    high.kill("SIGINT");
    expect(await highAnswer).toMatchObject({
      code: 130,
      stdout: expect.stringContaining(
        "Stopped with 2 of 2 pictures left in the queue: the same command goes on.",
      ),
    });
    expect((await status()).jobs.waiting).toBe(4);
    const worker = work();
    await worker.saw(
      ({ event, name }) =>
        event === "step" &&
        name === "photo-style.png" &&
        worker.events.filter((e) => e.event === "begun").length === 3,
    );
    expect(worker.events.filter(({ event }) => event === "painted")).toHaveLength(2);
    const { active } = await until((found) => (found.active[0]?.step ?? 0) > 0);
    expect(active).toMatchObject([
      { name: "photo-style.png", total: 1000, worker: expect.stringMatching(/:\d+$/) },
    ]);
    expect((await ask("cancel", "--all")).stdout).toBe("Cancelled 2 jobs.\n");
    await worker.saw(({ event, job }) => event === "cancelled" && job === active[0]?.id);
    const answer = await lowAnswer;
    expect([answer.code, answer.stdout.match(/The job was cancelled/g)?.length]).toEqual([1, 4]);
    const words = ["photos", "style.png", "-o", "high", "--steps", "2", "--priority", "high", ...queue];
    await worker.stop();
    // They are painted already: no worker is needed.
    expect(await batch(...words)).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("high: 2 painted\n"),
    });
  });

  it("goes by way of a bucket, and serves metrics", async () => {
    newQueue();
    const server = await s3Server("studio");
    const environment = { ...server.environment, BRUSHWORK_QUEUE: redis.address(database) };
    const bucket = ["--store", "s3://studio/night"];
    const worker = work([...bucket, "--metrics", "0"], { environment });
    const words = ["batch", "photos", "style.png", "-o", "fetched", "--steps", "2", ...smallest, ...bucket];
    expect(await brushwork(words, { folder, environment })).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("fetched: 2 painted\n"),
    });
    expect([...server.files.keys()]).toEqual(["night/brushwork-store.json"]);
    const { message = "" } = await worker.saw(({ event }) => event === "ready");
    const [address = ""] = /http:\S+\/metrics/.exec(message) ?? [];
    const metrics = await (await fetch(address)).text();
    expect(metrics).toContain('brushwork_jobs_total{outcome="painted"} 2\n');
    expect(metrics).toContain("brushwork_steps_total 4\n");
    expect(metrics).toContain('brushwork_queue_jobs{state="waiting"} 0\n');
    // Nobody's keys are there any more.
    const refused = { ...environment, AWS_SECRET_ACCESS_KEY: "wrong" };
    expect(await brushwork([...words, "--force"], { folder, environment: refused })).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^brushwork: The store s3:\/\/studio\/night refuses these keys/m),
    });
    await worker.stop();
    await server.close();
  });

  it("lets workers and batches end though the queue is gone", async () => {
    const gone = await startRedis();
    const words = ["--queue", gone.address(0), "--store", "store-gone"];
    const worker = work(words);
    const handing = spawn(
      process.execPath,
      [command, "batch", "photos", "style.png", "-o", "gone", "--steps", "1000", ...smallest, ...words],
      { cwd: folder, stdio: "ignore" },
    );
    const ended = once(handing, "close");
    await worker.saw(({ event }) => event === "step");
    await gone.stop();
    await worker.saw(({ message = "" }) => message.endsWith("was lost; trying again until it is back."));
    handing.kill("SIGINT");
    expect(await worker.stop()).toBe(0);
    await ended;
    expect(handing.exitCode).toBe(130);
    // What was painted so far is where the next worker finds it.
    expect((await filesIn("store-gone")).filter((name) => name.endsWith(".checkpoint"))).toHaveLength(1);
  });

  const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;
  it.skipIf(!hasOpenssl)(
    `speaks TLS${hasOpenssl ? "" : " (skipped: openssl is not on the path)"}`,
    async () => {
      const certificate =
        "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 -keyout key.pem -out cert.pem";
      expect(spawnSync("openssl", certificate.split(" "), { cwd: folder }).status).toBe(0);
      const files = [
        "--tls-cert-file",
        at("cert.pem"),
        "--tls-key-file",
        at("key.pem"),
        "--tls-auth-clients",
        "no",
      ];
      const port = await freePort();
      const secure = await startRedis("--tls-port", String(port), ...files);
      const statusAt = (address: string, environment = {}) =>
        brushwork(["queue", "status", "--queue", address], { folder, environment });
      const address = `rediss://127.0.0.1:${port}`;
      try {
        expect(await statusAt(address, { NODE_EXTRA_CA_CERTS: at("cert.pem") })).toMatchObject({
          code: 0,
          stdout: expect.stringContaining(`${address}\n0 waiting`),
        });
        expect(await statusAt(address)).toMatchObject({
          code: 1,
          stderr: expect.stringMatching(/The certificate of rediss:\S+ is not trusted .*NODE_EXTRA_CA_CERTS/),
        });
        expect(await statusAt(`redis://127.0.0.1:${port}`)).toMatchObject({
          code: 1,
          stderr: expect.stringMatching(
            /^brushwork: There is no queue to be had at redis:\S+, which closes the connection: .*rediss:/,
          ),
        });
      } finally {
        await secure.stop();
      }
    },
  );

  it("says in a sentence what is wrong, and loses nothing", async () => {
    newQueue();
    const words = ["photos/photo.png", "style.png", "-o", "refused", "--steps", "2"];
    const here = (more: readonly string[], environment = {}) =>
      brushworkHere(["batch", ...words, ...smallest, ...more], { folder, environment });
    const store = ["--store", "store-refused"];
    const failures: readonly (readonly [readonly string[], number, string])[] = [
      [
        ["--queue", "redis://127.0.0.1:1", ...store],
        1,
        "There is no Redis at redis://127.0.0.1:1: start one there",
      ],
      [
        ["--queue", "localhost:6379", ...store],
        2,
        "Expected --queue to be an address such as redis://HOST:6379",
      ],
      [
        ["--queue", redis.address(1)],
        2,
        "Expected --store with --queue: name a folder that the workers see too",
      ],
      [[...queue, "--weights", "w.safetensors"], 2, "Expected no --weights with --queue"],
      [[...queue.slice(0, 2), "--store", "style.png"], 1, "The store style.png cannot be "],
      [
        [...queue.slice(0, 2), "--store", "ftp://x/y"],
        2,
        "Expected --store to be a folder or s3://BUCKET/PREFIX",
      ],
    ];
    for (const [more, code, sentence] of failures)
      expect([more, await here(more)]).toEqual([
        more,
        expect.objectContaining({ code, stderr: expect.stringContaining(`brushwork: ${sentence}`) }),
      ]);

    expect(await brushworkHere(["queue", "states"], { folder })).toMatchObject({
      code: 2,
      stderr:
        'brushwork: Expected queue to be followed by one of status, cancel, retry, remove, got "states".\n',
    });
    redis.ask(0, "ACL", "SETUSER", "painter", "on", ">right", "~*", "&*", "+@all");
    const withPassword = (password: string) =>
      `redis://painter:${password}@127.0.0.1:${redis.port}/${database}`;
    const wrong = await here(store, { BRUSHWORK_QUEUE: withPassword("wrong") });
    expect(wrong).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(
        `Redis at redis://127.0.0.1:${redis.port}/${database} refuses the password: put the right one into BRUSHWORK_QUEUE`,
      ),
    });
    expect(wrong.stderr).not.toContain("wrong@");
    expect(
      await brushworkHere(["queue", "status"], {
        folder,
        environment: { BRUSHWORK_QUEUE: withPassword("right") },
      }),
    ).toMatchObject({ code: 0 });

    redis.ask(15, "SET", "brushwork:format", "2");
    expect(await here(["--queue", redis.address(15), ...store])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /The queue at \S+ has format 2, from another version of brushwork: use one version/,
      ),
    });
    const refusing = {
      NODE_OPTIONS: `--import ${fixture("refusing-modules.fixture.mjs")}`,
      REFUSED_MODULES: "bullmq",
    };
    expect(
      await brushwork(["queue", "status", ...queue.slice(0, 2)], { folder, environment: refusing }),
    ).toMatchObject({
      code: 1,
      stderr:
        "brushwork: A queue needs two more packages: npm install bullmq ioredis, with --global if brushwork is installed that way.\n",
    });
  });

  it("gives a job back where a worker's store is another one, or full, and sets aside what has no picture", async () => {
    newQueue();
    const answer = batch("photos/photo.png", "style.png", "-o", "moved", "--steps", "2", ...queue);
    await until(({ jobs }) => jobs.waiting === 1);
    const [inputs] = (await filesIn(`store-${database}`)).filter((name) => name.endsWith("inputs"));
    const elsewhere = work([...queue.slice(0, 2), "--store", "elsewhere"]);
    expect([await elsewhere.ended, elsewhere.output()]).toEqual([
      1,
      expect.stringContaining(
        "Expected --store to be the store of the batch, got elsewhere, which is a different store",
      ),
    ]);
    const full = work(queue, {
      environment: {
        NODE_OPTIONS: `--import ${fixture("faulty-disk.fixture.mjs")}`,
        FAULTY_FOLDER: at(`store-${database}`),
      },
    });
    expect([await full.ended, full.output()]).toEqual([
      1,
      expect.stringMatching(
        /cannot be written: Expected room on the disk for .*, found none left\. Free some space/,
      ),
    ]);
    expect((await status()).jobs).toMatchObject({ waiting: 1, failed: 0 });
    await rm(at(`store-${database}`, inputs ?? ""), { recursive: true });
    const worker = work();
    expect(await answer).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /A picture that photo-style\.png is painted from is no longer in the store/,
      ),
    });
    expect((await batch("photos/photo.png", "style.png", "-o", "moved", "--steps", "2", ...queue)).code).toBe(
      0,
    );
    await worker.stop();
  });
});
