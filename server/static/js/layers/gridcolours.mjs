/** Colours for grids side by side: first by their boxes, then, where two of a colour may touch, by their cells. */

import { colourBoxes } from "../geometry.mjs";
import { GRID_COLOURS } from "./style.mjs";

/**
 * A position in the palette for each grid; grids whose boxes meet differ as far as the palette goes.
 * @param {any[]} grids
 */
export function firstColours(grids) {
  return colourBoxes(
    grids.map((grid) => grid.bbox),
    GRID_COLOURS.length,
  );
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
    const touching = /** @type {number[]} */ (layer.neighbourGroups(grids[i].label));
    const near = new Set(touching.map((label) => colours[at.get(label) ?? -1]));
    if (!near.has(colours[i])) continue;
    const free = GRID_COLOURS.findIndex((_, k) => !near.has(k));
    if (free < 0) continue;
    colours[i] = free;
    changed = true;
  }
  return changed;
}

/**
 * A position in the palette that no neighbour of a grid has, else the first one.
 * @param {any} layer the hexagon layer with its data
 * @param {any[]} grids
 * @param {number[]} colours by position in `grids`
 * @param {number} label
 */
export function freeColour(layer, grids, colours, label) {
  const at = new Map(grids.map((grid, i) => [grid.label, i]));
  const touching = /** @type {number[]} */ (layer.neighbourGroups(label));
  const near = new Set(touching.map((other) => colours[at.get(other) ?? -1]));
  return Math.max(0, GRID_COLOURS.findIndex((_, k) => !near.has(k)));
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
    const meets = (/** @type {number} */ j) => {
      const b = grids[j].bbox;
      return a[0] <= b[2] && b[0] <= a[2] && a[1] <= b[3] && b[1] <= a[3];
    };
    for (let j = i + 1; j < grids.length; j += 1) {
      if (colours[i] !== colours[j] || !meets(j)) continue;
      found.push(i);
      break;
    }
  }
  return found;
}
