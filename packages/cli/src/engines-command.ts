import { engineSupport } from "@brushwork/backend-node";

/** The engines, and what those lack that cannot run here. */
export async function enginesText(): Promise<string> {
  const support = await engineSupport();
  const width = Math.max(...support.map(({ name }) => name.length));
  return support.map(({ name, reason = "runs here" }) => `${name.padEnd(width)}  ${reason}\n`).join("");
}
