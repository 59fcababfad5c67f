import { availableParallelism, totalmem } from "node:os";
import {
  cacheFolder,
  type EngineReport,
  engineFolder,
  engineNames,
  type InstalledEngine,
  installedEngines,
  unlessHomeless,
  weightStore,
} from "@brushwork/backend-node";
import { Failure } from "../failure.js";
import { environmentSettings, readSettings, type Settings } from "../files/settings-file.js";
import { pullCommand } from "../remedy-text.js";
import { contentText } from "../reports/installed-text.js";
import { bytesText } from "../reports/quantities.js";
import { tryEngine } from "./engine-trials.js";
import { engineText, inWords } from "./engines-command.js";

const measuredSeconds = 2;

/** What painting needs of its surroundings. */
interface Surroundings {
  readonly node: string;
  readonly platform: string;
  readonly architecture: string;
  readonly cores: number;
  readonly memoryBytes: number;
  /** Where weights are kept. Absent: nowhere, as the user has no home folder. */
  readonly cache?: string;
  /** By network: whether its weights are there. */
  readonly weights: Readonly<Record<string, boolean>>;
  /** Where engines are installed. Absent: nowhere, as above. */
  readonly engineFolder?: string;
  /** What paints are set to outside the command line. */
  readonly settings: readonly Settings[];
  /** Those that are, whether they run or not. */
  readonly installed: readonly InstalledEngine[];
}

/**
 * Tries and measures every engine, one after the other, and prints what it finds as it finds it.
 *
 * @throws {Failure} when no engine runs
 */
export async function doctor(
  { json = false }: { readonly json?: boolean },
  print: (text: string) => void,
): Promise<void> {
  const found = await surroundings();
  if (!json) print(surroundingsText(found));
  const engines: EngineReport[] = [];
  for (const name of engineNames) {
    const report = await tryEngine(name, { seconds: measuredSeconds });
    engines.push(report);
    if (!json) print(engineText(report));
  }
  // An engine that runs, though for a reason auto passes over it, has both.
  const auto = engines.find(({ available, reason }) => available && reason === undefined)?.name;
  if (json) {
    print(
      `${JSON.stringify({ ...found, engines: engines.map(inWords), ...(auto !== undefined && { auto }) })}\n`,
    );
  } else if (auto !== undefined) print(`\nPictures are painted on ${auto}, unless --engine names another.\n`);
  if (!engines.some(({ available }) => available))
    throw new Failure("Expected an engine to run here, but none does: each says above what it lacks.");
}

async function surroundings(): Promise<Surroundings> {
  const store = weightStore();
  const cache = unlessHomeless(cacheFolder);
  const engines = unlessHomeless(engineFolder);
  const weights = store.names.map(async (name) => [name, await store.has(name)] as const);
  return {
    node: process.versions.node,
    platform: process.platform,
    architecture: process.arch,
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    ...(cache !== undefined && { cache }),
    weights: Object.fromEntries(await Promise.all(weights)),
    ...(engines !== undefined && { engineFolder: engines }),
    settings: [...environmentSettings(process.env), await readSettings(".")].filter(
      (found) => found !== undefined,
    ),
    installed: await installedEngines(),
  };
}

/** What is said in place of a folder. */
function homeless(variable: string): string {
  return `have no folder: there is no home folder, and ${variable} is not set`;
}

function surroundingsText({
  node,
  platform,
  architecture,
  cores,
  memoryBytes,
  cache,
  weights,
  engineFolder,
  settings,
  installed,
}: Surroundings): string {
  const machine = `${platform} ${architecture}, ${cores} ${cores === 1 ? "core" : "cores"}, ${bytesText(memoryBytes)}`;
  const networks = Object.entries(weights).map(([name, isThere]) =>
    isThere ? `${name} is there` : `${name} is not: ${pullCommand(name)}`,
  );
  const engines = installed.map((engine) => `${engine.name}: ${contentText(engine)}`);
  return [
    `Node     ${node} on ${machine}`,
    `Weights  ${cache === undefined ? homeless("BRUSHWORK_CACHE") : `in ${cache}`}`,
    ...networks.map((text) => `         ${text}`),
    engineFolder === undefined
      ? `Engines  ${homeless("BRUSHWORK_ENGINES")}`
      : `Engines  ${engines.length > 0 ? "" : "none "}installed in ${engineFolder}`,
    ...engines.map((text) => `         ${text}`),
    ...settings.map(
      ({ place, options }, i) =>
        `${i === 0 ? "Settings" : "        "} ${place}: ${Object.entries(options)
          .map(([name, value]) => `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`)
          .join(", ")}`,
    ),
    "",
    "",
  ].join("\n");
}
