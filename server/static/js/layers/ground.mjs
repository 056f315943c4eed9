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
  const reader = createReader(app);
  /** @type {any} */
  let overlay = null;
  let opacity = 1;
  let shown = false;
  let timer = 0;
  const refresh = async () => {
    const found = await reader.read();
    if (!found || !shown) return;
    const before = overlay;
    overlay = root.GezhiFeatures.make("ground", found.data, { opacity }).addTo(app.map);
    before?.remove();
    if (found.failure) throw found.failure;
  };
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
      reader.forget();
      overlay?.remove();
    },
    refresh() {
      reader.forget();
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

/**
 * Reads what the view needs, once for each zoom and as long as the view stays inside what was read.
 * @param {any} app
 */
function createReader(app) {
  /** What was asked for last. @type {{zoom: number, view: any} | null} */
  let asked = null;
  return {
    forget() {
      asked = null;
    },
    /** What lies there by kind, and what failed; null when there is nothing new. */
    async read() {
      const zoom = Math.floor(app.map.getZoom());
      if (asked && asked.zoom === zoom && asked.view.contains(app.map.getBounds())) return null;
      const view = app.map.getBounds().pad(PAD);
      const mine = (asked = { zoom, view });
      const kinds = Object.keys(FROM_ZOOM).filter((kind) => zoom >= FROM_ZOOM[kind]);
      const path = (/** @type {string} */ kind) => withQuery(app.path("ground"), { kind, bbox: box(view), zoom });
      const found = await Promise.allSettled(kinds.map((kind) => request(path(kind))));
      if (mine !== asked) return null;
      const failed = found.find((one) => one.status === "rejected");
      if (failed) asked = null;
      const data = Object.fromEntries(
        kinds.flatMap((kind, i) => (found[i].status === "fulfilled" ? [[kind, found[i].value]] : [])),
      );
      return { data, failure: failed?.status === "rejected" ? failed.reason : null };
    },
  };
}

/** @param {any} view Leaflet bounds */
function box(view) {
  const held = (/** @type {number} */ value, /** @type {number} */ most) =>
    Math.max(-most, Math.min(most, value)).toFixed(4);
  return [
    held(view.getWest(), 180),
    held(view.getSouth(), 90),
    held(view.getEast(), 180),
    held(view.getNorth(), 90),
  ].join(",");
}
