import { useEffect, useRef } from "preact/hooks";
import type uPlot from "uplot";
import { losses } from "../run/losses.js";
import { dark } from "../theme.js";
import "uplot/dist/uPlot.min.css";

/** Names of the presets' terms on the page. */
const names: Readonly<Record<string, string>> = {
  total: "Total",
  content: "Content",
  style: "Style",
  tv: "Roughness",
};
const height = 170;
const figure = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });

/** A chart of the losses by term, on a logarithmic scale. */
export function LossChart() {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const curves = losses.value;
  const { terms } = curves;
  const key = `${[...terms.keys()].join()} ${dark.value}`;

  // A chart cannot change its colours and terms: others need a new chart.
  useEffect(() => {
    let gone = false;
    void import("uplot").then(({ default: Chart }) => {
      const { current } = place;
      if (gone || current === null) return;
      chart.current = new Chart(options([...terms.keys()], current), columns(), current);
    });
    const observer = new ResizeObserver(([entry]) => {
      if (entry !== undefined) chart.current?.setSize({ width: entry.contentRect.width, height });
    });
    if (place.current !== null) observer.observe(place.current);
    return () => {
      gone = true;
      observer.disconnect();
      chart.current?.destroy();
      chart.current = null;
    };
  }, [key]);

  useEffect(() => chart.current?.setData(columns()), [curves]);

  const last = [...terms].map(([name, curve]) => ({ name, value: curve.at(-1) ?? 0 }));
  return (
    <figure class="chart">
      <div ref={place} role="img" aria-label="The losses over the steps, as lines" />
      <figcaption>
        <ul class="legend" aria-label="Losses now">
          {last.map(({ name, value }) => (
            <li key={name} data-term={name}>
              <span>{names[name] ?? name}</span> {/* Otherwise a screen reader reads every figure. */}
              <output aria-live="off">{figure.format(value)}</output>
            </li>
          ))}
        </ul>
      </figcaption>
    </figure>
  );
}

function columns(): uPlot.AlignedData {
  const { steps, terms } = losses.peek();
  // The logarithm of 0 does not exist.
  return [
    [...steps],
    ...[...terms.values()].map((curve) => curve.map((value) => (value > 0 ? value : null))),
  ];
}

function options(terms: readonly string[], place: HTMLElement): uPlot.Options {
  const styles = getComputedStyle(place);
  const colour = (name: string) => styles.getPropertyValue(name).trim();
  const axis: uPlot.Axis = {
    stroke: colour("--soft"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { show: false },
    font: "11px system-ui, sans-serif",
  };
  return {
    width: place.clientWidth,
    height,
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false }, y: { distr: 3 } },
    axes: [
      { ...axis, size: 24 },
      { ...axis, size: 46, values: (_, ticks) => ticks.map((tick) => (tick === null ? "" : short(tick))) },
    ],
    series: [
      {},
      ...terms.map((name) => ({
        stroke: colour(`--term-${name}`) || colour("--term-added"),
        width: name === "total" ? 2 : 1.5,
        points: { show: false },
      })),
    ],
  };
}

function short(value: number): string {
  return value >= 1e4 || value < 1e-2
    ? value.toExponential(0).replace("e+", "e")
    : String(Number(value.toPrecision(2)));
}
