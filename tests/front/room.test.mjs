/** A fitted view stands in what the legend and the list of layers leave free. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { clearOf } from "../../server/static/js/room.mjs";

const EVEN = { top: 24, right: 24, bottom: 24, left: 24 };
const LEGEND = { left: 12, right: 282, top: 540, bottom: 804 };

test("a view stands beside the legend of a wide map and above that of a high one", () => {
  assert.deepEqual(clearOf({ x: 1044, y: 848 }, EVEN, [LEGEND], 0.9), { ...EVEN, left: 282 });
  assert.deepEqual(clearOf({ x: 700, y: 1400 }, EVEN, [{ ...LEGEND, top: 1100, bottom: 1360 }], 0.9), { ...EVEN, bottom: 300 });
});

test("two boxes are kept clear of on both sides; nothing over the map changes nothing", () => {
  const list = { left: 722, right: 986, top: 12, bottom: 700 };
  assert.deepEqual(clearOf({ x: 1344, y: 848 }, EVEN, [LEGEND, { ...list, left: 1022, right: 1286 }], 0.9), { ...EVEN, left: 282, right: 322 });
  assert.deepEqual(clearOf({ x: 1044, y: 848 }, EVEN, [], 0.9), EVEN);
});

test("what would leave too little room is not kept clear of", () => {
  assert.deepEqual(clearOf({ x: 390, y: 380 }, EVEN, [{ left: 8, right: 238, top: 150, bottom: 340 }], 0.9), EVEN);
});
