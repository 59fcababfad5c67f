/** Whether an engine's device is a GPU emulated on the CPU, by the engine's description of it. */
export function isInSoftware(device: string): boolean {
  return device.includes("in software");
}
