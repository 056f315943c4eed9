/** Colours of the page's own layers: grids side by side, deviation from the band, households. */

/** Muted colours for neighbouring grids: those of layers/style.py, which a test holds. */
export const GRID_COLOURS = ["#dcb071", "#47aea7", "#adacee", "#9c974f", "#ecc8fc", "#5084b6", "#afe9b3", "#a06476"];

/** Deviation from the band as a ratio, 0 is inside: classes and colours of layers/style.py. */
export const DEVIATION = [
  { from: null, to: -0.5, colour: "#1f4e8c" },
  { from: -0.5, to: -0.2, colour: "#6d97c8" },
  { from: -0.2, to: 0, colour: "#c3d5ea" },
  { from: 0, to: 0, colour: "#eceae4" },
  { from: 0, to: 0.2, colour: "#f3cfa5" },
  { from: 0.2, to: 0.5, colour: "#dd9547" },
  { from: 0.5, to: null, colour: "#9a5208" },
];

/** Households of a grid on a single-hue ramp. */
export const RAMP = ["#e4eef2", "#bcd6df", "#8cbac9", "#5a9ab0", "#317a94", "#155a75"];

export const SELECTED = "#101d26";

/**
 * Classes of equal counts for values, at most `count` of them, with round edges.
 * @param {number[]} values
 * @param {number} count
 * @returns {{from: number | null, to: number | null}[]}
 */
export function quantiles(values, count) {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (!sorted.length) return [];
  const edges = new Set();
  for (let k = 1; k < count; k += 1) edges.add(roundEdge(sorted[Math.floor((k * sorted.length) / count)]));
  const inner = [...edges].filter((edge) => edge > sorted[0]).sort((a, b) => a - b);
  return [...inner, null].map((to, i) => ({ from: i ? inner[i - 1] : null, to }));
}

/** @param {number} value */
function roundEdge(value) {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, Math.abs(value)))) - 1);
  return Math.round(value / step) * step;
}

/**
 * How many values lie in each class. The first class that holds a value is its class: from ≤ value < to, equal ends
 * hold that one value.
 * @param {number[]} values
 * @param {{from: number | null, to: number | null}[]} classes
 */
export function countIn(values, classes) {
  const counts = classes.map(() => 0);
  for (const value of values) {
    const at = classes.findIndex(
      ({ from, to }) =>
        (from === null || value >= from) && (to === null || value < to || (from === to && value === to)),
    );
    if (at >= 0) counts[at] += 1;
  }
  return counts;
}
