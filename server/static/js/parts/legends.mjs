/**
 * Legends: title, unit, n, window, source, what is left out, and the classes with their counts. They come with
 * the layer's data; line and point layers state their own in the same shape.
 */

import { h, icon, replace, s } from "../dom.mjs";
import * as format from "../format.mjs";
import { pick, t, tOr } from "../i18n.mjs";
import { remembered } from "../store.mjs";

/**
 * @typedef {object} Class
 * @property {string} [colour]
 * @property {number} [weight] of a line in pixels
 * @property {"area" | "line" | "dot" | "ring" | "centre" | "sector"} [shape]
 * @property {string} [tier] of a centre, whose mark tells it
 * @property {any} [label] text or both languages; else made from from–to
 * @property {number | null} [from]
 * @property {number | null} [to]
 * @property {number | null} [count]
 */
/**
 * @typedef {object} Legend
 * @property {any} title
 * @property {any} [unit]
 * @property {number | null} [n]
 * @property {any} [of] what n counts
 * @property {any} [each] what the classes count
 * @property {[string, string] | null} [window]
 * @property {any} [source]
 * @property {any} [left_out]
 * @property {boolean} [whole] all values are whole numbers
 * @property {boolean} [ratio] values are shown as percentages
 * @property {Class[]} classes
 */

const NARROW_PX = 820;

/**
 * Draw the legends of what is on the map.
 * @param {HTMLElement} place
 * @param {Legend[]} legends
 * @param {string} zone the city's time zone
 */
export function drawLegends(place, legends, zone) {
  const folded = remembered("legend.folded", window.innerWidth < NARROW_PX);
  place.hidden = legends.length === 0;
  const small = folded.get();
  const toggle = () => {
    folded.set(!small);
    drawLegends(place, legends, zone);
  };
  const fold = h(
    "button.why.legend-fold",
    {
      type: "button",
      "aria-expanded": String(!small),
      "aria-label": t(small ? "legend.unfold" : "legend.fold"),
      on: { click: toggle },
    },
    icon(small ? "plus" : "minus"),
  );
  replace(
    place,
    h("h2.unseen", {}, t("legend.title")),
    fold,
    small ? h("b", {}, t("legend.title")) : legends.map((legend) => legendOf(legend, zone)),
  );
}

/**
 * One legend.
 * @param {Legend} legend
 * @param {string} zone
 */
export function legendOf(legend, zone) {
  const n = legend.n === null || legend.n === undefined ? "" : `n = ${format.number(legend.n)}${legend.of ? ` ${pick(legend.of)}` : ""}`;
  const counted = legend.each && legend.classes.some((one) => one.count !== null && one.count !== undefined);
  const notes = [];
  if (legend.window)
    notes.push(`${format.day(legend.window[0], zone)} – ${format.day(lastMoment(legend.window[1]), zone)}`);
  if (legend.source)
    notes.push(t("legend.source", { source: tOr(`kinds.${pick(legend.source)}`, pick(legend.source)) }));
  if (legend.left_out)
    notes.push(
      t("legend.left_out", {
        what: typeof legend.left_out === "number" ? format.number(legend.left_out) : pick(legend.left_out),
      }),
    );
  return h(
    "div.legend",
    {},
    h(
      "h3",
      {},
      h("b", {}, pick(legend.title), legend.unit ? ` (${pick(legend.unit)})` : ""),
      n ? h("span", {}, n) : null,
    ),
    h(
      "ul",
      {},
      counted ? h("li", {}, h("span"), h("span"), h("span.note", {}, pick(legend.each))) : null,
      legend.classes.map((one) =>
        h(
          "li",
          {},
          swatch(one),
          h("span", {}, labelOf(one, legend)),
          h("span.note.num", {}, one.count === null || one.count === undefined ? "" : format.number(one.count)),
        ),
      ),
    ),
    notes.length ? h("p.note", {}, notes.join(" · ")) : null,
  );
}

/**
 * The words of a class: "≥ 5", "1 – 4", "0". A class holds its lower end and not its upper one, the last class both;
 * whole numbers are named by those they hold.
 * @param {Class} one
 * @param {Legend} legend
 */
function labelOf(one, legend) {
  if (one.label !== undefined) return pick(one.label);
  const [from, to] = [one.from ?? null, one.to ?? null];
  const show = legend.ratio ? format.percent : format.figure;
  if (from === null && to === null) return t("legend.none");
  if (from === null) return `< ${show(to)}`;
  if (to === null) return `≥ ${show(from)}`;
  const end = legend.whole && from < to && one !== legend.classes.at(-1) ? to - 1 : to;
  return show(from) === show(end) ? show(from) : `${show(from)} – ${show(end)}`;
}

/** @param {Class} one */
function swatch({ colour = "#000", shape = "area", weight = 2, tier = "" }) {
  if (shape === "line")
    return h("i.swatch.line", { style: { "border-color": colour, "border-top-width": `${weight}px` } });
  if (shape === "dot") return h("i.swatch.dot", { style: { background: colour } });
  if (shape === "ring") return h("i.swatch.dot", { style: { border: `2px solid ${colour}` } });
  if (shape === "centre")
    return s("svg", { class: "swatch", viewBox: "0 0 18 13" }, s("path", { d: "M3 13V5l6-5 6 5v8z", fill: colour }), markOf(tier));
  if (shape === "sector")
    return s(
      "svg",
      { class: "swatch", viewBox: "0 0 18 13" },
      s("path", { d: "M1 12L6 1A14 14 0 0 1 17 8z", fill: colour, "fill-opacity": 0.35, stroke: colour }),
    );
  return h("i.swatch", { style: { background: colour } });
}

/** The star of a city's centre, or the bars that those of the other tiers carry on the map. @param {string} tier */
function markOf(tier) {
  const bars = { county: 3, town: 2 }[tier] ?? 1;
  const d =
    tier === "city"
      ? "M9 3.6l1.1 2.4 2.6.3-1.9 1.8.5 2.6L9 9.4l-2.3 1.3.5-2.6-1.9-1.8 2.6-.3z"
      : Array.from({ length: bars }, (_, k) => `M6 ${10.4 - 2.4 * k}h6v1.2h-6z`).join("");
  return s("path", { d, fill: "#fff" });
}

/** The window's end is excluded: show the last moment inside. @param {string} end */
function lastMoment(end) {
  return new Date(Date.parse(end) - 1).toISOString();
}
