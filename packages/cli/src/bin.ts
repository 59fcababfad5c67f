#!/usr/bin/env node
import { readFileSync } from "node:fs";

// Nothing else is loaded here, so that a Node which is too old for the rest still runs this file.
const { engines } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const needed: string = engines.node.replace(/^>=/, "");
const [major = 0, minor = 0] = needed.split(".").map(Number);
const [ownMajor = 0, ownMinor = 0] = process.versions.node.split(".").map(Number);
if (ownMajor > major || (ownMajor === major && ownMinor >= minor)) {
  const { main } = await import("./main.js");
  process.exitCode = await main(process.argv.slice(2));
} else {
  process.stderr.write(
    `brushwork: Node ${needed} or newer is needed, but this is ${process.versions.node}: get one from https://nodejs.org\n`,
  );
  process.exitCode = 1;
}
