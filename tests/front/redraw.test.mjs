/** What the workbench decides without a page: the log as it grows, cells by label, lines of at most so many points. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { freeColour } from "../../server/static/js/layers/gridcolours.mjs";
import { community } from "../../server/static/js/redraw/chosen.mjs";
import { grouped } from "../../server/static/js/redraw/desk.mjs";
import { logged } from "../../server/static/js/redraw/parts.mjs";
import { thinned } from "../../server/static/js/redraw/tools.mjs";
import { build, parse } from "../../server/static/js/url.mjs";

const edit = (seq) => ({ seq, kind: "edit", op: "assign", undone: false });
const result = (entry, undo, redo) => ({ entry, can_undo: undo, can_redo: redo });

test("undo and redo mark the entries that they take back and make again", () => {
  let history = { items: [], can_undo: false, can_redo: false };
  for (const seq of [1, 2, 3]) history = logged(history, result(edit(seq), true, false));
  history = logged(history, result({ seq: 4, kind: "undo", op: "undo", undone: false }, true, true));
  history = logged(history, result({ seq: 5, kind: "undo", op: "undo", undone: false }, true, true));
  const undone = () => history.items.filter((one) => one.undone).map((one) => one.seq);
  assert.deepEqual(undone(), [3, 2]);
  history = logged(history, result({ seq: 6, kind: "redo", op: "redo", undone: false }, true, true));
  assert.deepEqual(undone(), [3]);
  assert.deepEqual([history.can_undo, history.can_redo, history.items[0].seq], [true, true, 6]);
});

test("cells are grouped by label in the order they come", () => {
  assert.deepEqual([...grouped(["a", "b", "c"], [1, 2, 1])], [[1, ["a", "c"]], [2, ["b"]]]);
});

test("a drawn line keeps its ends and at most 400 points", () => {
  const points = Array.from({ length: 5000 }, (_, i) => ({ lat: i / 1000, lng: 1 }));
  const kept = thinned(points);
  assert.ok(kept.length <= 400);
  assert.deepEqual([kept[0], kept.at(-1)], [[0, 1], [4.999, 1]]);
  assert.equal(thinned(points.slice(0, 2)).length, 2);
});

test("the grids of a community are those of the same region", () => {
  const grids = new Map([
    [1, { label: 1, region: { id: "a" } }],
    [2, { label: 2, region: { id: "b" } }],
    [3, { label: 3, region: { id: "a" } }],
  ]);
  assert.deepEqual(community({ grids }, grids.get(1)), [1, 3]);
});

test("a new grid gets a colour that no neighbour has", () => {
  const layer = { neighbourGroups: () => new Map([[12, new Set([10, 11])]]) };
  const grids = [{ label: 10 }, { label: 11 }, { label: 12 }];
  assert.equal(freeColour(layer, grids, [0, 1], 12), 2);
});

test("what a plan is compared with is in the address", () => {
  assert.equal(parse("?beside=0a1b&plan=9f").beside, "0a1b");
  assert.equal(parse("?beside=<x>").beside, undefined);
  assert.match(build({ plan: "9f", beside: "0a1b" }), /plan=9f&beside=0a1b/);
});
