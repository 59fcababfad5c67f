import type { PublishedWeights } from "./catalogue.js";

/** Where weights come from and what was done to them; their file carries it too. */
export interface Provenance extends Readonly<Record<string, string>> {
  readonly network: string;
  readonly attribution: string;
  readonly citation: string;
  readonly licence: string;
  /** The address they are published at. */
  readonly source: string;
  /** MD5 of the published file, hexadecimal. */
  readonly md5: string;
  readonly changes: string;
}

/** What is recorded of weights beside their file. */
export interface WeightRecord {
  readonly provenance: Provenance;
  /** Stored as float16. */
  readonly half: boolean;
  /** Size of the stored file. */
  readonly bytes: number;
  /** SHA-256 of the stored file, hexadecimal. */
  readonly sha256: string;
  /** When they were pulled, as ISO 8601. */
  readonly pulled: string;
}

export function provenance(
  network: string,
  { attribution, citation, licence, sources, md5 }: PublishedWeights,
  { half }: { readonly half: boolean },
): Provenance {
  const changes = `converted to safetensors by Brushwork${half ? ", numbers rounded to float16" : ""}`;
  return { network, attribution, citation, licence, source: sources[0], md5, changes };
}

/** A text for those who find the weights in the folder, as their licence asks for. */
export function notice({ attribution, citation, licence, source, md5, changes }: Provenance): string {
  return [
    `${attribution}.`,
    `Please cite: ${citation}.`,
    `Licence: ${licence}.`,
    `Published at: ${source} (MD5 ${md5}).`,
    `Changes: ${changes}.`,
    "",
  ].join("\n");
}

export function formatRecord(record: WeightRecord): string {
  return `${JSON.stringify(record, undefined, 2)}\n`;
}

/** @returns undefined when the text is no record */
export function parseRecord(text: string): WeightRecord | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is WeightRecord {
  const { provenance, half, bytes, sha256, pulled } = (value ?? {}) as Partial<Record<string, unknown>>;
  return (
    typeof half === "boolean" &&
    typeof bytes === "number" &&
    typeof sha256 === "string" &&
    typeof pulled === "string" &&
    typeof provenance === "object" &&
    Object.values(provenance ?? {}).every((entry) => typeof entry === "string") &&
    ["network", "attribution", "citation", "licence", "source", "md5", "changes"].every(
      (key) => key in (provenance ?? {}),
    )
  );
}
