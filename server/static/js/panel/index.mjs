/** The right panel: what is selected, from the city down to the cell. One at a time; Esc closes. */

import { byId, h, icon, replace } from "../dom.mjs";
import { onLanguage, t } from "../i18n.mjs";
import { loadInto } from "../parts/states.mjs";
import { areaPanel } from "./area.mjs";
import { cellPanel } from "./cell.mjs";
import { cityPanel } from "./city.mjs";
import { gridPanel } from "./grid.mjs";
import { netPanel } from "./net.mjs";
import { regionPanel } from "./region.mjs";
import { cameraPanel, centrePanel, placePanel, workerPanel } from "./things.mjs";

/**
 * @typedef {object} Content
 * @property {string} title
 * @property {import("../dom.mjs").Child} [above] crumbs
 * @property {import("../dom.mjs").Child} body
 */

/** @type {Record<string, (app: any, id: string) => Promise<Content>>} */
const KINDS = {
  city: cityPanel,
  region: regionPanel,
  grid: gridPanel,
  cell: cellPanel,
  camera: cameraPanel,
  centre: centrePanel,
  worker: workerPanel,
  place: placePanel,
  net: netPanel,
  area: areaPanel,
};

/** @param {any} app */
export function createPanel(app) {
  const place = byId("panel");
  const show = () => {
    const { selection } = app.store.get();
    const make = selection && KINDS[selection.kind];
    const opened = place.hidden && make;
    place.hidden = !make;
    if (opened || !make) app.held();
    if (!make) return replace(place);
    const head = h("div.panel-head");
    const body = h("div.panel-body", { tabindex: 0, role: "region", "aria-label": t("panel.label") });
    const close = h(
      "button.button.quiet.square",
      {
        type: "button",
        "aria-label": t("action.close"),
        title: `${t("action.close")} (Esc)`,
        on: { click: () => app.select(null) },
      },
      icon("close"),
    );
    const title = h("div.grow", {}, h("h2", {}, t(`kind.${selection.kind}`)));
    replace(head, title, close);
    replace(place, head, body);
    loadInto(
      body,
      async () => {
        const content = await make(app, selection.id);
        replace(title, content.above ?? null, h("h2", {}, content.title));
        return content.body;
      },
      8,
    );
  };
  app.store.on(["selection", "plan", "dataVersion"], show);
  onLanguage(show);
  show();
}
