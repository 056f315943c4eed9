/**
 * Management grids: coloured side by side, by deviation from the band, or by households; their borders, and those
 * of communities and towns, come with the cells. The layer stays on the map (perhaps unpainted), since it knows
 * which grid lies under the pointer.
 */

import { ApiError } from "../api.mjs";
import { colourBoxes } from "../geometry.mjs";
import { t } from "../i18n.mjs";
import { createHex } from "./hex.mjs";
import { countIn, DEVIATION, GRID_COLOURS, quantiles, RAMP, SELECTED } from "./style.mjs";

/** @param {any} app */
export function createGrids(app) {
  const hex = createHex(app, { pane: "grids", options: { highlightColour: SELECTED } });
  /** @type {any} */
  let list = null;
  /** @type {number[]} */
  let colours = [];
  const look = { on: false, regions: false, opacity: 0.62, choice: "colour", covered: false };

  const byLabel = (/** @type {(grid: any) => any} */ of, /** @type {any} */ none) => {
    const most = list.grids.reduce((/** @type {number} */ top, /** @type {any} */ grid) => Math.max(top, grid.label), -1);
    const values = new Array(most + 1).fill(none);
    for (const grid of list.grids) values[grid.label] = of(grid);
    return values;
  };

  const style = () => {
    const filled = look.on && !look.covered && look.choice !== "outline";
    const drawn = look.on || look.regions;
    return {
      colour: filled ? fillOf() : { kind: "group", column: "grid", colours: [] },
      fillOpacity: look.opacity,
      borders: drawn,
      borderWidth: look.on ? 1.5 * thinness(app.map.getZoom()) : 0.01,
      borderColour: look.on ? "#26343d" : "#ffffff",
      levels: look.regions ? regionLevels() : [],
      cellLines: look.on,
    };
  };

  const fillOf = () => {
    if (look.choice === "deviation") return { kind: "groupvalue", column: "grid", values: byLabel((grid) => grid.deviation, null), classes: DEVIATION };
    if (look.choice === "households") return { kind: "groupvalue", column: "grid", values: byLabel((grid) => grid.households, null), classes: householdClasses() };
    const label = new Map(list.grids.map((/** @type {any} */ grid, /** @type {number} */ i) => [grid.label, GRID_COLOURS[colours[i]]]));
    return { kind: "group", column: "grid", colours: byLabel((grid) => label.get(grid.label), null) };
  };

  const householdClasses = () => quantiles(list.grids.map((/** @type {any} */ grid) => grid.households), RAMP.length).map((one, i) => ({ ...one, colour: RAMP[i] }));

  const regionLevels = () => {
    const regions = app.regionsNow();
    const levels = [];
    const thin = thinness(app.map.getZoom()) * (look.covered ? 0.7 : 1);
    const community = numbered(byLabel((grid) => grid.region?.id ?? null, null));
    levels.push({ of: community, width: 2.5 * thin, colour: "#4b3a1d" });
    const parents = new Map(regions.map((/** @type {any} */ one) => [one.id, one.parent]));
    if (app.city.levels.includes("town") && app.city.levels.at(-1) !== "town") {
      levels.push({ of: numbered(byLabel((grid) => parents.get(grid.region?.id) ?? null, null)), width: 4 * thin, colour: "#3d2b56" });
    }
    return levels;
  };

  const restyle = () => {
    if (list && hex.data()) hex.layer.setStyle(style());
  };

  let thin = thinness(app.map.getZoom());
  app.map.on("zoomend", () => {
    const now = thinness(app.map.getZoom());
    if (now !== thin) restyle();
    thin = now;
  });

  return {
    hex,
    /** Load the plan that is looked at. False when there is none. */
    async load() {
      try {
        const [grids] = await Promise.all([app.grids(), app.regions()]);
        list = grids;
      } catch (failure) {
        if (failure instanceof ApiError && failure.status === 404) {
          list = null;
          hex.hide();
          return false;
        }
        throw failure;
      }
      colours = colourBoxes(list.grids.map((/** @type {any} */ grid) => grid.bbox), GRID_COLOURS.length);
      hex.show();
      await hex.load(app.planPath("cells", list.plan.id), style);
      if (hex.data() && settleColours(hex.layer, list.grids, colours)) restyle();
      return true;
    },
    /** @param {Partial<typeof look>} change */
    look(change) {
      Object.assign(look, change);
      restyle();
    },
    /** @returns {any[]} */
    legend() {
      if (!list || !look.on || look.covered) return [];
      const n = list.grids.length;
      const source = { zh: t("plan.version", { version: list.plan.version }), en: t("plan.version", { version: list.plan.version }) };
      if (look.choice === "deviation") {
        const values = list.grids.map((/** @type {any} */ grid) => grid.deviation);
        const counts = countIn(values, DEVIATION);
        return [{ title: t("layer.grids.deviation"), n, source, classes: DEVIATION.map((one, i) => ({ colour: one.colour, label: deviationLabel(one), count: counts[i] })) }];
      }
      if (look.choice === "households") {
        const values = list.grids.map((/** @type {any} */ grid) => grid.households);
        const classes = householdClasses();
        const counts = countIn(values, classes);
        return [{ title: t("layer.grids.households"), unit: t("unit.households"), n, source, classes: classes.map((one, i) => ({ ...one, count: counts[i] })) }];
      }
      return [{ title: t("layer.grids"), n, source, classes: [{ colour: "#26343d", shape: "line", label: t("legend.grid_border") }] }];
    },
  };
}

/**
 * Borders are thinner from afar, so that they do not hide what they bound.
 * @param {number} zoom
 */
function thinness(zoom) {
  return zoom >= 14 ? 1 : zoom >= 12.5 ? 0.75 : 0.5;
}

/**
 * Number the distinct ids, in an array by label; -1 for none.
 * @param {(string | null)[]} ids
 */
function numbered(ids) {
  /** @type {Map<string, number>} */
  const numbers = new Map();
  return Int32Array.from(ids, (id) => {
    if (id === null) return -1;
    if (!numbers.has(id)) numbers.set(id, numbers.size);
    return /** @type {number} */ (numbers.get(id));
  });
}

/** @param {{from: number | null, to: number | null}} one */
function deviationLabel({ from, to }) {
  const whole = (/** @type {number} */ ratio) => `${Math.abs(Math.round(ratio * 100))}%`;
  if (from === 0 && to === 0) return t("deviation.inside");
  if (from === null) return t("deviation.below_more", { a: whole(/** @type {number} */ (to)) });
  if (to === null) return t("deviation.above_more", { a: whole(from) });
  const [a, b] = [Math.min(Math.abs(from), Math.abs(to)), Math.max(Math.abs(from), Math.abs(to))];
  return t(from < 0 ? "deviation.below" : "deviation.above", { a: whole(a), b: whole(b) });
}

/**
 * Where two grids whose boxes meet got the same colour, look whether they really touch, and if so change one of them.
 * @param {any} layer the hexagon layer with its data
 * @param {any[]} grids
 * @param {number[]} colours by position in `grids`; changed in place
 * @returns {boolean} whether any colour changed
 */
export function settleColours(layer, grids, colours) {
  const at = new Map(grids.map((grid, i) => [grid.label, i]));
  let changed = false;
  for (const i of clashes(grids, colours)) {
    const near = new Set(layer.neighbourGroups(grids[i].label).map((/** @type {number} */ label) => colours[at.get(label) ?? -1]));
    if (!near.has(colours[i])) continue;
    const free = GRID_COLOURS.findIndex((_, k) => !near.has(k));
    if (free < 0) continue;
    colours[i] = free;
    changed = true;
  }
  return changed;
}

/**
 * Positions of grids that share their colour with a later grid whose box meets theirs.
 * @param {any[]} grids
 * @param {number[]} colours
 */
function clashes(grids, colours) {
  const found = [];
  for (let i = 0; i < grids.length; i += 1) {
    const a = grids[i].bbox;
    for (let j = i + 1; j < grids.length; j += 1) {
      if (colours[i] !== colours[j]) continue;
      const b = grids[j].bbox;
      if (a[0] <= b[2] && b[0] <= a[2] && a[1] <= b[3] && b[1] <= a[3]) {
        found.push(i);
        break;
      }
    }
  }
  return found;
}
