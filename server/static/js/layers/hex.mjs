/**
 * Cells on the map: one canvas layer of GezhiHexagons, fed from the API. It lives in its own pane, so that
 * lines of another hexagon layer can lie above it.
 */

import { binary } from "../api.mjs";

/** The page's classic scripts put these into the window. @type {any} */
const root = globalThis;

/**
 * @param {any} app
 * @param {{pane: string, options?: Record<string, any>}} how
 */
export function createHex(app, { pane, options = {} }) {
  const layer = new root.GezhiHexagons({ pane, ...options });
  /** What is being asked for. @type {{path: string, turn: AbortController, data: Promise<ArrayBuffer>} | null} */
  let asked = null;
  /** @type {string | null} */
  let shown = null;
  /** Ask for an address, unless it is asked for already. @param {string} path */
  const ask = (path) => {
    if (asked?.path === path) return asked;
    asked?.turn.abort();
    const turn = new AbortController();
    asked = { path, turn, data: binary(path, turn.signal) };
    asked.data.catch(() => undefined);
    return asked;
  };
  return {
    layer,
    /** The decoded payload that is shown, or null. */
    data: () => (shown ? layer.data : null),
    /** Begin to ask for what `load` will show. @param {string} path */
    begin(path) {
      if (path !== shown) ask(path);
    },
    /**
     * Show the payload at an address, styled by what it holds. Resolves to the payload, or null when a newer one came.
     * @param {string} path
     * @param {(data: any) => Record<string, any>} styleOf
     */
    async load(path, styleOf) {
      if (path === shown) {
        layer.setStyle(styleOf(layer.data));
        return layer.data;
      }
      const mine = ask(path);
      try {
        const data = root.GezhiPayload.decode(await mine.data);
        if (mine.turn.signal.aborted) return null;
        layer.data = layer.located = null;
        layer.setStyle(styleOf(data));
        if (!(await layer.setData(data))) return null;
        shown = path;
        return data;
      } finally {
        if (asked === mine) asked = null;
      }
    },
    /** Put it on the map. */
    show() {
      if (!app.map.hasLayer(layer)) layer.addTo(app.map);
    },
    /** Take it off the map; what was loaded stays. */
    hide() {
      asked?.turn.abort();
      asked = null;
      layer.remove();
    },
  };
}

/**
 * The resolution at which counts are readable at a zoom: the finest whose cells are at least `px` wide.
 * @param {number} base the city's base resolution
 * @param {number} zoom
 * @param {number} lat degrees
 * @param {number} [px]
 */
export function resolutionAt(base, zoom, lat, px = 7) {
  const metresPerPixel = (40_075_016.7 * Math.cos((lat * Math.PI) / 180)) / (256 * 2 ** zoom);
  for (let res = base; res > Math.max(0, base - 4); res -= 1) {
    if (cellWidthM(res) / metresPerPixel >= px) return res;
  }
  return Math.max(0, base - 4);
}

/** Rough width of a cell in metres. @param {number} res */
function cellWidthM(res) {
  return 1_107_712 * 1.732 * 0.377964473 ** res;
}
