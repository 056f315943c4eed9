/** Small charts as inline SVG: columns over time, a figure on its band, a distribution. Values are read on hover. */

import { s } from "../dom.mjs";

/**
 * @typedef {object} Column
 * @property {number} value
 * @property {string} label below the axis; an empty one is not shown
 * @property {string} hint the full reading
 * @property {string} [kind] extra class of the bar
 */

/**
 * Columns over an axis.
 * @param {Column[]} columns
 * @param {{label: string, height?: number, width?: number}} options `label` names the chart for screen readers
 */
export function columns(columns, { label, height = 92, width = 340 }) {
  const [top, foot] = [14, 16];
  const most = Math.max(1, ...columns.map((one) => one.value));
  const step = width / Math.max(1, columns.length);
  const thick = Math.max(1, step - (step > 6 ? 2 : 0.5));
  const scale = (height - top - foot) / most;
  const bars = columns.map((one, i) => {
    const tall = one.value > 0 ? Math.max(1, one.value * scale) : 0;
    return s(
      "g",
      {},
      s("rect", { class: `bar ${one.kind ?? ""}`, x: i * step, y: height - foot - tall, width: thick, height: tall }),
      s(
        "rect",
        { x: i * step, y: 0, width: step, height: height - foot, fill: "transparent" },
        s("title", {}, one.hint),
      ),
    );
  });
  const labels = columns.map(
    (one, i) =>
      one.label &&
      s("text", { x: i * step + thick / 2, y: height - 3, "text-anchor": anchor(i, columns.length) }, one.label),
  );
  return s(
    "svg",
    { class: "chart", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label },
    s("text", { x: 0, y: 10 }, most.toLocaleString("en-US")),
    bars,
    s("line", { class: "axis", x1: 0, x2: width, y1: height - foot, y2: height - foot }),
    labels,
  );
}

/**
 * Where a figure stands against its band.
 * @param {{value: number, low: number, high: number, label: string, text: (value: number) => string}} options
 */
export function gauge({ value, low, high, label, text }) {
  const width = 340;
  const end = Math.max(high * 1.4, value * 1.05, 1);
  const x = (/** @type {number} */ at) => Math.min(width, (at / end) * width);
  const kind = value < low ? "under" : value > high ? "over" : "fit";
  return s(
    "svg",
    { class: "chart", viewBox: `0 0 ${width} 34`, role: "img", "aria-label": label },
    s("rect", { class: "band", x: x(low), y: 3, width: x(high) - x(low), height: 16 }),
    s("rect", { class: `bar ${kind}`, x: 0, y: 7, width: Math.max(1.5, x(value)), height: 8 }),
    [low, high].map((edge) =>
      s(
        "g",
        {},
        s("line", { class: "edge", x1: x(edge), x2: x(edge), y1: 1, y2: 21 }),
        s("text", { x: x(edge), y: 31, "text-anchor": "middle" }, text(edge)),
      ),
    ),
    s("line", { class: "axis", x1: 0, x2: width, y1: 21, y2: 21 }),
  );
}

/**
 * How many grids have how many households, with the band behind.
 * @param {number[]} values
 * @param {{low: number, high: number, label: string, hint: (from: number, to: number, n: number) => string}} options
 */
export function distribution(values, { low, high, label, hint }) {
  const size = Math.max(1, (high - low) / 4);
  const last = Math.min(Math.max(high + 4 * size, ...values), high + 12 * size);
  const first = Math.max(0, low - Math.ceil(low / size) * size);
  const count = Math.max(1, Math.ceil((last - first) / size));
  const bins = new Array(count).fill(0);
  for (const value of values) bins[Math.min(count - 1, Math.max(0, Math.floor((value - first) / size)))] += 1;
  return columns(
    bins.map((n, i) => {
      const [from, to] = [first + i * size, first + (i + 1) * size];
      const kind = to <= low ? "under" : from >= high ? "over" : "fit";
      const edge = Math.abs(from - low) < 1e-6 || Math.abs(from - high) < 1e-6;
      return { value: n, label: edge || i === 0 ? String(Math.round(from)) : "", hint: hint(from, to, n), kind };
    }),
    { label },
  );
}

/**
 * @param {number} index
 * @param {number} count
 */
function anchor(index, count) {
  if (index === 0) return "start";
  return index === count - 1 ? "end" : "middle";
}
