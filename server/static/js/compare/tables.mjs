/** What differs between two plans, in figures: the whole plan, what is handed over, and grid by grid. */

import { h, icon } from "../dom.mjs";
import * as format from "../format.mjs";
import { language, t } from "../i18n.mjs";
import { handover } from "../parts/handover.mjs";
import { say } from "../redraw/words.mjs";

const MOST = 60;
const metres = (/** @type {number} */ n) => format.distance(n, language());
const whole = (/** @type {number} */ n) => format.number(Math.round(n));

/** Each measure: how it is written, and whether more of it is better (1), worse (-1) or neither (0). */
const MEASURES = /** @type {[string, (n: number) => string, number][]} */ ([
  ["grids", whole, 0],
  ["in_band", format.percent, 1],
  ["worst_deviation", format.percent, -1],
  ["mean_deviation", format.percent, -1],
  ["outside", whole, -1],
  ["whole", format.percent, 1],
  ["cut_edges", whole, -1],
]);
const FIGURES = /** @type {[string, (n: number) => string, number][]} */ ([
  ["compactness", (n) => format.number(n, 3), 1],
  ["crossings", whole, -1],
  ["round_mean_m", metres, -1],
  ["centre_mean_m", metres, -1],
  ["reports_most", whole, -1],
  ["reports_spread", (n) => format.number(n, 2), -1],
  ["workload_most", (n) => format.number(n, 2), -1],
  ["covered_mean", format.percent, 1],
  ["covered_least", format.percent, 1],
]);

/**
 * @param {any} found as GET …/compare answers
 * @param {any} beside as GET …/compare/figures answers, or null
 * @param {(grid: any) => void} go
 */
export function differences(found, beside, go) {
  return [
    h(
      "p",
      {},
      t("compare.moved", {
        households: format.number(Math.round(found.moved_households)),
        cells: format.number(found.moved_cells),
        share: format.percent(found.share),
      }),
      " ",
      t("compare.workers", { touched: format.number(found.workers.touched), other: format.number(found.workers.other_grids) }),
    ),
    h(
      "table",
      {},
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("th", {}, t("compare.measure")),
          h("th.num", {}, say(found.a.kind, "plan.version", { version: found.a.version })),
          h("th.num", {}, say(found.b.kind, "plan.version", { version: found.b.version })),
          h("th"),
        ),
      ),
      h(
        "tbody",
        {},
        MEASURES.map((one) => row(found.b.kind, one, found.measures[one[0]])),
        beside ? FIGURES.map((one) => row(found.b.kind, one, beside.measures[one[0]])) : null,
      ),
    ),
    h("h3", {}, t("compare.handover")),
    handover(found.moves, { most: MOST }),
    beside ? [h("h3", {}, say(found.b.kind, "compare.by_grid")), byGrid(beside.grids, go)] : null,
  ];
}

/**
 * @param {string} kind of the plans
 * @param {[string, (n: number) => string, number]} measure
 * @param {(number | null)[]} values
 */
function row(kind, [name, words, good], values) {
  const { mark, tone } = judged(values, words, good);
  return h(
    "tr",
    {},
    h("th", { scope: "row", title: t(`why.compare.${name}`) }, say(kind, `compare.${name}`)),
    values.map((value) => h("td.num", {}, value === null ? "—" : words(value))),
    h(
      "td",
      {},
      mark ? h("span", { class: `tag ${tone}`, title: tone ? t(`compare.is_${tone}`) : "" }, mark) : null,
    ),
  );
}

/**
 * The mark beside two values: none where one of them is not known, and no change where both are written alike.
 * @param {(number | null)[]} values before and after
 * @param {(n: number) => string} words
 * @param {number} good whether more is better (1), worse (-1) or neither (0)
 */
export function judged([before, after], words, good) {
  if (before === null || after === null) return { mark: "", tone: "" };
  if (words(before) === words(after)) return { mark: "=", tone: "" };
  const change = after - before;
  return { mark: change > 0 ? "▲" : "▼", tone: good ? (change * good > 0 ? "good" : "bad") : "" };
}

/** @param {any[]} grids @param {(grid: any) => void} go */
function byGrid(grids, go) {
  if (!grids.length) return h("p.note", {}, t("compare.no_grid"));
  const figure = (/** @type {any} */ one, /** @type {string} */ name, /** @type {(n: any) => string} */ words) =>
    [one.a, one.b].map((side) => (side && side[name] !== null ? words(side[name]) : "—")).join(" → ");
  return h(
    "ul.items",
    {},
    grids.slice(0, MOST).map((one) =>
      h(
        "li",
        {},
        h(
          "button.item",
          { type: "button", on: { click: () => go(one.b ?? one.a) } },
          h(
            "span.grow",
            {},
            one.name,
            h("span.note", {}, one.code),
            h(
              "span.note",
              {},
              [
                `${t("compare.short.households")} ${figure(one, "households", whole)}`,
                `${t("compare.short.reports")} ${figure(one, "reports", whole)}`,
                `${t("compare.short.cameras")} ${figure(one, "cameras", whole)}`,
                `${t("compare.short.round")} ${figure(one, "round_m", metres)}`,
              ].join(" · "),
            ),
          ),
          icon("target"),
        ),
      ),
    ),
  );
}
