/** The masks that a painting may have: where in the photograph it acts, and which part of it counts. */
export type MaskKind = "contentMask" | "styleMask";

interface MaskWords {
  readonly group: string;
  /** What the mask lies over. */
  readonly over: "photograph" | "painting";
  readonly heading: (title: string) => string;
  readonly hint: (tint: string) => string;
  /** What a loaded mask means. */
  readonly file: string;
  /** What a mask that is black throughout would mean. */
  readonly black: string;
  /** Without a mask. */
  readonly whole: string;
  readonly part: (percent: number) => string;
  /** The buttons that make a mask, and that take it away. */
  readonly choose: string;
  readonly clear: string;
}

/** What each mask is called on the page. */
export const maskWords: Readonly<Record<MaskKind, MaskWords>> = {
  contentMask: {
    group: "Where it acts",
    over: "photograph",
    heading: (title) => `Where “${title}” acts`,
    hint: (tint) =>
      `Paint over the part of the photograph that takes this painting's style. Where the ${tint} is faint, it acts ` +
      "faintly. Elsewhere it does nothing: there the other paintings act, or the photograph stays much as it is.",
    file: "A grey picture: white where the painting acts, black where it does not",
    black: "the painting would act nowhere",
    whole: "Acts everywhere.",
    part: (percent) => `Acts in ${percent} % of the photograph.`,
    choose: "Choose where",
    clear: "Everywhere",
  },
  styleMask: {
    group: "What counts",
    over: "painting",
    heading: (title) => `What counts of “${title}”`,
    hint: (tint) =>
      `Paint over the part of the painting whose style is wanted. Where the ${tint} is faint, it counts faintly. ` +
      "The rest is left out: a frame, say, or a figure whose colours are not to be seen.",
    file: "A grey picture: white for what counts, black for what does not",
    black: "nothing of the painting would count",
    whole: "All of it counts.",
    part: (percent) => `${percent} % of the painting counts.`,
    choose: "Choose a part",
    clear: "All of it",
  },
};
