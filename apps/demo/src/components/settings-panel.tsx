import { type PresetName, presets } from "@brushwork/recipes";
import { useSignal } from "@preact/signals";
import { machine } from "#machine";
import type { FoundEngine } from "../machine/machine.js";
import { openSettings } from "../run/open-settings.js";
import { isRunning } from "../run/run.js";
import { phase } from "../run/session.js";
import { change, choosePreset, engines, settings, size } from "../settings/current.js";
import { fixedSize, namedWeights, styleScaleOf } from "../settings/recipe-of-settings.js";
import {
  type Colors,
  engineChoices,
  engineTitle,
  type NetworkName,
  presetNames,
  ranges,
  type Settings,
} from "../settings/settings.js";
import { haveWeights, kept, removeWeights, unkept, weightsWanted } from "../weights/weights.js";
import { Choice } from "./choice.js";
import { MoreLosses } from "./more-losses.js";
import { OpenSettings } from "./open-settings.js";
import { Slider } from "./slider.js";
import { Switch } from "./switch.js";

export function SettingsPanel() {
  const { balance, strokes, smoothness, steps, preset, network, engine } = settings.value;
  const { colors, colorStrength, untilStable, opened } = settings.value;
  const running = isRunning(phase.value);
  const fixed = fixedSize(settings.value);
  const there = kept.value || unkept.value !== undefined;
  const paintedWithCompact = opened?.recipe.network.name === "compact";
  const dragging = useSignal(false);
  return (
    <section
      aria-label="Settings"
      class={dragging.value ? "card settings dragging" : "card settings"}
      onDragOver={(event) => {
        event.preventDefault();
        dragging.value = true;
      }}
      onDragLeave={(event) => {
        const inside =
          event.relatedTarget instanceof Node && event.currentTarget.contains(event.relatedTarget);
        if (!inside) dragging.value = false;
      }}
      onDrop={(event) => {
        event.preventDefault();
        dragging.value = false;
        const file = event.dataTransfer?.files[0];
        if (file !== undefined && !running) void openSettings(file);
      }}
    >
      <h2>Settings</h2>
      <OpenSettings disabled={running} />
      <Slider
        label="Balance"
        range={ranges.balance}
        value={balance}
        shown={balance === 0 ? "even" : balance < 0 ? `photograph +${-balance}` : `painting +${balance}`}
        ends={["Photograph", "Painting"]}
        onInput={(value) => change({ balance: value })}
      />
      <Slider
        label="Smoothness"
        range={ranges.smoothness}
        value={smoothness}
        shown={smoothness === 0 ? "off" : String(smoothness)}
        ends={["Grainy", "Smooth"]}
        onInput={(value) => change({ smoothness: value })}
      />
      <p class="hint">You can change both while it paints.</p>
      <Choice<Colors>
        label="Colours"
        value={colors}
        options={[
          { value: "painting", name: "The painting's" },
          { value: "luma", name: "The photograph's; the painting's lightness" },
          { value: "match", name: "The painting's, in the photograph's palette" },
        ]}
        disabled={running}
        onChange={(value) => change({ colors: value })}
      />
      {colors !== "painting" && (
        <Slider
          label="Strength of the colours"
          range={ranges.colorStrength}
          value={colorStrength}
          shown={`${Math.round(colorStrength)} %`}
          ends={["The painting's", "The photograph's"]}
          disabled={running}
          onInput={(value) => change({ colorStrength: value })}
        />
      )}
      <Slider
        label="Strokes"
        range={ranges.strokes}
        value={strokes}
        shown={`${Number(styleScaleOf(settings.value).toFixed(2))}×`}
        ends={["Finer", "Broader"]}
        disabled={running || fixed !== undefined}
        onInput={(value) => change({ strokes: value })}
      />
      <Slider
        label="Size"
        range={ranges.size}
        value={size.value}
        shown={fixed ? `${fixed[0]} × ${fixed[1]} pixels` : `${size.value} pixels`}
        disabled={running || fixed !== undefined}
        onInput={(value) => change({ size: value })}
      />
      <Slider
        label="Steps"
        range={ranges.steps}
        value={steps}
        shown={String(steps)}
        disabled={running}
        onInput={(value) => change({ steps: value })}
      />
      <details class="more">
        <summary>More</summary>
        <Choice<PresetName | "opened">
          label="Preset"
          value={opened ? "opened" : preset}
          options={[
            ...(opened ? [{ value: "opened" as const, name: `as in ${opened.title ?? "the link"}` }] : []),
            ...presetNames.map((value) => ({ value, name: value })),
          ]}
          hint={presetHint(settings.value)}
          disabled={running}
          onChange={(value) => {
            if (value !== "opened") void takePreset(value);
          }}
        />
        <Choice<NetworkName>
          label="Network"
          value={network}
          options={[
            { value: "compact", name: "Compact, built in" },
            { value: "vgg19", name: there ? "VGG-19" : `VGG-19, ${absence}` },
          ]}
          hint={
            paintedWithCompact
              ? "As the picture whose settings are used: its weights are compact's."
              : unkept.value && `VGG-19 is available until the page closes. ${unkept.value.reason}`
          }
          disabled={running || paintedWithCompact}
          onChange={(name) => void chooseNetwork(name)}
        />
        {there && !running && machine.kind === "browser" && (
          <button type="button" class="quiet" onClick={() => void removeWeights()}>
            Remove VGG-19 from this browser
          </button>
        )}
        <Choice<Settings["engine"]>
          label="Engine"
          value={engine}
          options={engineChoices.map((value) => engineOption(value, engines.value))}
          hint={unavailable(engines.value)}
          disabled={running}
          onChange={(value) => change({ engine: value })}
        />
        <Switch
          label="Stop early"
          checked={untilStable === "yes"}
          hint="A size ends once the picture hardly changes any more. The steps are the most then."
          disabled={running}
          onChange={(checked) => change({ untilStable: checked ? "yes" : "no" })}
        />
      </details>
      <MoreLosses disabled={running} />
    </section>
  );
}

/** What the network lacks. */
const absence = machine.kind === "browser" ? "52 MB download" : "not on the server";

/** A preset that names weights is not painted with compact in their place. */
async function takePreset(preset: Settings["preset"]): Promise<void> {
  choosePreset(preset);
  if (namedWeights(settings.peek()) !== undefined) await chooseNetwork("vgg19");
}

function presetHint({ preset, opened, network }: Settings): string {
  const described = opened ? "The recipe of that picture." : `${presets[preset].description}.`;
  if (namedWeights({ preset, opened }) === undefined || network === "vgg19") return described;
  return `${described} It is painted with VGG-19 alone: choose that network below.`;
}

async function chooseNetwork(network: NetworkName): Promise<void> {
  if (network === "compact" || (await haveWeights())) change({ network });
  else weightsWanted.value = true;
}

function engineOption(value: Settings["engine"], reports: readonly FoundEngine[] | undefined) {
  if (value === "auto") return { value, name: "The fastest available" };
  const found = reports?.find(({ name }) => name === value);
  return { value, name: engineTitle(value), disabled: found?.available === false };
}

/** Why engines are not available. */
function unavailable(reports: readonly FoundEngine[] | undefined): string | undefined {
  const reasons = reports?.flatMap((found) =>
    found.available ? [] : [`${engineTitle(found.name)}: ${found.reason}`],
  );
  return reasons?.length ? reasons.join(" ") : undefined;
}
