import { fork } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Job, Message } from "./job.js";
import type { MeasuredRow } from "./report.js";

/** The outcome of a job: rows, or the reason why there are none. */
export interface Outcome {
  readonly rows: readonly MeasuredRow[];
  readonly trouble?: string;
}

/** The Vulkan driver in Debian's package chromium, which needs no GPU. */
const softwareVulkan = "/usr/lib/chromium/vk_swiftshader_icd.json";

/** Runs a job in its own process. Output that libraries print there is not shown. */
export function runJob(job: Job): Promise<Outcome> {
  const child = fork(fileURLToPath(new URL("engine-process.js", import.meta.url)), [JSON.stringify(job)], {
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    env: { ...(existsSync(softwareVulkan) && { VK_ICD_FILENAMES: softwareVulkan }), ...process.env },
  });
  const rows: MeasuredRow[] = [];
  let trouble: string | undefined;
  child.on("message", (message: Message) => {
    if ("row" in message) rows.push(message.row);
    else trouble = message.trouble;
  });
  return new Promise((resolve) => {
    child.on("exit", (code, signal) => {
      const crash = code === 0 ? undefined : `The process ended with ${signal ?? `the code ${code}`}.`;
      const reason = trouble ?? crash;
      resolve({ rows, ...(reason !== undefined && { trouble: reason }) });
    });
  });
}
