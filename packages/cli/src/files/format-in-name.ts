import { formatOf, type PictureFormat } from "@brushwork/backend-node/names";

/** The format that a file's name ends in; undefined where it is none that pictures are written in. */
export function formatInName(path: string): PictureFormat | undefined {
  try {
    return formatOf(path);
  } catch {
    return undefined;
  }
}
