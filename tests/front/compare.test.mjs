/** Where the two maps of a comparison stand. */
import assert from "node:assert/strict";
import { test } from "node:test";

import { stacked } from "../../server/static/js/compare/maps.mjs";

const ROUND = [111.93, 25.3, 112.24, 25.6];

test("two maps stand under each other only where the city is clearly larger so", () => {
  assert.equal(stacked({ width: 390, height: 320 }, ROUND), false);
  assert.equal(stacked({ width: 700, height: 780 }, ROUND), false);
  assert.equal(stacked({ width: 390, height: 600 }, ROUND), true);
  assert.equal(stacked({ width: 390, height: 320 }, [111, 25, 112, 25.3]), true);
  assert.equal(stacked({ width: 780, height: 320 }, [111, 25, 111.3, 26]), false);
});
