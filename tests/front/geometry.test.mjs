/** Small geometry: known distances and areas, label points inside, neighbours in different colours. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { areaKm2, boundsOf, colourBoxes, distanceM, labelPoint, touchingBoxes } from "../../server/static/js/geometry.mjs";

const RING = [
  [0, 0],
  [4, 0],
  [4, 1],
  [1, 1],
  [1, 4],
  [0, 4],
  [0, 0],
];

test("a degree of a meridian is 111.2 km", () => {
  assert.ok(Math.abs(distanceM({ lat: 0, lng: 0 }, { lat: 1, lng: 0 }) - 111_195) < 5);
  assert.equal(distanceM({ lat: 25, lng: 112 }, { lat: 25, lng: 112 }), 0);
});

test("a square degree at the equator is 12 364 km², whichever way round", () => {
  const square = [
    { lat: 0, lng: 0 },
    { lat: 0, lng: 1 },
    { lat: 1, lng: 1 },
    { lat: 1, lng: 0 },
  ];
  assert.ok(Math.abs(areaKm2(square) - 12_364) < 5);
  assert.equal(areaKm2(square), areaKm2([...square].reverse()));
});

test("bounds hold every part", () => {
  assert.deepEqual(
    boundsOf({
      coordinates: [
        [RING],
        [
          [
            [9, 9],
            [10, 9],
            [10, 10],
            [9, 9],
          ],
        ],
      ],
    }),
    [0, 0, 10, 10],
  );
});

test("a name stands inside, also in an L and in the largest of several parts", () => {
  const inL = labelPoint({ type: "Polygon", coordinates: [RING] });
  assert.ok((inL.lng > 0 && inL.lng < 1 && inL.lat < 4) || (inL.lat > 0 && inL.lat < 1 && inL.lng < 4));
  const small = [
    [20, 20],
    [20.1, 20],
    [20.1, 20.1],
    [20, 20],
  ];
  const inLargest = labelPoint({ type: "MultiPolygon", coordinates: [[small], [RING]] });
  assert.ok(inLargest.lng <= 4 && inLargest.lat <= 4);
});

test("touching boxes of a chessboard never share a colour", () => {
  /** @type {[number, number, number, number][]} */
  const boxes = [];
  for (let x = 0; x < 12; x += 1) for (let y = 0; y < 12; y += 1) boxes.push([x, y, x + 1, y + 1]);
  const colours = colourBoxes(touchingBoxes(boxes), 8);
  for (let i = 0; i < boxes.length; i += 1) {
    for (let j = i + 1; j < boxes.length; j += 1) {
      const [a, b] = [boxes[i], boxes[j]];
      const touch = a[0] <= b[2] && b[0] <= a[2] && a[1] <= b[3] && b[1] <= a[3];
      if (touch) assert.notEqual(colours[i], colours[j]);
    }
  }
  assert.ok(new Set(colours).size <= 8);
});
