import { NoRoom, TooSmall } from "@brushwork/core/errors";

/** The sentence of an error about sizes, with the options that help; undefined for another error. */
export function sizeSentence(error: unknown): string | undefined {
  if (error instanceof TooSmall) {
    const remedies = [...optionsOf(error, "or more"), "shallower layers"];
    return `${error.problem}: choose ${remedies.join(", or ")}.`;
  }
  if (!(error instanceof NoRoom) || error.problem === undefined) return undefined;
  const remedies = optionsOf(error, "or less");
  return remedies.length === 0 ? undefined : `${error.problem}: choose ${remedies.join(", or ")}.`;
}

/** "--style-scale 20 or less" */
function optionsOf(
  { size, styleScale }: Pick<TooSmall, "size" | "styleScale">,
  bound: string,
): readonly string[] {
  return [
    ...(styleScale === undefined ? [] : [`--style-scale ${styleScale} ${bound}`]),
    ...(size === undefined ? [] : [`--size ${typeof size === "number" ? size : size.join("x")} ${bound}`]),
  ];
}
