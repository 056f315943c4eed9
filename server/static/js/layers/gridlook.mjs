/** How the grids look: the options of the hexagon layer and the legend, from the plan and the reader's choices. Pure. */

import { t } from "../i18n.mjs";
import { say } from "../redraw/words.mjs";
import { countIn, DEVIATION, GRID_COLOURS, quantiles, RAMP } from "./style.mjs";

/**
 * @typedef {object} Look
 * @property {boolean} on
 * @property {boolean} regions borders of communities and towns
 * @property {number} opacity
 * @property {string} choice
 * @property {boolean} covered another layer colours the cells
 */
/** @typedef {{grids: any[], plan: any, colours: number[], steps: any[], bare: number, regions: any[], levels: string[], zoom: number}} Plan */

const GRID_LINE = "#26343d";
/** Cells in no grid. */
const BARE = "#b3261e";
const COMMUNITY_LINE = "#4b3a1d";
const TOWN_LINE = "#3d2b56";

/**
 * Options of GezhiHexagons.
 * @param {Look} look
 * @param {Plan} plan
 */
export function styleOf(look, plan) {
  const filled = look.on && !look.covered && look.choice !== "outline";
  return {
    colour: filled ? fillOf(look.choice, plan) : { kind: "group", column: "grid", colours: [] },
    fillOpacity: look.opacity,
    borders: look.on || look.regions,
    borderWidth: look.on ? 1.5 * thinness(plan.zoom) : 0.01,
    borderColour: look.on ? GRID_LINE : "#ffffff",
    levels: look.regions ? regionLevels(look, plan) : [],
    cellLines: look.on,
    bareColour: filled ? BARE : null,
  };
}

/**
 * @param {Look} look
 * @param {Plan} plan
 * @returns {any[]}
 */
export function legendsOf(look, plan) {
  if (!look.on || look.covered) return [];
  const n = plan.grids.length;
  const { kind } = plan.plan;
  const source = say(kind, "plan.version", { version: plan.plan.version });
  if (look.choice === "deviation") {
    const counts = countIn(
      plan.grids.map((grid) => grid.deviation),
      DEVIATION,
    );
    const classes = DEVIATION.map((one, i) => ({ colour: one.colour, label: deviationLabel(one), count: counts[i] }));
    return [{ title: t("layer.grids.deviation"), n, source, classes }];
  }
  if (look.choice === "households") {
    const counts = countIn(
      plan.grids.map((grid) => grid.households),
      plan.steps,
    );
    const counted = plan.steps.map((one, i) => ({ ...one, count: counts[i] }));
    return [{ title: t("layer.grids.households"), unit: t("unit.households"), n, source, classes: counted }];
  }
  const lines = [
    { colour: GRID_LINE, weight: 1.5, label: say(kind, "legend.grid_border") },
    look.regions && !bounds(plan.plan) && { colour: COMMUNITY_LINE, weight: 2.5, label: t("legend.community_border") },
    look.regions && plan.levels.includes("town") && { colour: TOWN_LINE, weight: 4, label: t("legend.town_border") },
  ];
  const shapes = lines.filter(Boolean).map((one) => ({ ...one, shape: "line" }));
  const bare = plan.bare ? [{ colour: BARE, label: t("legend.no_grid"), count: plan.bare }] : [];
  return [{ title: say(kind, "layer.grids"), n, source, classes: [...shapes, ...bare] }];
}

/**
 * Borders are thinner from afar, so that they do not hide what they bound.
 * @param {number} zoom
 */
export function thinness(zoom) {
  return zoom >= 14 ? 1 : zoom >= 12.5 ? 0.75 : 0.5;
}

/**
 * @param {string} choice
 * @param {Plan} plan
 */
function fillOf(choice, { grids, colours, steps }) {
  if (choice === "deviation" || choice === "households") {
    const classes = choice === "deviation" ? DEVIATION : steps;
    return { kind: "groupvalue", column: "grid", values: byLabel(grids, (grid) => grid[choice]), classes };
  }
  return { kind: "group", column: "grid", colours: byLabel(grids, (_, i) => GRID_COLOURS[colours[i]]) };
}

/**
 * @param {Look} look
 * @param {Plan} plan
 */
function regionLevels(look, { plan, grids, regions, levels, zoom }) {
  const thin = thinness(zoom) * (look.covered ? 0.7 : 1);
  const around = byLabel(grids, (grid) => grid.region?.id ?? null);
  const towns = (/** @type {any[]} */ ids) => ({ of: numbered(ids), width: 4 * thin, colour: TOWN_LINE });
  if (bounds(plan)) return levels.includes("town") ? [towns(around)] : [];
  const found = [];
  if (thin >= 0.5 || !look.covered) found.push({ of: numbered(around), width: 2.5 * thin, colour: COMMUNITY_LINE });
  if (levels.includes("town") && levels.at(-1) !== "town") {
    const parents = new Map(regions.map((one) => [one.id, one.parent]));
    found.push(towns(around.map((id) => parents.get(id) ?? null)));
  }
  return found;
}

/** Whether the plan draws communities: what it labels are they, and what they lie in are towns. @param {any} plan */
export function bounds(plan) {
  return plan.kind === "communities";
}

/**
 * Values in an array by label; null where there is no such grid.
 * @param {any[]} grids
 * @param {(grid: any, position: number) => any} of
 * @returns {any[]}
 */
function byLabel(grids, of) {
  const most = grids.reduce((top, grid) => Math.max(top, grid.label), -1);
  const values = new Array(most + 1).fill(null);
  grids.forEach((grid, i) => {
    values[grid.label] = of(grid, i);
  });
  return values;
}

/** Classes with as many grids each, coloured. @param {any[]} grids @returns {any[]} */
export function householdClasses(grids) {
  const classes = quantiles(
    grids.map((grid) => grid.households),
    RAMP.length,
  );
  return classes.map((one, i) => ({ ...one, colour: RAMP[i] }));
}

/**
 * Number the distinct ids; -1 for none.
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
