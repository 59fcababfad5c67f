import type { LossPlugin } from "@brushwork/core";

/** Losses of your own: what stands here joins "More losses" on the page, with controls that are drawn from its schema. */
export const plugins: readonly LossPlugin[] = [];
