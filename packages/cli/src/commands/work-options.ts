import { type Command, Option } from "commander";
import { UsageError } from "../failure.js";
import { oneOf, whole } from "../option-values.js";
import { sharedOption } from "../options.js";
import { priorities } from "../queue/queue.js";
import type { QueueCommandOptions } from "./queue-command.js";
import type { WorkOptions } from "./work-command.js";

/** What the commands about queues can be asked for. */
export interface QueueCommands {
  work(options: WorkOptions): Promise<void>;
  status(options: QueueCommandOptions): Promise<void>;
  change(
    action: "cancel" | "retry" | "remove",
    ids: readonly string[],
    options: QueueCommandOptions,
  ): Promise<void>;
}

const workHelp = `
Run it on each machine with the same queue and the same store: a folder that all of them see, or a bucket. A machine may
join or leave at any time. One that dies, or is cut off, loses its job to another after the lease, which goes on from the job's
checkpoint. On Ctrl-C and SIGTERM, each job in progress keeps its checkpoint and is given back.

BRUSHWORK_QUEUE and BRUSHWORK_STORE can replace --queue and --store, since other users of a machine can read command
lines. Keys for s3:// come from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION and AWS_ENDPOINT_URL.

Examples:
  brushwork work --queue redis://studio:6379 --store /mnt/studio/queue
  BRUSHWORK_QUEUE=rediss://:PASSWORD@studio:6380 brushwork work --store s3://studio/queue --concurrency 2 --threads 4
  brushwork batch photos starry.jpg -o painted --queue redis://studio:6379 --store /mnt/studio/queue
      on any machine, hands the pictures over and collects them`;

const queueHelp = `
Examples:
  brushwork queue status --queue redis://studio:6379
  brushwork queue retry --all
      lets the jobs that were set aside wait for their turn again`;

/** The queue's address, which may have a password in it. */
function queueOption(): Option {
  return new Option(
    "--queue <URL>",
    "the queue: redis://HOST:6379, or rediss:// with TLS (also BRUSHWORK_QUEUE)",
  )
    .env("BRUSHWORK_QUEUE")
    .helpGroup("Queue:");
}

function storeOption(): Option {
  return new Option(
    "--store <PLACE>",
    "where the pictures are on their way: a folder that all machines see, or s3://BUCKET/PREFIX (also BRUSHWORK_STORE)",
  )
    .env("BRUSHWORK_STORE")
    .helpGroup("Queue:");
}

/** The options of a batch that hands its pictures over. */
export function handOverOptions(): readonly Option[] {
  return [
    queueOption(),
    new Option("--no-queue", "paint here, whatever BRUSHWORK_QUEUE says").helpGroup("Queue:"),
    storeOption(),
    new Option(
      "--priority <WHEN>",
      `${priorities.join(", ")}: before or after the jobs of others (default: normal)`,
    )
      .argParser((text) => oneOf(priorities)("--priority", text))
      .helpGroup("Queue:"),
    new Option("--attempts <N>", "how often a job is tried before it is set aside (default: 3)")
      .argParser((text) => whole(1, 100)("--attempts", text))
      .helpGroup("Queue:"),
  ];
}

/** Adds the commands `work` and `queue` to the main one. */
export function addQueueCommands(program: Command, commands: QueueCommands): void {
  program
    .command("work")
    .description("paint the jobs of a queue, on as many machines as there are")
    .usage("--queue URL --store PLACE [options]")
    .addOption(queueOption())
    .addOption(storeOption())
    .addOption(
      new Option("--concurrency <N>", "jobs at a time, each in a process of its own (default: 1)")
        .argParser((text) => whole(1, 256)("--concurrency", text))
        .helpGroup("Queue:"),
    )
    .addOption(
      new Option(
        "--lease <SECONDS>",
        "how long a worker may be silent before others take its jobs (default: 30)",
      )
        .argParser((text) => whole(2, 3600)("--lease", text))
        .helpGroup("Queue:"),
    )
    .addOption(
      new Option(
        "--metrics <PORT>",
        "serve metrics for Prometheus at http://127.0.0.1:PORT/metrics, or at HOST:PORT",
      ).helpGroup("Queue:"),
    )
    .addOption(sharedOption("--engine"))
    .addOption(sharedOption("--threads"))
    .addOption(sharedOption("--precision"))
    .addOption(sharedOption("--memory"))
    .addOption(sharedOption("--no-config"))
    .addOption(sharedOption("--json"))
    .addOption(sharedOption("--quiet", "nothing but warnings and errors"))
    .addOption(sharedOption("--debug"))
    .addHelpText("after", workHelp)
    .action((options: WorkOptions) => commands.work(options));
  const queue = program
    .command("queue")
    .description("show the jobs of a queue; cancel, retry and remove them")
    .usage("status | cancel ID... | retry ID... | remove ID... [options]")
    .argument("[action]")
    .addHelpText("after", queueHelp)
    .addOption(queueOption())
    .addOption(sharedOption("--json", "one JSON object, on the standard output"))
    .addOption(sharedOption("--debug"))
    .action((action: string | undefined, options: QueueCommandOptions) => {
      if (action === undefined) return commands.status(options);
      const actions = queue.commands.map((command) => command.name()).join(", ");
      throw new UsageError(`Expected queue to be followed by one of ${actions}, got "${action}".`);
    });
  const add = (name: string, description: string) =>
    queue.command(name).description(description).addOption(queueOption()).addOption(sharedOption("--debug"));
  add("status", "count the jobs, list the workers, what is being painted, and what was set aside and why")
    .addOption(sharedOption("--json", "one JSON object, on the standard output"))
    .action((options: QueueCommandOptions) => commands.status(options));
  const changing = [
    ["cancel", "take waiting jobs out, and stop those in progress", "every unfinished job"],
    ["retry", "let jobs that were set aside wait for their turn again", "every job that was set aside"],
    ["remove", "forget jobs that are not in progress", "every job that was set aside"],
  ] as const;
  for (const [name, description, all] of changing)
    add(name, description)
      .usage("ID... | --all [options]")
      .argument("[id...]")
      .option("--all", all)
      .action((ids: string[], options: QueueCommandOptions) => commands.change(name, ids, options));
}
