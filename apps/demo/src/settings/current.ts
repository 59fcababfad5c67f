import { type EngineName, type EngineReport, engineReports } from "@brushwork/backend-web";
import { computed, signal } from "@preact/signals";
import { pageWorker } from "../page-worker.js";
import { addedLosses } from "./added-losses.js";
import { fixedSize, usualSteps } from "./recipe-of-settings.js";
import { type Settings, usualSettings, usualSizes } from "./settings.js";

export const settings = signal<Settings>(usualSettings);

/** What the browser can paint with; undefined until it has been asked. */
export const engines = signal<readonly EngineReport[] | undefined>(undefined);

/** The engine that a run would take now. */
const expectedEngine = computed<EngineName>(() => {
  const { engine } = settings.value;
  if (engine !== "auto") return engine;
  return engines.value?.find((found) => found.available && !found.software)?.name ?? "webgpu";
});

/** Longer side in pixels. */
export const size = computed(() => {
  const fixed = fixedSize(settings.value);
  if (fixed !== undefined) return Math.max(...fixed);
  return settings.value.size ?? usualSizes[expectedEngine.value];
});

/** Whether a run has no more to do than it has by default, which takes about a minute. */
export const isUsualWork = computed(
  () =>
    settings.value.network === usualSettings.network &&
    settings.value.steps <= usualSettings.steps &&
    addedLosses.value.length === 0 &&
    size.value <= usualSizes[expectedEngine.value],
);

export function change(changed: Partial<Settings>): void {
  settings.value = { ...settings.value, ...changed };
}

/** A preset brings its own number of steps. */
export function choosePreset(preset: Settings["preset"]): void {
  change({ preset, steps: usualSteps(preset) });
}

export async function askForEngines(): Promise<void> {
  try {
    engines.value = await engineReports({ worker: pageWorker });
  } catch {
    // Painting tries again, and says what is missing.
  }
}
