/** An area of a department's net (a patrol area): its reports, the grids it touches, the areas that it overlaps. */

import { departmentName } from "../departments.mjs";
import { h, icon } from "../dom.mjs";
import * as format from "../format.mjs";
import { language, t } from "../i18n.mjs";
import { block } from "../parts/figures.mjs";
import { actions, crumbs } from "./common.mjs";
import { reportsBlock } from "./reports.mjs";

const MOST = 40;

/**
 * @param {any} app
 * @param {string} id the net's id, a point, and the area's code
 * @returns {Promise<import("./index.mjs").Content>}
 */
export async function areaPanel(app, id) {
  const area = app.can("exact.read") ? await app.netArea(id) : null;
  if (!area) return { title: t("kind.area"), body: h("p.empty", {}, t("advice.gone")) };
  const net = { kind: "net", id: area.net.id, name: departmentName(area.net.department) };
  return {
    title: area.name || area.code,
    above: crumbs(app, app.can("plan.draw") ? [net] : []),
    body: h(
      "div",
      {},
      h(
        "p.row.wrap",
        {},
        h("span.tag", {}, t("areas.level.net", { name: departmentName(area.net.department) })),
        h("code", {}, area.code),
        h("span.note", {}, t("grid.cells", { n: format.number(area.cells) })),
      ),
      reportsBlock(app, area.level, area.code),
      overlaps(app, area),
      block(t("area.grids"), grids(app, area), format.number(area.n_grids)),
      block(t("panel.can_do"), actions(app, area)),
    ),
  };
}

/**
 * Others of the net that lie over it in part; reports there count in each.
 * @param {any} app
 * @param {any} area
 */
function overlaps(app, { net, overlaps: found }) {
  const title = t("area.overlaps");
  if (!found.length) return block(title, h("p.note", {}, t("area.overlaps_none")));
  const item = (/** @type {any} */ one) => {
    const go = () => app.show({ kind: "area", id: `${net.id}.${one.id}` });
    return line(go, one.name || one.code, "", t("grid.cells", { n: format.number(one.cells) }));
  };
  return block(
    title,
    [h("p.note", {}, t("area.overlaps_note")), h("ul.items", {}, found.slice(0, MOST).map(item)), rest(found.length)],
    format.number(found.length),
  );
}

/**
 * The management grids under it, the ones of which it holds most first.
 * @param {any} app
 * @param {any} area
 */
function grids(app, { grids: found, n_grids: all }) {
  if (!found.length) return h("p.note", {}, t("area.grids_none"));
  const item = (/** @type {any} */ one) => {
    const share = t(one.cells === one.size ? "area.whole" : "area.part", { share: format.percent(one.cells / one.size) });
    const homes = one.households === null ? "" : format.households(one.households, language());
    return line(() => app.show({ kind: "grid", id: one.id }), one.name || one.code, share, homes);
  };
  return [h("ul.items", {}, found.slice(0, MOST).map(item)), rest(all)];
}

/**
 * @param {() => void} go
 * @param {string} name
 * @param {string} note
 * @param {string} value
 */
function line(go, name, note, value) {
  return h(
    "li",
    {},
    h(
      "button.item",
      { type: "button", on: { click: go } },
      h("span.grow", {}, name, note ? h("span.note", {}, ` ${note}`) : null),
      h("span.num", {}, value),
      icon("chevron"),
    ),
  );
}

/** How many more there are than are listed. @param {number} all */
function rest(all) {
  return all > MOST ? h("p.note", {}, t("table.rest", { n: format.number(all - MOST) })) : null;
}
