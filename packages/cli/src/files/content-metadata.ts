import type { PictureMetadata } from "@brushwork/backend-node";

/** What the content's file says of it, for the files of its paintings: known once it is read. */
export interface ContentMetadata {
  readonly found: (metadata: PictureMetadata) => void;
  readonly current: () => PictureMetadata;
}

/** @param options `strip`: whether to forget it */
export function contentMetadata({ strip = false }: { readonly strip?: boolean }): ContentMetadata {
  let current: PictureMetadata = {};
  return {
    found(metadata) {
      if (!strip) current = metadata;
    },
    current: () => current,
  };
}
