/** "nobody" on Linux and macOS. */
const nobody = 65534;

/** Runs an action without root's right to read and write everything; for those who are not root, just runs it. */
export async function unprivileged<Result>(action: () => Promise<Result>): Promise<Result> {
  if (process.geteuid?.() !== 0 || process.seteuid === undefined) return action();
  process.seteuid(nobody);
  try {
    return await action();
  } finally {
    process.seteuid(0);
  }
}
