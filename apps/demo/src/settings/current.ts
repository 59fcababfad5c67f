import { computed, signal } from "@preact/signals";
import { machine } from "#machine";
import type { FoundEngine } from "../machine/machine.js";
import { addedLosses } from "./added-losses.js";
import { fixedSize, usualSteps } from "./recipe-of-settings.js";
import { type Settings, usualSettings } from "./settings.js";

export const settings = signal<Settings>(usualSettings);

/** The engines; undefined until they are known. */
export const engines = signal<readonly FoundEngine[] | undefined>(undefined);

/** Longer side of the painted picture, in pixels; a preset may fix it. */
export const size = computed(() => Math.max(...(fixedSize(settings.value) ?? [settings.value.size])));

/** Whether a run does no more work than with the default settings, which takes about a minute. */
export const isUsualWork = computed(
  () =>
    settings.value.network === usualSettings.network &&
    settings.value.steps <= usualSettings.steps &&
    addedLosses.value.length === 0 &&
    size.value <= usualSettings.size,
);

export function change(changed: Partial<Settings>): void {
  settings.value = { ...settings.value, ...changed };
}

/** A preset brings its own number of steps. */
export function choosePreset(preset: Settings["preset"]): void {
  change({ preset, opened: undefined, steps: usualSteps(preset) });
}

export async function askForEngines(): Promise<void> {
  try {
    engines.value = await machine.engineReports();
  } catch {
    // Painting tries again and reports what is missing.
  }
}
