/** What a plan's health check found, by kind; each finding leads to its place on the map. */

import { h, icon } from "../dom.mjs";
import * as format from "../format.mjs";
import { language, t } from "../i18n.mjs";
import { faultText } from "./common.mjs";

/** @type {any} */
const root = globalThis;
const SHOWN = 40;

/**
 * Faults grouped by kind; each can be gone to.
 * @param {any} app
 * @param {any[]} violations
 * @param {any[]} grids
 * @param {{folded?: boolean, leave?: (event: any) => void}} [how] whether a single kind is folded as well, and what is
 *   done before the map goes to one
 */
export function faultList(app, violations, grids, { folded = false, leave = () => undefined } = {}) {
  if (!violations.length) return h("p.fault-line.good", {}, icon("tick"), h("span", {}, t("fault.none")));
  const byLabel = new Map(grids.map((grid) => [grid.label, grid]));
  /** @type {Map<string, any[]>} */
  const groups = new Map();
  for (const one of violations) groups.set(one.code, [...(groups.get(one.code) ?? []), one]);
  return [...groups].map(([code, some]) =>
    h(
      "details",
      { open: (groups.size === 1 && !folded) || null },
      h(
        "summary.item",
        {},
        icon("chevron"),
        h("span.grow", {}, faultText(code)),
        h("span.tag", {}, format.number(some.length)),
      ),
      h(
        "ul.items",
        {},
        some.slice(0, SHOWN).map((one) => h("li", {}, faultRow(app, one, byLabel.get(one.label), leave))),
      ),
      some.length > SHOWN ? h("p.note", {}, t("table.rest", { n: format.number(some.length - SHOWN) })) : null,
    ),
  );
}

/**
 * @param {any} app
 * @param {any} violation
 * @param {any} grid
 * @param {(event: any) => void} leave
 */
function faultRow(app, violation, grid, leave) {
  const go = (/** @type {any} */ event) => {
    leave(event);
    if (grid) {
      app.goTo(grid);
      app.select({ kind: "grid", id: String(grid.label) });
    } else if (violation.cells.length) {
      const points = violation.cells.map((/** @type {string} */ cell) => root.h3.cellToLatLng(cell));
      const lats = points.map((/** @type {number[]} */ point) => point[0]);
      const lngs = points.map((/** @type {number[]} */ point) => point[1]);
      app.goTo({
        bbox: [
          Math.min(...lngs) - 0.002,
          Math.min(...lats) - 0.002,
          Math.max(...lngs) + 0.002,
          Math.max(...lats) + 0.002,
        ],
      });
      app.markCells(violation.cells);
    }
  };
  const name = grid ? grid.name || grid.code : (violation.region?.name ?? "");
  const detail =
    language() === "en"
      ? violation.reason
      : grid
        ? format.households(grid.households, "zh")
        : t("grid.cells", { n: violation.n_cells ?? violation.cells.length });
  return h(
    "button.item",
    { type: "button", on: { click: go } },
    h("span.grow", {}, name, h("span.note", {}, [violation.region?.name, detail].filter(Boolean).join(" · "))),
    violation.proved ? h("span.tag", { title: t("why.proved") }, t("redraw.is_proved")) : null,
    icon("target"),
  );
}
