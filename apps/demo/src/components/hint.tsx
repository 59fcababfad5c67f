interface HintProps {
  /** Id of the field; see `describedBy`. */
  readonly field: string;
  readonly text: string | undefined;
}

/** The hint below a field, if there is one. */
export function Hint({ field, text }: HintProps) {
  if (text === undefined) return null;
  return (
    <p class="hint" id={`${field}-hint`}>
      {text}
    </p>
  );
}

/** Attributes by which a field refers to its hint, if there is one. */
export function describedBy(field: string, text: string | undefined) {
  return text === undefined ? {} : { "aria-describedby": `${field}-hint` };
}
