/** One cell: where it is, whom it belongs to. 这里归谁管. */

import { withQuery } from "../api.mjs";
import { h } from "../dom.mjs";
import * as format from "../format.mjs";
import { language, t } from "../i18n.mjs";
import { windowOf } from "../layers/asked.mjs";
import { block, facts, figures } from "../parts/figures.mjs";
import { loadInto } from "../parts/states.mjs";
import { actions, crumbs } from "./common.mjs";
import { days } from "./reports.mjs";
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
      inView(app, id),
      block(t("panel.can_do"), actions(app, { lat: here.lat, lng: here.lng })),
    ),
  };
}

/**
 * Reports of the window and how much of the cell is in view, for who may see gaps; a city without cameras has none.
 * @param {any} app
 * @param {string} id
 */
function inView(app, id) {
  if (!app.can("gap.read") || !app.city.counts?.cameras) return null;
  const place = h("div");
  const told = async () => {
    const { from, to } = windowOf(app);
    const ends = from || to ? [from ?? app.city.incidents?.first, to ?? app.city.incidents?.last] : [null, null];
    const found = await app.read(withQuery(app.path(`coverage/cells/${id}`), { from, to, category: app.store.get().category }));
    return figures([
      { label: t("areas.n"), value: format.number(found.incidents), beside: days(app, ends), why: t("why.incidents") },
      { label: t("coverage.figure.seen1"), value: format.percent(found.seen), why: t("coverage.why.seen1") },
      { label: t("kinds.cameras"), value: format.number(found.cameras), why: t("why.cameras") },
      { label: t("kinds.places"), value: format.number(found.places) },
    ]);
  };
  const draw = () => loadInto(place, told, 2);
  const stop = app.store.on(["from", "to", "category"], () => (place.isConnected ? draw() : stop()));
  draw();
  return block(t("cell.in_view"), place);
}
