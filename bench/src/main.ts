import { readFileSync, writeFileSync } from "node:fs";
import { checkWritable } from "@brushwork/backend-node";
import { type Comparison, compare, parseReport } from "./compare.js";
import { goalTable } from "./goals.js";
import { jobs } from "./jobs.js";
import { canBeFast, thisMachine } from "./machine.js";
import { type BenchOptions, parseOptions, usage } from "./options.js";
import { type Machine, type MeasuredRow, published, type Report } from "./report.js";
import { runJob } from "./run-job.js";
import { markdown, plainText, profileTable, stepTable, type Table } from "./table.js";

/** The load, as a share of the cores, above which other programs disturb the measurements. */
const busyShare = 0.25;

process.exitCode = await main(process.argv.slice(2));

/** @returns the exit code: 0 when everything was measured, 1 when a requested engine could not run, 2 on wrong input */
async function main(words: readonly string[]): Promise<number> {
  let options: BenchOptions | "help";
  let before: Report | undefined;
  try {
    options = parseOptions(words);
    if (options !== "help" && options.compare !== undefined) before = readReport(options.compare);
    // Checked before spending minutes on figures that could not be saved.
    if (options !== "help" && options.json !== undefined) await checkWritable(options.json);
  } catch (error) {
    console.error((error as Error).message);
    return 2;
  }
  if (options === "help") {
    console.log(usage);
    return 0;
  }
  return bench(options, before);
}

async function bench(options: BenchOptions, before: Report | undefined): Promise<number> {
  const machine = thisMachine();
  console.error(described(machine));
  const rows: MeasuredRow[] = [];
  let missing = false;
  // Both precisions would measure the same here; a precision that was named is measured anyway.
  const leavesOutFast =
    options.engines.includes("native") && options.precisions.length > 1 && !canBeFast(machine);
  if (leavesOutFast)
    console.error("Leaving out fast precision, which this CPU has no instructions for (AMX, bf16 of Arm).");
  for (const job of jobs(leavesOutFast ? { ...options, precisions: ["full"] } : options)) {
    console.error(`Measuring ${job.engine}, ${job.precision} precision …`);
    const outcome = await runJob(job);
    rows.push(...outcome.rows);
    if (outcome.trouble === undefined) continue;
    missing = true;
    console.error(`Not measured: ${job.engine}. ${outcome.trouble}`);
  }
  const report: Report = { machine, rows: rows.map(published) };
  const comparison = before && compare(before, report);
  if (rows.length > 0) show(rows, options, comparison);
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
  return rows.length === 0 || (missing && options.named) ? 1 : 0;
}

function show(rows: readonly MeasuredRow[], options: BenchOptions, comparison: Comparison | undefined): void {
  const print = (title: string, table: Table) => {
    if (table.length > 1) console.log(`\n${title}\n\n${(options.markdown ? markdown : plainText)(table)}`);
  };
  print(`A step through ${rows[0]?.network} to relu5_1:`, stepTable(rows));
  if (options.profile) print("Where its time goes:", profileTable(rows));
  print("Figures to reach:", goalTable(rows));
  if (comparison !== undefined) print(comparison.warning ?? "Against the earlier figures:", comparison.table);
}

function described({ cpu, cores, instructions, node, load }: Machine): string {
  const busy =
    load > busyShare * cores
      ? ` The machine was busy before (load ${load.toFixed(1)}): trust ratios only.`
      : "";
  return `${cpu}, ${cores} cores, ${instructions.join(" ")}; Node ${node}.${busy}`;
}

function readReport(name: string): Report {
  let text: string;
  try {
    text = readFileSync(name, "utf8");
  } catch (cause) {
    throw new RangeError(`The file ${name} could not be read: check its name.`, { cause });
  }
  return parseReport(text, name);
}
