/** One cell: where it is, whom it belongs to. 这里归谁管. */

import { withQuery } from "../api.mjs";
import { h } from "../dom.mjs";
import * as format from "../format.mjs";
import { language, t } from "../i18n.mjs";
import { block, facts } from "../parts/figures.mjs";
import { actions, crumbs } from "./common.mjs";
import { whose } from "./whose.mjs";

/**
 * @param {any} app
 * @param {string} id 15 hexadecimal characters
 * @returns {Promise<import("./index.mjs").Content>}
 */
export async function cellPanel(app, id) {
  const found = await app.read(withQuery(app.path("where"), { cell: id }));
  const { here } = found;
  const fromTop = [...(here.regions ?? [])].reverse();
  const steps = fromTop.map((/** @type {any} */ one) => ({ kind: "region", id: one.id, name: one.name }));
  const open = (/** @type {string} */ kind, /** @type {any} */ of, /** @type {string} */ text) =>
    h("button.button.link", { type: "button", on: { click: () => app.select({ kind, id: String(of) }) } }, text);
  return {
    title: t("cell.title"),
    above: crumbs(app, steps),
    body: h(
      "div",
      {},
      h("p.row.wrap", {}, h("code", {}, here.cell)),
      block(
        t("cell.belongs"),
        facts(whose(app, found, open)),
      ),
      block(
        t("panel.figures"),
        facts([
          [
            t("grid.households"),
            here.households === null || here.households === undefined
              ? null
              : format.households(Math.round(here.households * 10) / 10, language()),
          ],
          [t("cell.centre"), format.point(here.lat, here.lng)],
          [t("cell.resolution"), String(app.city.resolution)],
        ]),
      ),
      block(t("panel.can_do"), actions(app, { lat: here.lat, lng: here.lng })),
    ),
  };
}
