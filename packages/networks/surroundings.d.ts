// What Node and browsers both have, and all that this package uses of either. For the build alone: it has neither's
// types, so that nothing else of them can be used by mistake.

interface ImportMeta {
  readonly url: string;
}

declare class URL {
  constructor(address: string, base?: string);
  readonly href: string;
}
