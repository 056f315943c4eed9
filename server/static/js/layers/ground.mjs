/** The ground: the city's own water, railways, roads and buildings under everything, as far as the view needs. */

import { request, withQuery } from "../api.mjs";

/** @type {any} */
const root = globalThis;
const PAD = 0.3;
/** Ask only when the map has come to rest. */
const REST_MS = 120;
const FROM_ZOOM = /** @type {Record<string, number>} */ ({ water: 7, rail: 9, road: 9, building: 15 });

/**
 * @param {any} app
 * @param {any[]} [maps] maps that show the same view: the page's own, or those of a comparison
 */
export function createGround(app, maps = [app.map]) {
  const reader = createReader(app, maps[0]);
  /** One for each map. @type {any[]} */
  let overlays = [];
  let opacity = 1;
  let shown = false;
  let timer = 0;
  const refresh = async () => {
    const found = await reader.read();
    if (!found || !shown) return;
    const before = overlays;
    overlays = maps.map((map) => root.GezhiFeatures.make("ground", found.data, { opacity }).addTo(map));
    before.forEach((one) => one.remove());
    if (found.failure) throw found.failure;
  };
  const moved = () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => refresh().catch((failure) => app.layers.fault("ground", failure)), REST_MS);
  };
  return {
    async show() {
      shown = true;
      overlays.forEach((one, i) => one.addTo(maps[i]));
      maps[0].on("moveend", moved);
      await refresh();
    },
    hide() {
      shown = false;
      clearTimeout(timer);
      maps[0].off("moveend", moved);
      reader.forget();
      overlays.forEach((one) => one.remove());
    },
    refresh() {
      reader.forget();
      return refresh();
    },
    /** @param {number} value */
    fade(value) {
      opacity = value;
      overlays.forEach((one) => one.setOpacity(value));
    },
    legend: () => [],
  };
}

/**
 * Reads what the view needs, once for each zoom and as long as the view stays inside what was read.
 * @param {any} app
 * @param {any} map
 */
function createReader(app, map) {
  /** What was asked for last. @type {{zoom: number, view: any} | null} */
  let asked = null;
  return {
    forget() {
      asked = null;
    },
    /** What lies there by kind, and what failed; null when there is nothing new. */
    async read() {
      const zoom = Math.floor(map.getZoom());
      if (asked && asked.zoom === zoom && asked.view.contains(map.getBounds())) return null;
      const view = map.getBounds().pad(PAD);
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
