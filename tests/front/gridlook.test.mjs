/** How grids look: which borders are drawn over the cells, and that the legend names just those. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { legendsOf, styleOf } from "../../server/static/js/layers/gridlook.mjs";

const LOOK = { on: true, regions: true, opacity: 0.6, choice: "colour", covered: false };
const REGIONS = [
  { id: "1", parent: null, level: "town" },
  { id: "2", parent: null, level: "town" },
  { id: "11", parent: "1", level: "community" },
  { id: "12", parent: "1", level: "community" },
  { id: "21", parent: "2", level: "community" },
];

/** @param {string} kind @param {string[]} regions that of each grid */
function plan(kind, regions) {
  const grids = regions.map((id, label) => ({ label, region: { id } }));
  return { plan: { kind, version: 1 }, grids, colours: [0, 1, 2], steps: [], bare: 0, regions: REGIONS, levels: ["town", "community"], zoom: 15 };
}

/** @param {any} of */
const borders = (of) => styleOf(LOOK, of).levels.map((/** @type {any} */ one) => [one.width, [...one.of]]);

test("grids lie in communities, and communities in towns: both borders are drawn and named", () => {
  const grids = plan("grids", ["11", "12", "21"]);
  assert.deepEqual(borders(grids), [
    [2.5, [0, 1, 2]],
    [4, [0, 0, 1]],
  ]);
  assert.equal(legendsOf(LOOK, grids)[0].classes.length, 3);
});

test("a plan of communities is bounded by its own lines and by those of towns", () => {
  const communities = plan("communities", ["1", "1", "2"]);
  assert.deepEqual(borders(communities), [[4, [0, 0, 1]]]);
  assert.equal(legendsOf(LOOK, communities)[0].classes.length, 2);
});
