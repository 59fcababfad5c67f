import { signal } from "@preact/signals";

const key = "brushwork-theme";
const system = matchMedia("(prefers-color-scheme: dark)");

/** Whether the page is dark: the visitor's choice, else the system's. */
export const dark = signal(apply(kept() ?? (system.matches ? "dark" : "light")));

system.addEventListener("change", ({ matches }) => {
  if (kept() === undefined) dark.value = apply(matches ? "dark" : "light");
});

export function toggleTheme(): void {
  const theme = dark.peek() ? "light" : "dark";
  dark.value = apply(theme);
  try {
    localStorage.setItem(key, theme);
  } catch {
    // Without storage the choice lasts until the page closes.
  }
}

type Theme = "light" | "dark";

function apply(theme: Theme): boolean {
  document.documentElement.dataset.theme = theme;
  return theme === "dark";
}

function kept(): Theme | undefined {
  try {
    const theme = localStorage.getItem(key);
    return theme === "light" || theme === "dark" ? theme : undefined;
  } catch {
    return undefined;
  }
}
