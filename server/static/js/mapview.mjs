/**
 * The one map of the page: its panes, what a click on it means, what is marked on it, the pointer's place,
 * scale and north. It is made once and never made again.
 */

import { byId, h, icon, replace } from "./dom.mjs";
import * as format from "./format.mjs";
import { language, onLanguage, t } from "./i18n.mjs";
import { within } from "./panel/region.mjs";
import { clearOf } from "./room.mjs";

/** @type {any} */
const root = globalThis;
const PANES = /** @type {Record<string, number>} */ ({ values: 210, grids: 220, marks: 460, labels: 470 });
const NEAREST_ZOOM = 17;
const MARGIN_PX = 24;
/** A legend that is folded is lower than this, and no view keeps clear of it. */
const FOLDED_PX = 60;

/**
 * @param {[number, number, number, number]} bbox west, south, east, north
 * @param {import("./url.mjs").View | undefined} view
 */
export function createMap(bbox, view) {
  const container = byId("map");
  const map = root.GezhiMap.create(container, { bbox, label: t("map.label") });
  if (view) map.setView([view.lat, view.lng], view.zoom, { animate: false });
  for (const [name, z] of Object.entries(PANES)) {
    const pane = map.createPane(name);
    pane.style.zIndex = String(z);
    pane.style.pointerEvents = "none";
  }
  onLanguage(() => container.setAttribute("aria-label", t("map.label")));
  const sizes = new ResizeObserver(() => resized(map));
  for (const element of [container, ...["work", "panel", "map-layers"].map(byId)]) sizes.observe(element);
  followLegend(map);
  return map;
}

/**
 * A fitted view makes room for the legend while that fills, until the reader touches anything: from then on no other
 * words in the legend (another language, another month) move what is looked at.
 * @param {any} map
 */
function followLegend(map) {
  const seen = () => {
    const fit = fits.get(map);
    if (fit) fit.seen = true;
  };
  for (const touch of ["pointerdown", "keydown", "wheel"]) document.addEventListener(touch, seen, { capture: true, passive: true });
  new ResizeObserver(() => {
    if (!fits.get(map)?.seen) resized(map);
  }).observe(byId("map-legend"));
}

/**
 * The map's element has another size: a view that was fitted is fitted again, any other keeps its place.
 * @param {any} map
 * @returns {boolean} whether it was fitted
 */
export function resized(map) {
  const fit = fits.get(map);
  const untouched = fit && map.getZoom() === fit.zoom && map.getCenter().distanceTo(fit.centre) < 1;
  map.invalidateSize({ pan: false, animate: false });
  if (untouched) {
    goTo(map, fit.target);
    fits.set(map, { ...fits.get(map), seen: fit.seen });
  }
  return Boolean(untouched);
}

/** What each map was last fitted to, and whether anything was touched since. @type {WeakMap<any, {target: any, zoom: number, centre: any, seen?: boolean}>} */
const fits = new WeakMap();

/** Overlays of points, asked from the top down what lies under a click. */
export function createPointIndex() {
  /** @type {{overlay: any, kind: string}[]} */
  const known = [];
  return {
    /** @param {any} overlay @param {string} kind */
    add(overlay, kind) {
      known.push({ overlay, kind });
      known.sort((a, b) => b.overlay.options.rank - a.overlay.options.rank);
    },
    /** @param {any} map @param {any} latlng */
    at(map, latlng) {
      for (const { overlay, kind } of known) {
        const item = map.hasLayer(overlay) && overlay.itemAt(latlng);
        if (item) return { kind, id: String(item.id), item };
      }
      return null;
    },
  };
}

/**
 * Clicks: a thing first, then the grid, then (in the chosen grid, or where there is none) the cell.
 * @param {any} app
 */
export function listenToClicks(app) {
  app.map.on("click", (/** @type {any} */ event) => {
    const { measuring, editing } = app.store.get();
    if (measuring || editing) return;
    const thing = app.points.at(app.map, event.latlng);
    if (thing) return app.select({ kind: thing.kind, id: thing.id });
    const area = areaAt(app, event.latlng);
    if (area) return app.select(area);
    const hex = app.layers.grids.hex;
    const found = hex.data() ? hex.layer.cellAt(event.latlng) : null;
    const { selection } = app.store.get();
    if (found && found.group >= 0 && !(selection?.kind === "grid" && selection.id === String(found.group))) {
      return app.select({ kind: "grid", id: String(found.group) });
    }
    const { lat, lng } = event.latlng.wrap();
    if (app.inBounds(lat, lng)) app.select({ kind: "cell", id: root.h3.latLngToCell(lat, lng, app.city.resolution) });
    return undefined;
  });
}

/**
 * The area of a department's net under a click while these are coloured; null elsewhere, and in the one that is
 * selected already, where a click goes on to what lies below.
 * @param {any} app
 * @param {any} latlng
 * @returns {import("./url.mjs").Selection | null}
 */
function areaAt(app, latlng) {
  const { layers, selection } = app.store.get();
  const data = layers.areas === undefined ? null : app.layers.layer("areas")?.data();
  if (!data?.meta.net_areas) return null;
  const { lat, lng } = latlng.wrap();
  const at = root.GezhiPayload.positionOf(data.cells, BigInt(`0x${root.h3.latLngToCell(lat, lng, data.res)}`));
  const id = at < 0 ? undefined : data.meta.net_areas[data.columns.area[at]];
  return id === undefined || (selection?.kind === "area" && selection.id === id) ? null : { kind: "area", id };
}

/**
 * What is selected stands out: a strong line round a grid, region or cell.
 * @param {any} app
 */
export function markSelection(app) {
  const group = root.L.layerGroup().addTo(app.map);
  const line = { pane: "marks", interactive: false, color: "#101d26", weight: 3, fill: false };
  const mark = async () => {
    const { selection, hasPlan, editing } = app.store.get();
    if (editing) return;
    group.clearLayers();
    const { hex } = app.layers.grids;
    const groups = await groupsOf(app, selection);
    if (app.store.get().selection !== selection) return;
    if (hasPlan && hex.data()) hex.layer.highlight(groups.length ? { groups } : {});
    if (selection?.kind === "cell" && root.h3.isValidCell(selection.id))
      group.addLayer(root.L.polygon(root.h3.cellToBoundary(selection.id), line));
    const shape = groups.length ? null : await outlineOf(app, selection);
    if (shape && app.store.get().selection === selection) group.addLayer(root.L.geoJSON(shape, line));
  };
  app.store.on(["selection", "hasPlan", "plan"], () => mark().catch(() => undefined));
  app.markCells = (/** @type {string[]} */ cells) => {
    group.clearLayers();
    for (const cell of cells)
      group.addLayer(
        root.L.polygon(root.h3.cellToBoundary(cell), {
          ...line,
          color: "#b3261e",
          weight: 2,
          fill: true,
          fillOpacity: 0.25,
        }),
      );
  };
  return mark;
}

/**
 * The outline of a selected region or area of a net.
 * @param {any} app
 * @param {import("./url.mjs").Selection | null} selection
 */
async function outlineOf(app, selection) {
  if (selection?.kind === "area") return app.netOutline(selection.id);
  if (selection?.kind !== "region") return null;
  const regions = await app.regions();
  return regions.find((/** @type {any} */ one) => one.id === selection.id)?.geometry;
}

/**
 * Labels of the grids that a selection consists of: the grid itself, or those of a region.
 * @param {any} app
 * @param {import("./url.mjs").Selection | null} selection
 * @returns {Promise<number[]>}
 */
async function groupsOf(app, selection) {
  if (selection?.kind === "grid") return [Number(selection.id)];
  if (selection?.kind !== "region" || !app.store.get().hasPlan) return [];
  const [regions, list] = await Promise.all([app.regions(), app.grids()]);
  const inside = within(regions, selection.id);
  return list.grids
    .filter((/** @type {any} */ grid) => inside.has(grid.region?.id))
    .map((/** @type {any} */ grid) => grid.label);
}

/**
 * The pointer's coordinates and cell, in the status line.
 * @param {any} app
 */
export function showPointer(app) {
  const place = byId("status-point");
  let waiting = false;
  app.map.on("mousemove", (/** @type {any} */ event) => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      const { lat, lng } = event.latlng.wrap();
      if (Math.abs(lat) > 85) return;
      place.textContent = `${format.point(lat, lng)}  ${root.h3.latLngToCell(lat, lng, app.city.resolution)}`;
    });
  });
}

/**
 * Scale bar and north arrow at the foot of the map.
 * @param {any} map
 */
export function showScale(map) {
  const text = h("span");
  const bar = h("div.scale", { role: "img" }, text);
  replace(byId("map-foot"), h("div.north", { role: "img", "aria-label": t("map.north") }, icon("north"), "N"), bar);
  const draw = () => {
    const { metres, pixels } = root.GezhiMap.scaleBar(map);
    bar.style.width = `${Math.round(pixels)}px`;
    text.textContent = format.distance(metres, language());
    bar.setAttribute("aria-label", t("map.scale", { length: text.textContent }));
  };
  map.on("moveend zoomend resize", draw);
  onLanguage(draw);
  draw();
}

/**
 * Move the map to something with a bbox or a point; a point without a zoom is shown close by. What lies under a sheet
 * of the phone, the legend or the list of layers does not count: the target stands in what they leave.
 * @param {any} map
 * @param {{lat?: number, lng?: number, zoom?: number, bbox?: number[]}} target
 */
export function goTo(map, target) {
  const { lat, lng, bbox, zoom } = target;
  const wide = bbox && (bbox[2] - bbox[0] > 1e-6 || bbox[3] - bbox[1] > 1e-6);
  const below = underSheet(map);
  if (wide) {
    const { top, right, bottom, left } = margins(map, bbox);
    root.GezhiMap.fit(map, bbox, { maxZoom: NEAREST_ZOOM, paddingTopLeft: [left, top], paddingBottomRight: [right, bottom] });
  } else if (lat !== undefined && lng !== undefined) {
    const near = zoom ?? Math.max(map.getZoom(), NEAREST_ZOOM - 1);
    const middle = map.project([lat, lng], near).add([0, zoom === undefined ? below / 2 : 0]);
    map.setView(map.unproject(middle, near), near, { animate: false });
  }
  if (wide || zoom !== undefined) fits.set(map, { target, zoom: map.getZoom(), centre: map.getCenter() });
}

/**
 * The place at the middle of what is seen of the map: what lies under a sheet of the phone does not count.
 * @param {any} map
 */
export function middle(map) {
  const { x, y } = map.getSize();
  return map.containerPointToLatLng([x / 2, (y - underSheet(map)) / 2]);
}

/**
 * How far from the sides of the map a bbox is fitted, in pixels.
 * @param {any} map
 * @param {number[]} bbox west, south, east, north
 */
function margins(map, [west, south, east, north]) {
  const over = map.getContainer().getBoundingClientRect();
  const boxes = ["map-legend", "map-layers"]
    .map((id) => document.getElementById(id)?.getBoundingClientRect())
    .filter((box) => box && box.height > FOLDED_PX)
    .map((/** @type {any} */ box) => ({ left: box.left - over.left, right: box.right - over.left, top: box.top - over.top, bottom: box.bottom - over.top }))
    .map(({ left, right, top, bottom }) => ({ left: left - MARGIN_PX, right: right + MARGIN_PX, top: top - MARGIN_PX, bottom: bottom + MARGIN_PX }));
  const sides = { top: MARGIN_PX + underHead(map), right: MARGIN_PX, bottom: MARGIN_PX + underSheet(map), left: MARGIN_PX };
  const [from, to] = [map.project([north, west], 10), map.project([south, east], 10)];
  return clearOf(map.getSize(), sides, boxes, Math.max(1e-3, (to.x - from.x) / Math.max(1e-3, to.y - from.y)));
}

/**
 * How many pixels of the map's head lie under the search and what stands below it, where these reach across the map.
 * @param {any} map
 */
function underHead(map) {
  const box = map.getContainer().getBoundingClientRect();
  const head = document.getElementById("map-top")?.getBoundingClientRect();
  return head && head.width > box.width * 0.6 ? Math.max(0, Math.min(box.height / 4, head.bottom - box.top)) : 0;
}

/**
 * How many pixels of the map's foot lie under an open sheet; none where the columns stand beside the map.
 * @param {any} map
 */
function underSheet(map) {
  const box = map.getContainer().getBoundingClientRect();
  const tops = ["work", "panel"]
    .map((id) => document.getElementById(id))
    .filter((sheet) => sheet && !sheet.hidden)
    .map((sheet) => /** @type {HTMLElement} */ (sheet).getBoundingClientRect())
    .filter((sheet) => sheet.width > box.width * 0.9 && sheet.top > box.top)
    .map((sheet) => sheet.top);
  return Math.max(0, Math.min(box.height * 0.75, box.bottom - Math.min(box.bottom, ...tops)));
}
