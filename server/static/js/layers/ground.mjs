/** The ground: the city's own water, railways, roads and buildings under everything, as far as the view needs. */

import { request, withQuery } from "../api.mjs";

/** @type {any} */
const root = globalThis;
const PAD = 0.3;
/** Ask only when the map has come to rest. */
const REST_MS = 120;
const FROM_ZOOM = /** @type {Record<string, number>} */ ({ water: 7, rail: 9, road: 9, building: 15 });

/** @param {any} app */
export function createGround(app) {
  /** @type {Record<string, any>} what has been loaded, by kind */
  let data = {};
  /** @type {{zoom: number, view: any} | null} */
  let loaded = null;
  /** @type {any} */
  let overlay = null;
  let opacity = 1;
  let shown = false;
  let turn = 0;

  const draw = () => {
    const before = overlay;
    overlay = root.GezhiFeatures.make("ground", data, { opacity });
    if (shown) overlay.addTo(app.map);
    before?.remove();
  };

  const refresh = async () => {
    const zoom = Math.floor(app.map.getZoom());
    if (loaded && loaded.zoom === zoom && loaded.view.contains(app.map.getBounds())) return;
    const mine = (turn += 1);
    const view = app.map.getBounds().pad(PAD);
    const bbox = box(view);
    const kinds = Object.keys(FROM_ZOOM).filter((kind) => zoom >= FROM_ZOOM[kind]);
    const found = await Promise.allSettled(kinds.map((kind) => request(withQuery(app.path("ground"), { kind, bbox, zoom }))));
    if (mine !== turn || !shown) return;
    data = Object.fromEntries(kinds.flatMap((kind, i) => (found[i].status === "fulfilled" ? [[kind, found[i].value]] : [])));
    loaded = { zoom, view };
    draw();
    const failure = found.find((one) => one.status === "rejected");
    if (failure) throw /** @type {PromiseRejectedResult} */ (failure).reason;
  };
  let timer = 0;
  const moved = () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => refresh().catch((failure) => app.layers.fault("ground", failure)), REST_MS);
  };

  return {
    async show() {
      shown = true;
      overlay?.addTo(app.map);
      app.map.on("moveend", moved);
      await refresh();
    },
    hide() {
      shown = false;
      app.map.off("moveend", moved);
      turn += 1;
      overlay?.remove();
    },
    refresh() {
      loaded = null;
      return refresh();
    },
    /** @param {number} value */
    fade(value) {
      opacity = value;
      overlay?.setOpacity(value);
    },
    legend: () => [],
  };
}

/** @param {any} view Leaflet bounds */
function box(view) {
  const held = (/** @type {number} */ value, /** @type {number} */ most) => Math.max(-most, Math.min(most, value)).toFixed(4);
  return [held(view.getWest(), 180), held(view.getSouth(), 90), held(view.getEast(), 180), held(view.getNorth(), 90)].join(",");
}
