/** 事件态势: where and when, hot spots, areas and their change, alerts, the month in sentences. One tab at a time. */

import { h, replace } from "../dom.mjs";
import { onLanguage, t } from "../i18n.mjs";
import { empty } from "../parts/states.mjs";
import { createStrip } from "../parts/strip.mjs";
import { openWork, tabs } from "./common.mjs";
import { mountAlerts } from "./incidents/alerts.mjs";
import { mountAreas } from "./incidents/areas.mjs";
import { mountMonth } from "./incidents/month.mjs";
import { mountSpots } from "./incidents/spots.mjs";
import { mountWhere } from "./incidents/where.mjs";

/** Each tab: what draws it, the layer that it shows, what it needs. */
const TABS = /** @type {Record<string, {mount: (app: any, place: HTMLElement) => () => void, layer?: string, needs: string}>} */ ({
  where: { mount: mountWhere, layer: "heat", needs: "heat.read" },
  spots: { mount: mountSpots, layer: "hotspots", needs: "exact.read" },
  areas: { mount: mountAreas, layer: "areas", needs: "exact.read" },
  alerts: { mount: mountAlerts, layer: "areas", needs: "heat.read" },
  month: { mount: mountMonth, needs: "exact.read" },
});

/** @param {any} app */
export function mount(app) {
  const known = Boolean(app.city.incidents?.last);
  const strip = known && app.can("exact.read") ? createStrip(app) : null;
  let tab = tabOf(app);
  let leave = () => {};
  const draw = () => {
    leave();
    leave = () => {};
    const body = openWork(app, "job.incidents");
    if (!known) return replace(body, nothing(app));
    const offered = Object.keys(TABS).filter((id) => app.can(TABS[id].needs));
    const titles = offered.map((id) => /** @type {[string, string]} */ ([id, t(`incidents.tab.${id}`)]));
    const place = h("div.block");
    replace(body, tabs(titles, tab, choose), place);
    leave = TABS[tab].mount(app, place);
    return undefined;
  };
  const choose = (/** @type {string} */ id) => {
    tab = id;
    show(app, id);
    draw();
  };
  const stops = [onLanguage(draw), app.store.on(["dataVersion"], draw)];
  draw();
  return () => {
    leave();
    stops.forEach((stop) => stop());
    strip?.remove();
  };
}

/** The tab that goes with the layers of the address. @param {any} app */
function tabOf(app) {
  const { layers, choices } = app.store.get();
  if (layers.hotspots !== undefined && app.can("exact.read")) return "spots";
  if (layers.areas !== undefined) return choices.areas === "alert" || !app.can("exact.read") ? "alerts" : "areas";
  return "where";
}

/**
 * Put the tab's layer on the map; areas are coloured by what the tab is about.
 * @param {any} app
 * @param {string} tab
 */
function show(app, tab) {
  const { layer } = TABS[tab];
  const { layers, choices } = app.store.get();
  if (tab === "alerts") app.layers.choose("areas", "alert");
  else if (tab === "areas" && choices.areas === "alert") app.layers.choose("areas", "n");
  if (layer !== "heat") app.store.set({ frame: null });
  if (layer && layers[layer] === undefined) app.layers.toggle(layer, true);
}

/** @param {any} app */
function nothing(app) {
  const open = () => app.openJob("data");
  const go = app.can("import.run")
    ? h("button.button.primary", { type: "button", on: { click: open } }, t("data.import_incidents"))
    : null;
  return empty(t("incidents.none"), go);
}
