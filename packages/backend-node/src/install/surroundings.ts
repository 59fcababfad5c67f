import { Remediable } from "../remediable.js";

interface Surroundings {
  readonly platform?: NodeJS.Platform;
  readonly arch?: string;
  /** Null: another C library, such as Alpine's musl. */
  readonly glibc?: string | null;
}

/** @throws {Error} where no TensorFlow runs under Node */
export function checkTensorflowPlatform({
  platform = process.platform,
  arch = process.arch,
  glibc = glibcVersion(),
}: Surroundings = {}): void {
  const otherwise = "Use the engine webgpu, or wasm.";
  if (platform === "win32" || platform === "darwin")
    throw new Error(
      `Expected a platform that TensorFlow's binding for Node can be had for, got ${
        platform === "win32" ? "Windows" : "macOS"
      }, for which none is published. ${otherwise}`,
    );
  if (platform !== "linux" || (arch !== "x64" && arch !== "arm64"))
    throw new Error(
      `Expected Linux on x64 or arm64 for TensorFlow, got ${platform} on ${arch}. ${otherwise}`,
    );
  if (glibc === null)
    throw new Error(
      "Expected a Linux with glibc, on which TensorFlow is built, got one without, such as Alpine. " +
        "Use a Debian-based image, or the engine wasm.",
    );
}

/** @throws {Error} where TensorFlow offers no libtensorflow 2.9 with a binding */
export function checkTensorflowOffered({ arch = process.arch }: Surroundings = {}): void {
  if (arch !== "x64")
    throw new Remediable(
      `Expected Linux on x64, the only one that TensorFlow publishes a binding for, got ${arch}.`,
      { kind: "name a TensorFlow" },
    );
}

/** @throws {Error} where the package webgpu does not run */
export function checkGlibcForWebgpu({
  platform = process.platform,
  glibc = glibcVersion(),
}: Surroundings = {}): void {
  if (platform !== "linux") return;
  if (glibc === null || !isAtLeast(glibc, "2.34"))
    throw new Error(
      `Expected glibc 2.34 or newer for the engine webgpu, got ${glibc ?? "another C library"}. ` +
        "Use a newer Linux (Debian 12, Ubuntu 22.04), or the engine native or wasm.",
    );
}

function isAtLeast(version: string, least: string): boolean {
  return version.localeCompare(least, "en", { numeric: true }) >= 0;
}

function glibcVersion(): string | null {
  const { header } = process.report.getReport() as {
    readonly header: { readonly glibcVersionRuntime?: string };
  };
  return header.glibcVersionRuntime ?? null;
}
