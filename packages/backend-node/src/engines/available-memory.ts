import { freemem, platform, totalmem } from "node:os";

/** Bytes that this process can still take: what the system would give, less where a container's limit is nearer. */
export function availableMemory(): number {
  // On macOS free memory leaves out the caches, which are most of it; half of all is a fair guess there. On Linux
  // and Windows the caches are counted in.
  const machine = platform() === "darwin" ? totalmem() / 2 : freemem();
  const limit = process.constrainedMemory();
  // Where there is no limit this is 0, undefined or a number larger than any memory.
  if (!limit || limit >= totalmem()) return machine;
  return Math.max(0, Math.min(machine, limit - process.memoryUsage.rss()));
}
