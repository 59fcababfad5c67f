/** Any JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Whether a JSON value is an object, rather than an array, null or a primitive. */
export function isJsonObject<Value>(value: Value): value is Value & { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
