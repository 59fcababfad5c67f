/** Whether an engine's device is a GPU that the processor computes, by what the engine says of it. */
export function isInSoftware(device: string): boolean {
  return device.includes("in software");
}
