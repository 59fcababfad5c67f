import { hostname } from "node:os";

/** This machine, in the names of files that a process of it holds; a folder may be shared by several machines. */
export const host = hostname().replace(/[^a-z0-9-]/gi, "-");

/** Whether a process of this number runs on this machine. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // Another user's process: it may not be signalled, but it is there.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
