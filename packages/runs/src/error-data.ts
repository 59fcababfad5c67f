import { DeviceLost, Diverged, NoRoom, OptionError, PluginError } from "@brushwork/core";

/** What errors carry besides their message. */
interface Details {
  readonly engine?: string;
  readonly longest?: number;
  readonly size?: number | readonly [width: number, height: number];
  readonly styleScale?: number;
  readonly problem?: string;
  readonly step?: number;
  readonly term?: string;
  readonly value?: number;
  readonly plugin?: string;
}

/** An error as plain data. */
export interface ErrorData extends Details {
  readonly name: string;
  readonly message: string;
}

/** The errors that stay what they are, by name: what each carries, and how it is made again. */
const kinds: Readonly<
  Record<string, { readonly carries?: readonly (keyof Details)[]; make(data: ErrorData): Error }>
> = {
  Error: { make: ({ message }) => new Error(message) },
  TypeError: { make: ({ message }) => new TypeError(message) },
  RangeError: { make: ({ message }) => new RangeError(message) },
  OptionError: { make: ({ message }) => new OptionError(message) },
  NoRoom: {
    carries: ["engine", "longest", "size", "styleScale", "problem"],
    make: ({ message, engine = "", longest = 0, ...details }) =>
      new NoRoom(message, { ...details, engine, longest }),
  },
  DeviceLost: {
    carries: ["engine"],
    make: ({ message, engine = "" }) => new DeviceLost(message, engine),
  },
  Diverged: {
    carries: ["step", "term", "value"],
    make: ({ step = 0, term, value = Number.NaN }) =>
      new Diverged({ step, value, ...(term !== undefined && { term }) }),
  },
  PluginError: {
    carries: ["plugin"],
    make: ({ message, plugin = "" }) => Object.assign(new PluginError(plugin, ""), { message }),
  },
};

/** Whatever was thrown, as plain data: what can be sent to another thread, process or machine. */
export function dataOf(error: unknown): ErrorData {
  if (!(error instanceof Error)) return { name: "Error", message: String(error) };
  const { name, message } = error;
  const details = kindOf(name)?.carries?.map((key) => [key, (error as Details)[key]]) ?? [];
  return { name, message, ...Object.fromEntries(details) };
}

/** The error that data was made of, without its cause. */
export function errorOf(data: ErrorData): Error {
  const { name, message } = data;
  return kindOf(name)?.make(data) ?? Object.assign(new Error(message), { name });
}

function kindOf(name: string) {
  return Object.hasOwn(kinds, name) ? kinds[name] : undefined;
}
