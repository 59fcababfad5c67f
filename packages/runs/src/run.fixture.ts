import "@tensorflow/tfjs-backend-cpu";
import { DeviceLost, type Engine, type Network, type Picture } from "@brushwork/core";
import type { Recipe } from "@brushwork/recipes";
import { tinyNetwork } from "@brushwork/testing";
import type { Host, Job } from "./run.js";
import type { RunEvent } from "./run-event.js";

/** A photograph's stand-in, which changes from pixel to pixel. */
export const content: Picture = pictureOf(12, 8, (x, y) => [x * 20, y * 30, 100]);

/** A painting's stand-in. */
export const style: Picture = pictureOf(10, 10, (x, y) =>
  (x + 2 * y) % 5 < 2 ? [30, 60, 160] : [240, 200, 60],
);

/** Two steps at 8×5 pixels and three at 12×8, on the tiny network. */
export const recipe: Recipe = {
  version: 2,
  network: { name: "tiny", pooling: "average" },
  terms: [
    { loss: "content", weight: 1, options: { layers: ["relu2_1"] } },
    { loss: "wasserstein", name: "style", weight: 10, options: { layers: ["relu1_1", "relu2_1"] } },
  ],
  optimizer: { name: "adam", options: { learningRate: 0.05 } },
  average: { decay: 0.5, carry: "average" },
  clamp: true,
  scales: [
    { size: 8, steps: 2 },
    { size: 12, steps: 3 },
  ],
  fit: "cover",
  styleScale: 1,
  margin: 2,
  seed: 0,
  init: "content",
};

export const job: Job<Picture> = { content, styles: [style], recipe };

/** A picture of one colour. */
export function plain(width: number, height: number, level: number): Picture {
  return pictureOf(width, height, () => [level, level, level]);
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

/** A host that logs what is done to it. */
export interface FakeHost extends Host<Picture> {
  /** What was started, loaded, disposed of and stopped, in order. */
  readonly log: readonly string[];
  /** Makes the engine that was started last lose its device. */
  lose(): void;
}

export interface FakeHostChanges extends Partial<Omit<Host<Picture>, "network">> {
  /** Changes to its engines, by name. */
  readonly engine?: Readonly<Record<string, Partial<Engine>>>;
  /** Changes to each network that it loads. */
  readonly network?: Partial<Network>;
  /** The name of its networks' weights. */
  readonly weights?: string;
}

/** A host without a real engine: whichever name is started, tensors run on TensorFlow.js's own CPU backend. */
export function fakeHost({ engine = {}, network, weights, ...changes }: FakeHostChanges = {}): FakeHost {
  const log: string[] = [];
  let lose = () => {};
  return {
    log,
    lose: () => lose(),
    engines: ["first"],
    networks: ["tiny", "vgg19", "compact"],
    async start([name = ""]) {
      log.push(`start ${name}`);
      return {
        name,
        device: `a fake ${name}`,
        largestTensorBytes: 2 ** 31,
        memoryBytes: 2 ** 32,
        lost: new Promise((resolve) => {
          lose = () => resolve(new DeviceLost(`The engine ${name} is lost.`, name));
        }),
        settle: async () => {},
        trim() {},
        stop: async () => void log.push(`stop ${name}`),
        ...engine[name],
      };
    },
    hasWeights: async () => true,
    async network({ name }) {
      log.push(`load ${name}`);
      const tiny = tinyNetwork();
      return {
        network: {
          ...tiny,
          name,
          ...network,
          dispose() {
            log.push(`dispose ${name}`);
            tiny.dispose();
          },
        },
        ...(weights !== undefined && { weights }),
      };
    },
    picture: async (source) => source,
    now: () => 0,
    ...changes,
  };
}

export type EventOf<Type extends RunEvent["type"]> = Extract<RunEvent, { readonly type: Type }>;

/** The events of one type. */
export function ofType<Type extends RunEvent["type"]>(
  events: readonly RunEvent[],
  type: Type,
): readonly EventOf<Type>[] {
  return events.filter((event): event is EventOf<Type> => event.type === type);
}

/** An event in a few words: "step 2", "picture 2 asked". */
export function inWords(event: RunEvent): string {
  switch (event.type) {
    case "skipped":
    case "started":
      return `${event.type} ${event.engine}`;
    case "notice":
      return `notice ${event.kind}`;
    case "step":
    case "paused":
      return `${event.type} ${event.index}`;
    case "picture":
      return `picture ${event.index} ${event.why}`;
    default:
      return event.type;
  }
}
