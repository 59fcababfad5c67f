import { pathToFileURL } from "node:url";
import { findAdapter } from "@brushwork/webgpu";
import { ended } from "../files/process.mjs";

const trialMilliseconds = 60_000;

export interface WebgpuTrial {
  /** Why the package does not run, on one line. Absent: it does. */
  readonly trouble?: string;
  /** The GPU that it finds; one in software where there is no other. */
  readonly found?: GPUAdapterInfo;
  /** Whether it finds what all drivers are reached through. */
  readonly hasLoader: boolean;
}

/**
 * Words for Dawn.
 * @param features of Dawn's own that are wanted
 */
export function dawnOptions(features: readonly string[] = []): string[] {
  return [
    // On Linux its other choice is OpenGL, which lacks what the kernels need.
    ...(process.platform === "linux" ? ["backend=vulkan"] : []),
    ...(features.length > 0 ? [`enable-dawn-features=${features.join()}`] : []),
  ];
}

/**
 * Looks for a GPU in a process of its own: a broken driver ends its process, and Dawn and Vulkan write what they think
 * of a machine without a GPU to the standard error, past Node.
 *
 * @param paths of the package webgpu, of which the first that loads is tried
 * @param options words for Dawn
 */
export async function webgpuTrial(
  paths: readonly string[],
  options: readonly string[],
  signal?: AbortSignal,
): Promise<WebgpuTrial> {
  const { status, name, stdout, stderr } = await ended(
    process.execPath,
    ["--eval", trial, JSON.stringify(paths.map((path) => pathToFileURL(path).href)), JSON.stringify(options)],
    { signal, timeout: trialMilliseconds },
  );
  const hasLoader = !stderr.includes("Couldn't load Vulkan");
  const answer = stdout.trimEnd().split("\n").at(-1) ?? "";
  if (status === 0 && answer.startsWith("{")) return { ...(JSON.parse(answer) as object), hasLoader };
  const said = /^\w*Error: (.*)$/m.exec(stderr)?.[1] ?? `exit code ${status}`;
  return { trouble: name === null ? said : `it was ended by ${name}`, hasLoader };
}

/** @throws {Error} with what a trial has found missing, and the remedy; the package itself has to run */
export async function checkFound(
  { found, hasLoader }: WebgpuTrial,
  { software }: { readonly software: boolean },
): Promise<void> {
  if (!hasLoader)
    throw new Error(
      "Expected the Vulkan loader for the engine webgpu, found none. Install it: libvulkan1 on Debian and Ubuntu, " +
        "vulkan-loader on Fedora, vulkan-icd-loader on Arch; or use another engine.",
    );
  const adapter = found === undefined ? null : ({ info: found } as GPUAdapter);
  await findAdapter({ requestAdapter: async () => adapter }, { software });
}

const trial = `
  const [paths, options] = process.argv.slice(1).map((text) => JSON.parse(text));
  const loaded = ([first, ...others]) =>
    import(first).catch((error) => {
      if (others.length === 0) throw error;
      return loaded(others);
    });
  loaded(paths).then(async ({ create }) => {
    const gpu = create(options);
    const adapter =
      (await gpu.requestAdapter({ powerPreference: "high-performance" })) ??
      (await gpu.requestAdapter({ forceFallbackAdapter: true }));
    const { vendor, architecture, device, description, isFallbackAdapter } = adapter?.info ?? {};
    const found = adapter ? { vendor, architecture, device, description, isFallbackAdapter } : undefined;
    // Dawn would keep the process alive.
    process.stdout.write(JSON.stringify({ found }) + "\\n", () => process.exit());
  });`;
