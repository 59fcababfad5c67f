// Plain JavaScript, since install/binding.mjs and the repository's own scripts need it before anything is built.

import { spawn } from "node:child_process";

export async function ended(command, words, { input = "", env = process.env, cwd, signal, timeout } = {}) {
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    // Native code that hangs does not listen to a milder signal.
    const child = spawn(command, words, { env, cwd, timeout, killSignal: "SIGKILL", windowsHide: true });
    const texts = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"])
      child[name].setEncoding("utf8").on("data", (text) => {
        texts[name] += text;
      });
    // A process that reads nothing may be gone before its input is.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
    const stop = () => child.kill();
    signal?.addEventListener("abort", stop);
    const settle = (act) => {
      signal?.removeEventListener("abort", stop);
      if (signal?.aborted) reject(signal.reason);
      else act();
    };
    child.on("error", (error) => settle(() => reject(error)));
    child.on("close", (status, name) =>
      settle(() => resolve({ status, name, timedOut: child.killed, ...texts })),
    );
  });
}
