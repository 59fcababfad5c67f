/** The part of jsfive that is used here: it comes without types. */
declare module "jsfive" {
  export class Group {
    readonly keys: string[];
    /** Null for a link that leads nowhere. */
    get(path: string): Group | Dataset | null;
  }
  export class File extends Group {
    constructor(file: ArrayBuffer, name?: string);
  }
  export class Dataset {
    readonly shape: number[];
    /** NumPy's notation, such as "<f4", for plain numbers. */
    readonly dtype: unknown;
    readonly value: ArrayLike<number>;
  }
}
