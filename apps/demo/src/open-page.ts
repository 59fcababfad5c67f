import { effect } from "@preact/signals";
import { chooseFile, chooseFromGallery, chosen, galleryPicture, lastUsed } from "./pictures/chosen.js";
import { gallery } from "./pictures/gallery.js";
import { isRunning } from "./run/run.js";
import { phase, problem, run } from "./run/session.js";
import { sentenceOf } from "./sentence.js";
import { askForEngines, settings } from "./settings/current.js";
import { parseHash } from "./settings/link.js";
import { usualSettings } from "./settings/settings.js";
import { haveWeights, weightsWanted } from "./weights/weights.js";

/** Sets the page up once: the link's settings, the first pictures, and the listeners of the whole page. */
export function openPage(): void {
  void followLink();
  // A link that is pasted into the address of the open page does not reload it.
  window.addEventListener("hashchange", () => {
    if (!isRunning(phase.peek())) void followLink();
  });
  // The engines can wait until the page is visible.
  if ("requestIdleCallback" in window) requestIdleCallback(askWhatIsThere);
  else setTimeout(askWhatIsThere, 500);

  document.addEventListener("paste", (event) => {
    const file = [...(event.clipboardData?.files ?? [])][0];
    if (file === undefined) return;
    event.preventDefault();
    void chooseFile(lastUsed.peek(), file, "pasted picture");
  });
  // A picture that is dropped outside the slots must not replace the page: it becomes the photograph.
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    const file = event.dataTransfer?.files[0];
    if (file !== undefined && !event.defaultPrevented) void chooseFile("photograph", file, file.name);
    event.preventDefault();
  });

  effect(() => {
    const { index, total } = run.value;
    const running = isRunning(phase.value);
    const share = total > 0 ? `${Math.floor((100 * index) / total)} % · ` : "";
    document.title = `${running ? share : ""}Brushwork: your photograph, painted`;
  });
  effect(() => {
    if (isRunning(phase.value)) window.addEventListener("beforeunload", warn);
    else window.removeEventListener("beforeunload", warn);
  });
}

function askWhatIsThere(): void {
  void askForEngines();
  void haveWeights();
}

function warn(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

async function followLink(): Promise<void> {
  const names = {
    photograph: gallery.photograph.map(({ name }) => name),
    painting: gallery.painting.map(({ name }) => name),
  };
  let linked: Partial<ReturnType<typeof parseHash>> = {};
  problem.value = undefined;
  try {
    linked = parseHash(location.hash, names);
  } catch (error) {
    problem.value = { sentence: `${sentenceOf(error)} The default settings are used instead.` };
    settings.value = usualSettings;
  }
  // Pictures that the link does not name stay as they were chosen.
  for (const role of ["photograph", "painting"] as const)
    if (linked[role] !== undefined || chosen[role].peek() === undefined)
      void chooseFromGallery(role, galleryPicture(role, linked[role]));
  if (linked.settings === undefined) return;
  settings.value = linked.settings;
  if (linked.settings.network === "compact" || (await haveWeights())) return;
  // A link must not start a download of this size.
  settings.value = { ...settings.peek(), network: "compact" };
  weightsWanted.value = true;
}
