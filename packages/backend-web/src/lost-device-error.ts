import type { Picture } from "@brushwork/core";

/** The GPU went away in mid-run. What was painted until then is the last preview. */
export class LostDeviceError extends Error {
  override readonly name = "LostDeviceError";
  /** The last preview; absent: there was none yet. */
  readonly picture?: Picture;
  /** The step that the picture is of; 0 where there is none. */
  readonly index: number;

  constructor(message: string, { picture, index }: { readonly picture?: Picture; readonly index: number }) {
    super(message);
    if (picture !== undefined) this.picture = picture;
    this.index = index;
  }
}
