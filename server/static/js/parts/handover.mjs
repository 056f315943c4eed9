/** Who hands how many households to whom between two plans: the largest moves as a table, and how many more there are. */

import { h } from "../dom.mjs";
import * as format from "../format.mjs";
import { t } from "../i18n.mjs";

/**
 * @param {any[]} moves largest first
 * @param {{most: number, note?: string}} options how many rows at the most; the element of what is said in words
 */
export function handover(moves, { most, note = "p.note" }) {
  if (!moves.length) return h(note, {}, t("form.no_moves"));
  const head = [
    h("th", {}, t("compare.from")),
    h("th", {}, t("compare.to")),
    h("th.num", {}, t("unit.households")),
    h("th.num", {}, t("merge.cells")),
  ];
  const row = (/** @type {any} */ move) =>
    h(
      "tr",
      {},
      h("td", {}, move.from ?? "—"),
      h("td", {}, move.to ?? "—"),
      h("td.num", {}, format.number(Math.round(move.households))),
      h("td.num", {}, format.number(move.cells)),
    );
  const rest = moves.length - most;
  return [
    h("table", {}, h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, moves.slice(0, most).map(row))),
    rest > 0 ? h(note, {}, t("table.rest", { n: format.number(rest) })) : null,
  ];
}
