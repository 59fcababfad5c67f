/** What the user can do about an error, as data: each program puts it into words for its own users. */
export type Remedy =
  /** To install what an engine runs on. `instead`: an engine that needs no more than the driver. */
  | { readonly kind: "install engine"; readonly engine: string; readonly instead?: string }
  /** To start an engine by name, in a new process. */
  | { readonly kind: "start anew"; readonly engine: string }
  /** To look at what an engine lacks. */
  | { readonly kind: "inspect engine"; readonly engine: string }
  /** To name a TensorFlow that is on the machine already. */
  | { readonly kind: "name a TensorFlow" }
  /** To download a network's weights, or to do so `again`; `half`: at half precision. */
  | {
      readonly kind: "pull weights";
      readonly network: string;
      readonly half: boolean;
      readonly again: boolean;
    };
