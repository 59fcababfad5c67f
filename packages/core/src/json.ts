/** What JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Whether a value is a plain object, rather than a list, null or a single value. */
export function isJsonObject<Value>(value: Value): value is Value & { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
