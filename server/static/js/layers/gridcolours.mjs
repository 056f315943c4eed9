/** Colours for grids side by side: first by their boxes, then, where two of a colour may touch, by their cells. */

import { colourBoxes, touchingBoxes } from "../geometry.mjs";
import { GRID_COLOURS } from "./style.mjs";

/**
 * A position in the palette for each grid; grids whose boxes meet differ as far as the palette goes.
 * @param {any[]} grids
 * @returns {{colours: number[], clashing: number[]}} `clashing`: positions of grids that share their colour with a grid
 *   whose box meets theirs
 */
export function firstColours(grids) {
  const near = touchingBoxes(grids.map((grid) => grid.bbox));
  const colours = colourBoxes(near, GRID_COLOURS.length);
  const clashing = near.flatMap((some, i) => (some.some((j) => j > i && colours[j] === colours[i]) ? [i] : []));
  return { colours, clashing };
}

/**
 * Where two grids whose boxes meet got the same colour, look whether they really touch, and if so change one of them.
 * @param {any} layer the hexagon layer with its data
 * @param {any[]} grids
 * @param {{colours: number[], clashing: number[]}} first as of `firstColours`; its colours are changed in place
 * @returns {number[]} labels of the grids whose colour changed
 */
export function settleColours(layer, grids, { colours, clashing }) {
  const at = new Map(grids.map((grid, i) => [grid.label, i]));
  const around = layer.neighbourGroups(clashing.map((i) => grids[i].label));
  const changed = [];
  for (const i of clashing) {
    const near = new Set([...around.get(grids[i].label)].map((label) => colours[at.get(label) ?? -1]));
    if (!near.has(colours[i])) continue;
    const free = GRID_COLOURS.findIndex((_, k) => !near.has(k));
    if (free < 0) continue;
    colours[i] = free;
    changed.push(grids[i].label);
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
  const touching = [...layer.neighbourGroups([label]).get(label)];
  const near = new Set(touching.map((other) => colours[at.get(other) ?? -1]));
  return Math.max(0, GRID_COLOURS.findIndex((_, k) => !near.has(k)));
}
