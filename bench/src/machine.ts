import { existsSync, readFileSync } from "node:fs";
import { arch, availableParallelism, cpus, loadavg, platform, totalmem } from "node:os";
import type { Machine } from "./report.js";

const wanted = ["avx2", "avx512f", "avx512_bf16", "amx_bf16", "asimd", "bf16"];

/** Describes this machine. */
export function thisMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    platform: `${platform()} ${arch()}`,
    node: process.version,
    instructions: instructions(),
    load: loadavg()[0] ?? 0,
    date: new Date().toISOString().slice(0, 10),
  };
}

/** The CPU's instruction sets. Only Linux reports them without another program. */
function instructions(): readonly string[] {
  const file = "/proc/cpuinfo";
  if (!existsSync(file)) return [];
  const flags = /^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync(file, "utf8"))?.[1]?.split(" ") ?? [];
  return wanted.filter((name) => flags.includes(name));
}

/** Whether oneDNN can multiply in bfloat16; avx512_bf16 is not enough. True where the instructions are not known. */
export function canBeFast({ instructions }: Pick<Machine, "instructions">): boolean {
  return instructions.length === 0 || ["amx_bf16", "bf16"].some((name) => instructions.includes(name));
}

/** Whether figures of two machines can be compared. */
export function sameMachine(a: Machine, b: Machine): boolean {
  return a.cpu === b.cpu && a.cores === b.cores && a.platform === b.platform;
}
