import { lossFile, weightFiles } from "@brushwork/backend-node";
import type { LossOptions } from "../wanted-losses.js";

/** The files besides the pictures that the options let a run read: its recipe, its weights, and the code of its losses. */
export async function readFiles({
  recipe,
  weights,
  loss = [],
}: {
  readonly recipe?: string;
  readonly weights?: string;
} & Pick<LossOptions, "loss">): Promise<readonly string[]> {
  return [
    ...(recipe === undefined ? [] : [recipe]),
    ...(weights === undefined ? [] : await weightFiles(weights)),
    ...loss.flatMap(({ name }) => lossFile(name) ?? []),
  ];
}
