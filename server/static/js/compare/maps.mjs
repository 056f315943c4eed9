/** Two maps that move as one: each shows a plan, and on both the cells that change their grid are hatched. */

import { binary, request } from "../api.mjs";
import { h, replace } from "../dom.mjs";
import { t } from "../i18n.mjs";
import { firstColours, settleColours } from "../layers/gridcolours.mjs";
import { createGround } from "../layers/ground.mjs";
import { GRID_COLOURS } from "../layers/style.mjs";
import { say } from "../redraw/words.mjs";

/** @type {any} */
const root = globalThis;
/** Changes smaller than this on the screen are gone to. */
const SEEN_PX = 120;
/** Maps stand under each other only where the city is larger by this much. */
const CLEARLY = 1.15;
const SIDES = /** @type {const} */ (["a", "b"]);

/**
 * @param {any} app
 * @param {HTMLElement} place
 */
export function createPair(app, place) {
  const frames = SIDES.map((side) => h("div.compare-map", { data: { side } }));
  const names = SIDES.map(() => h("p.compare-name"));
  const divider = h("input.compare-divider", {
    type: "range",
    min: 0,
    max: 100,
    value: 50,
    step: 1,
    "aria-label": t("compare.divider"),
    on: { input: () => clip() },
  });
  replace(
    place,
    frames.map((frame, i) => h("div.compare-frame", { data: { side: SIDES[i] } }, frame, names[i])),
    divider,
  );
  const wrappers = [...place.querySelectorAll(".compare-frame")];
  const maps = frames.map((frame) =>
    root.GezhiMap.create(frame, { bbox: app.city.bbox, label: t("compare.map"), options: { zoomAnimation: false, zoomSnap: 0.1 } }),
  );
  const layers = maps.map((map) => new root.GezhiHexagons({ colour: { kind: "plain", colour: "#dfe7e3" } }).addTo(map));
  link(maps);
  maps[0].setView(app.map.getCenter(), app.map.getZoom(), { animate: false });
  maps[0].on("moveend", () => app.map.setView(maps[0].getCenter(), maps[0].getZoom(), { animate: false }));
  const ground = createGround(app, maps);
  const clip = () => {
    const share = place.dataset.mode === "swipe" ? `${divider.value}%` : "0%";
    /** @type {any} */ (wrappers[1]).style.setProperty("clip-path", `inset(0 0 0 ${share})`);
    place.style.setProperty("--divider", share);
  };
  /** The view that shows the whole city, as long as nobody moves away from it. @type {string | null} */
  let whole = null;
  const at = () => `${maps[0].getZoom()} ${maps[0].getCenter()}`;
  const resize = () => {
    const [centre, zoom, untouched] = [maps[0].getCenter(), maps[0].getZoom(), whole === at()];
    place.dataset.under = String(stacked(place.getBoundingClientRect(), app.city.bbox));
    maps.forEach((map) => map.invalidateSize({ pan: false, animate: false }));
    if (untouched) root.GezhiMap.fit(maps[0], app.city.bbox);
    else maps.forEach((map) => map.setView(centre, zoom, { animate: false }));
    if (untouched) whole = at();
  };
  const sizes = new ResizeObserver(resize);
  frames.forEach((frame) => sizes.observe(frame));
  let turn = 0;

  return {
    /**
     * @param {string} one id of the plan on the left
     * @param {string} other
     */
    async show(one, other) {
      const mine = (turn += 1);
      const [moved, ...lists] = await Promise.all([
        binary(`${app.planPath("compare/cells", one)}?other=${encodeURIComponent(other)}`),
        ...[one, other].map((plan) => request(app.planPath("grids", plan))),
      ]);
      const payloads = await Promise.all(lists.map((list) => binary(app.planPath("cells", list.plan.id))));
      if (mine !== turn) return;
      ground.show().catch((failure) => app.layers.fault("ground", failure));
      const { cells } = root.GezhiPayload.decode(moved);
      if (wholeCity(app, maps[0])) whole = at();
      lookAt(maps[0], cells);
      const colours = new Map();
      for (const [i, layer] of layers.entries()) {
        await layer.setData(payloads[i]);
        layer.setStyle(look(layer, lists[i].grids, colours));
        layer.hatch({ cells: [...cells] });
        names[i].textContent = `${t(i ? "compare.after" : "compare.before")} · ${say(lists[i].plan.kind, "plan.version", { version: lists[i].plan.version })}`;
      }
    },
    /** @param {string} mode side or swipe */
    arrange(mode) {
      place.dataset.mode = mode;
      divider.hidden = mode !== "swipe";
      clip();
      resize();
    },
    /** @param {any} grid something with a bbox */
    goTo: (grid) => root.GezhiMap.fit(maps[0], grid.bbox, { maxZoom: 17, padding: [40, 40] }),
    stop() {
      turn += 1;
      sizes.disconnect();
      ground.hide();
      maps.forEach((map) => map.remove());
    },
  };
}

/**
 * Whether a city is clearly larger on two maps under each other than on two beside each other.
 * @param {{width: number, height: number}} room in pixels
 * @param {number[]} bbox of the city: west, south, east, north
 */
export function stacked({ width, height }, [west, south, east, north]) {
  const aspect = ((east - west) * Math.cos((((south + north) / 2) * Math.PI) / 180)) / (north - south);
  const wide = (/** @type {number} */ across, /** @type {number} */ down) => Math.min(across, down * aspect);
  return wide(width, height / 2) > CLEARLY * wide(width / 2, height);
}

/**
 * Who saw the whole city sees it here too, as large as the two smaller maps allow.
 * @param {any} app
 * @param {any} map
 * @returns {boolean} whether that is so
 */
function wholeCity(app, map) {
  const [west, south, east, north] = app.city.bbox;
  const city = root.L.latLngBounds([south, west], [north, east]);
  const seen = app.map.getBounds().contains(city);
  if (seen) root.GezhiMap.fit(map, app.city.bbox);
  return seen;
}

/**
 * Look at the cells that change their grid, unless they can be seen well where the map stands.
 * @param {any} map
 * @param {BigUint64Array} cells
 */
function lookAt(map, cells) {
  if (!cells.length) return;
  const bounds = root.L.latLngBounds([...cells].map((cell) => root.h3.cellToLatLng(cell.toString(16))));
  const size = map.latLngToContainerPoint(bounds.getSouthEast()).subtract(map.latLngToContainerPoint(bounds.getNorthWest()));
  if (Math.max(size.x, size.y) >= SEEN_PX && map.getBounds().intersects(bounds)) return;
  map.fitBounds(bounds.pad(0.2), { animate: false, maxZoom: 15, padding: [20, 20] });
}

/**
 * A grid has one colour on both maps: that of its code.
 * @param {any} layer with its data
 * @param {any[]} grids
 * @param {Map<string, number>} known colours by code; those of the left map are kept on the right one
 */
function look(layer, grids, known) {
  const first = firstColours(grids);
  const colours = first.colours.map((one, i) => known.get(grids[i].code) ?? one);
  layer.setStyle(style(grids, colours));
  if (!known.size) settleColours(layer, grids, { ...first, colours });
  grids.forEach((grid, i) => known.set(grid.code, colours[i]));
  return style(grids, colours);
}

/** @param {any[]} grids @param {number[]} colours */
function style(grids, colours) {
  /** @type {string[]} */
  const css = [];
  grids.forEach((grid, i) => (css[grid.label] = GRID_COLOURS[colours[i]]));
  return { colour: { kind: "group", column: "grid", colours: css }, fillOpacity: 0.6 };
}

/** Moving one map moves the other. @param {any[]} maps */
function link(maps) {
  let leading = false;
  maps.forEach((map, i) =>
    map.on("move", () => {
      if (leading) return;
      leading = true;
      maps[1 - i].setView(map.getCenter(), map.getZoom(), { animate: false });
      leading = false;
    }),
  );
}
