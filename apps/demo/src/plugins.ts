import type { LossPlugin } from "@brushwork/core";

/** Losses of your own. They join "More losses" on the page, which draws their controls from their schemas. */
export const plugins: readonly LossPlugin[] = [];
