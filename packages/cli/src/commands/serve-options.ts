import { type Command, Option } from "commander";
import { memory, whole } from "../option-values.js";
import { painterCommand, sharedOption } from "../options.js";
import type { ServeOptions } from "./serve-command.js";

/** What the command can be asked for. */
export interface ServeCommands {
  serve(options: ServeOptions): Promise<void>;
  /** Paints what the server orders, in a process that it started. */
  paintOrders(): Promise<void>;
}

const help = `
The page paints on this machine's engines. Without --host, only this machine can reach it. Pictures are kept in memory,
the last 50 of them, and written to FOLDER if -o names one.

The HTTP API is described at /api/openapi.json:
  curl -F content=@photo.jpg -F style=@starry.jpg -F size=512 http://127.0.0.1:8080/api/jobs
  curl -N http://127.0.0.1:8080/api/jobs/ID/events
  curl -o painted.png http://127.0.0.1:8080/api/jobs/ID/picture

Examples:
  brushwork serve
      and open http://127.0.0.1:8080
  BRUSHWORK_TOKEN=$(openssl rand -hex 16) brushwork serve --host 0.0.0.0 -o painted
      for others on the network who have the token; put a proxy with TLS before it where that is not your own`;

/** Adds the command to the main one. */
export function addServeCommand(program: Command, { serve, paintOrders }: ServeCommands): void {
  const number = (flags: string, description: string, least: number, most: number) => {
    const option = new Option(flags, description);
    return option.argParser((text) => whole(least, most)(option.long ?? flags, text));
  };
  program
    .command("serve")
    .description("serve the page and an HTTP API, which paint on this machine")
    .usage("[--port N] [-o FOLDER] [options]")
    .optionsGroup("Server:")
    .addOption(
      number("--port <N>", "the port to listen at, 0 for any that is free (default: 8080)", 0, 65_535),
    )
    .option(
      "--host <HOST>",
      "the address to listen at; others than this machine need a token (default: 127.0.0.1)",
    )
    .addOption(new Option("--token <WORD>", "refuse requests without this word").env("BRUSHWORK_TOKEN"))
    .addOption(
      sharedOption("--output", "a folder that every picture is written to (default: none)").helpGroup(
        "Server:",
      ),
    )
    .addOption(
      number("--max-size <N>", "longest side that is painted, in pixels (default: 2048)", 64, 65_536),
    )
    .addOption(
      new Option("--max-upload <SIZE>", "most bytes of a request (default: 64MiB)").argParser((text) =>
        memory("--max-upload", text),
      ),
    )
    .addOption(number("--max-jobs <N>", "most jobs that wait (default: 100)", 1, 10_000))
    .addOption(sharedOption("--engine"))
    .addOption(sharedOption("--threads"))
    .addOption(sharedOption("--precision"))
    .addOption(sharedOption("--memory"))
    .addOption(sharedOption("--no-config"))
    .addOption(sharedOption("--debug"))
    .addHelpText("after", help)
    .action((options: ServeOptions) => serve(options));
  program.command(painterCommand, { hidden: true }).action(() => paintOrders());
}
