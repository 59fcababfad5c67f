import { fork } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Job, Message } from "./job.js";
import type { MeasuredRow } from "./report.js";

/** What a job came to: rows, or why there are none. */
export interface Outcome {
  readonly rows: readonly MeasuredRow[];
  readonly trouble?: string;
}

/** Where Debian's package chromium keeps a Vulkan driver that needs no GPU. */
const softwareVulkan = "/usr/lib/chromium/vk_swiftshader_icd.json";

/** Measures in a process of its own. What the libraries there print is not shown. */
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
