// Loaded into the command before anything else, with --import: a disk that is full, or a process that is killed while
// it writes, on every machine and without its administrator's rights.

import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { resolve, sep } from "node:path";

const { FAULTY_FOLDER = "", FAULTY_WHEN, FAULTY_FREE, FAULTY_KILLS, FAULTY_AFTER } = process.env;
const { open, statfs } = fs.promises;

/** How many files are still written well. */
let wellWritten = Number(FAULTY_AFTER ?? 0);

/** From the start, or as long as a file exists. */
const isFaulty = (path) =>
  resolve(path).startsWith(FAULTY_FOLDER + sep) && (FAULTY_WHEN === undefined || fs.existsSync(FAULTY_WHEN));

if (FAULTY_FREE === undefined)
  fs.promises.open = async (path, ...rest) => {
    const file = await open(path, ...rest);
    if (!isFaulty(path)) return file;
    const writeFile = file.writeFile.bind(file);
    file.writeFile = async (bytes) => {
      if (wellWritten-- > 0) return writeFile(bytes);
      await writeFile(bytes.subarray(0, bytes.length / 2));
      if (FAULTY_KILLS) process.kill(process.pid, "SIGKILL");
      throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    };
    return file;
  };
else
  fs.promises.statfs = async (path, ...rest) => {
    const disk = await statfs(path, ...rest);
    return Object.assign(disk, { bavail: Number(FAULTY_FREE) / disk.bsize });
  };

syncBuiltinESMExports();
