/** Names on the map: towns, communities and grids, only where they fit, with a halo, none over another. */

import { labelPoint } from "../geometry.mjs";
import { h, replace } from "../dom.mjs";
import * as format from "../format.mjs";
import { createTurns } from "../turns.mjs";
import { bounds } from "./gridlook.mjs";

const MOST = 260;
/** How far a name may reach beyond the width of its area. */
const ROOM = { town: 1.4, community: 0.85, grid: 0.95 };
const CHARACTER_PX = { town: 17, community: 13.5, grid: 11.5 };

/** @param {any} app */
export function createLabels(app) {
  const pane = app.map.getPane("labels");
  const look = { grids: /** @type {string | null} */ (null), regions: false };
  /** @type {any[]} */
  let grids = [];
  /** @type {any[]} */
  let regions = [];
  /** The plan draws communities: theirs are the names, not those of the divisions in force. */
  let drawn = false;

  const begin = createTurns();
  const draw = () => {
    /** @type {{x: number, y: number, w: number, h: number}[]} */
    const taken = [];
    const elements = [];
    for (const one of wanted()) {
      if (elements.length >= MOST) break;
      const box = fits(app.map, one, taken);
      if (!box) continue;
      taken.push(box);
      elements.push(
        h(`span.map-label.${one.level}`, { style: { left: `${box.at.x}px`, top: `${box.at.y}px` } }, one.text),
      );
    }
    replace(pane, elements);
  };

  const wanted = () => {
    const view = app.map.getBounds().pad(0.1);
    const inView = (/** @type {any} */ one) => view.contains([one.lat, one.lng]);
    const out = [];
    if (look.regions) {
      for (const one of regions)
        if (inView(one)) out.push({ ...one, text: one.name, level: one.level === "community" ? "community" : "town" });
    }
    const said = drawn ? (look.regions ? "name" : null) : look.grids;
    if (said) {
      const level = drawn ? "community" : "grid";
      for (const grid of grids)
        if (inView(grid)) out.push({ lat: grid.lat, lng: grid.lng, bbox: grid.bbox, text: textOf(grid, said), level });
    }
    const rank = { town: 0, community: 1, grid: 2 };
    return out.sort((a, b) => rank[/** @type {"town"} */ (a.level)] - rank[/** @type {"town"} */ (b.level)]);
  };

  app.map.on("moveend zoomend viewreset", draw);
  app.map.on("zoomanim", () => replace(pane));

  return {
    draw,
    async refresh() {
      const newest = begin();
      const [all, list] = await Promise.all([app.regions(), app.grids().catch(() => ({ plan: null, grids: [] }))]);
      if (!newest()) return;
      drawn = Boolean(list.plan && bounds(list.plan));
      regions = all
        .filter((/** @type {any} */ one) => !(drawn && one.level === "community"))
        .map((/** @type {any} */ one) => ({ ...one, ...(one.geometry ? labelPoint(one.geometry) : {}) }));
      grids = list.grids;
      draw();
    },
    /** @param {Partial<typeof look>} change */
    look(change) {
      Object.assign(look, change);
      draw();
    },
  };
}

/**
 * @param {any} grid
 * @param {string} choice
 */
function textOf(grid, choice) {
  if (choice === "code") return grid.code;
  if (choice === "households") return format.number(grid.households);
  if (choice === "worker") return grid.worker?.name ?? "–";
  return grid.name || grid.code.slice(-5);
}

/**
 * The label's box in layer points if its area is wide enough for it and no other label is in the way.
 * @param {any} map
 * @param {any} one
 * @param {{x: number, y: number, w: number, h: number}[]} taken
 */
function fits(map, one, taken) {
  const [west, south, east, north] = one.bbox;
  const a = map.latLngToLayerPoint([north, west]);
  const b = map.latLngToLayerPoint([south, east]);
  const size = CHARACTER_PX[/** @type {"town"} */ (one.level)];
  const w = width(one.text) * size;
  const room = ROOM[/** @type {"town"} */ (one.level)];
  if (w > (b.x - a.x) * room || size > b.y - a.y) return null;
  const at = map.latLngToLayerPoint([one.lat, one.lng]);
  const box = { x: at.x - w / 2 - 2, y: at.y - size * 0.7, w: w + 4, h: size * 1.4, at };
  const free = taken.every(
    (other) =>
      box.x > other.x + other.w || other.x > box.x + box.w || box.y > other.y + other.h || other.y > box.y + box.h,
  );
  return free ? box : null;
}

/** Width of a text in ems: Latin letters are about half as wide as Chinese ones. @param {string} text */
function width(text) {
  let ems = 0;
  for (const letter of text) ems += letter.charCodeAt(0) < 0x2e80 ? 0.58 : 1.05;
  return ems;
}
