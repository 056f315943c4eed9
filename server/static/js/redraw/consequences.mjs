/** What a change does to the grids it touches, before and after, with the band to hold it against. */

import { h, icon, s } from "../dom.mjs";
import * as format from "../format.mjs";
import { language, t } from "../i18n.mjs";
import { bandWords } from "../panel/common.mjs";
import { told } from "./words.mjs";

/**
 * @param {any} app
 * @param {any} result as POST …/edits answers
 */
export function consequences(app, result) {
  const band = app.band();
  const before = new Map(result.before.map((/** @type {any} */ grid) => [grid.label, grid]));
  const top = Math.max(
    band[1] * 1.3,
    ...result.after.map((/** @type {any} */ grid) => grid.load),
    ...result.before.map((/** @type {any} */ grid) => grid.load),
  );
  return h(
    "div.stack",
    {},
    result.cut ? cutGrids(app, result.cut) : null,
    result.after.map((/** @type {any} */ grid) => card(app, grid, before.get(grid.label), band, top)),
  );
}

/**
 * Which grids in force the borders of communities cut.
 * @param {any} app
 * @param {any} cut
 */
function cutGrids(app, cut) {
  const names = cut.grids.map((/** @type {any} */ grid) => grid.name || grid.code).join("、");
  return h(
    "section.block",
    {},
    h(
      "p",
      { class: `fault-line ${cut.after ? "warn" : "good"}` },
      icon(cut.after ? "warning" : "tick"),
      h("span", {}, t("borders.cut", { before: format.number(cut.before), after: format.number(cut.after) })),
    ),
    names ? h("p.note", {}, t("borders.cut_here", { names })) : null,
  );
}

/**
 * @param {any} app
 * @param {any} grid
 * @param {any} was
 * @param {[number, number]} band
 * @param {number} top
 */
function card(app, grid, was, band, top) {
  const rows = [
    ["redraw.workload", grid.workload, was?.workload, (/** @type {number} */ n) => format.number(n, 2)],
    ["redraw.reports", grid.reports, was?.reports, format.number],
    ["redraw.cameras", grid.cameras, was?.cameras, format.number],
    ["redraw.round", grid.round_m, was?.round_m, (/** @type {number} */ metres) => format.distance(metres, language())],
    [
      "redraw.to_centre",
      grid.centre_m,
      was?.centre_m,
      (/** @type {number} */ metres) => format.distance(metres, language()),
    ],
    ["redraw.crossings", grid.crossings, was?.crossings, format.number],
  ];
  const out = grid.load > band[1] || grid.load < band[0];
  const unit = bandWords(app.planInfo()?.workload);
  return h(
    "section.block",
    {},
    h(
      "button.item",
      { type: "button", on: { click: () => app.goTo(grid) } },
      h("span.grow", {}, grid.name, h("span.note", {}, grid.code)),
      grid.locked ? h("span.tag", {}, t("redraw.locked")) : null,
      icon("target"),
    ),
    bar(was?.load ?? 0, grid.load, band, top),
    h(
      "p.note",
      {},
      `${format.households(was?.households ?? 0, language())} → `,
      h("b", {}, format.households(grid.households, language())),
      unit ? "" : ` · ${told(app, "redraw.band", { low: band[0], high: band[1] })}`,
    ),
    unit
      ? h(
          "p.note",
          {},
          `${t("grid.load")} ${format.number(Math.round(was?.load ?? 0))} → `,
          h("b", {}, format.number(Math.round(grid.load))),
          ` · ${t("grid.target", { low: format.number(band[0]), high: format.number(band[1]) })} · ${unit}`,
        )
      : null,
    out
      ? h(
          "p.fault-line",
          {},
          icon("warning"),
          h(
            "span",
            {},
            told(app, `redraw.${grid.load > band[1] ? "above" : "below"}${unit ? "_load" : ""}`, {
              n: format.number(
                Math.round(grid.load > band[1] ? grid.load - band[1] : band[0] - grid.load),
              ),
            }),
          ),
        )
      : null,
    grid.pieces > 1
      ? h("p.fault-line", {}, icon("warning"), h("span", {}, t("redraw.in_pieces", { n: grid.pieces })))
      : null,
    h(
      "dl.facts",
      {},
      rows
        .filter(([, value]) => value !== null && value !== undefined)
        .map(([name, value, old, show]) => [
          h("dt", {}, t(name)),
          h(
            "dd",
            {},
            old !== undefined && old !== null && old !== value ? `${show(old)} → ${show(value)}` : show(value),
          ),
        ]),
    ),
  );
}

/**
 * What the band counts, before (thin) and after (thick), over the band.
 * @param {number} before
 * @param {number} after
 * @param {[number, number]} band
 * @param {number} top
 */
function bar(before, after, band, top) {
  const x = (/** @type {number} */ value) => (value / top) * 100;
  const good = after >= band[0] && after <= band[1];
  return s(
    "svg",
    {
      class: "band-bar",
      viewBox: "0 0 100 8",
      preserveAspectRatio: "none",
      role: "img",
      "aria-label": `${Math.round(before)} → ${Math.round(after)}`,
    },
    s("rect", { x: x(band[0]), y: 0, width: x(band[1]) - x(band[0]), height: 8, fill: "#dfe7e3" }),
    s("rect", { x: 0, y: 1, width: x(before), height: 2, fill: "#9aa7ad" }),
    s("rect", { x: 0, y: 4, width: x(after), height: 3, fill: good ? "#3f7f6b" : "#b3541e" }),
  );
}
