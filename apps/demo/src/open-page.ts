import { effect } from "@preact/signals";
import { machine } from "#machine";
import {
  chooseFile,
  chooseFromGallery,
  galleryPicture,
  lastUsed,
  type Place,
  paintings,
  photograph,
  setPaintingCount,
} from "./pictures/chosen.js";
import { gallery } from "./pictures/gallery.js";
import { isRunning } from "./run/run.js";
import { phase, problem, run } from "./run/session.js";
import { sentenceOf } from "./sentence.js";
import { type AddedLoss, setLosses } from "./settings/added-losses.js";
import { askForEngines, settings, size } from "./settings/current.js";
import { type Linked, parseHash } from "./settings/link.js";
import { recipeOfSettings } from "./settings/recipe-of-settings.js";
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
    if (file !== undefined && !event.defaultPrevented) void chooseFile(photograph, file, file.name);
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

/** Number of the latest link: another may be pasted while the losses of one are checked. */
let links = 0;

async function followLink(): Promise<void> {
  const link = ++links;
  const names = {
    photograph: gallery.photograph.map(({ name }) => name),
    painting: gallery.painting.map(({ name }) => name),
  };
  let linked: Partial<Linked> = {};
  problem.value = undefined;
  setLosses([]);
  try {
    linked = parseHash(location.hash, names);
  } catch (error) {
    problem.value = { sentence: `${sentenceOf(error)} The default settings are used instead.` };
    settings.value = usualSettings;
  }
  // Pictures that the link does not name stay as they were chosen.
  if (linked.paintings !== undefined && linked.paintings.length > 0)
    setPaintingCount(linked.paintings.length);
  follow(photograph, linked.photograph, 0);
  for (const [i, place] of paintings.peek().entries()) {
    follow(place, linked.paintings?.[i], i);
    place.weight.value = linked.weights?.[i] ?? 1;
    const { contentMask, styleMask } = place;
    contentMask.missing.value =
      linked.masks?.includes(i + 1) === true && contentMask.mask.peek() === undefined;
    // A painting that the link names takes the place of another, with its mask.
    styleMask.missing.value =
      linked.styleMasks?.includes(i + 1) === true &&
      (styleMask.mask.peek() === undefined || linked.paintings?.[i] !== undefined);
  }
  if (linked.settings === undefined) return;
  settings.value = linked.settings;
  if (linked.settings.opened !== undefined) await checkOpened(link);
  if (link !== links) return;
  if (linked.losses !== undefined && linked.losses.length > 0) void addLosses(linked.losses, link);
  if (settings.peek().network === "compact" || (await haveWeights())) return;
  // A link must not start a download of this size.
  settings.value = { ...settings.peek(), network: "compact" };
  weightsWanted.value = true;
}

function follow(place: Place, name: string | undefined, index: number): void {
  const isEmpty = place.chosen.peek() === undefined;
  if (name !== undefined || isEmpty) void chooseFromGallery(place, galleryPicture(place.role, name, index));
}

/** Leaves the recipe of a link out where the worker cannot paint by it. */
async function checkOpened(link: number): Promise<void> {
  try {
    await machine.checkRecipe(recipeOfSettings(settings.peek(), size.peek()));
  } catch (error) {
    if (link !== links) return;
    settings.value = usualSettings;
    problem.value = { sentence: `${sentenceOf(error)} The default settings are used instead.` };
  }
}

/** Adds the losses of a link once the worker has found them to be valid. */
async function addLosses(losses: readonly AddedLoss[], link: number): Promise<void> {
  try {
    await machine.checkRecipe(recipeOfSettings(settings.peek(), size.peek(), losses));
    if (link === links && !isRunning(phase.peek())) setLosses(losses);
  } catch (error) {
    if (link !== links) return;
    problem.value = { sentence: `${sentenceOf(error)} The losses of the link are left out.` };
  }
}
