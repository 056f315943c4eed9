/** A file of coverage that holds only its heading is told from one that holds rows. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { holdsRows } from "../../server/static/js/jobs/coverageexport.mjs";

test("a heading alone is nothing to save", () => {
  assert.equal(holdsRows("csv", "cell,lat,lng,band\r\n"), false);
  assert.equal(holdsRows("csv", "cell,lat,lng,band\r\n87,30.5,114.3,low\r\n"), true);
  assert.equal(holdsRows("geojson", '{"type":"FeatureCollection","watermark":"","features":[]}'), false);
  assert.equal(holdsRows("geojson", '{"type":"FeatureCollection","watermark":"","features":[{}]}'), true);
});
