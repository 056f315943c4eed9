// Where cells are on the map: against h3-js itself, cell by cell and pixel by pixel.
import assert from 'node:assert/strict';
import {createRequire} from 'node:module';
import {test} from 'node:test';

const require = createRequire(import.meta.url);
const h3 = require('../../server/static/vendor/h3-js.umd.js');
require('../../layers/static/raster.js');
const {decode, positionOf} = globalThis.GezhiPayload;
const {Locator, fillIds, worldX, worldY} = globalThis.GezhiRaster;

function disk(lat, lng, res, k) {
  const ids = h3.gridDisk(h3.latLngToCell(lat, lng, res), k).map((id) => BigInt(`0x${id}`));
  return BigUint64Array.from(ids.sort((a, b) => (a < b ? -1 : 1)));
}

function outlines(cells) {
  return (position) => {
    const corners = h3.cellToBoundary(cells[position].toString(16));
    return Float64Array.from(corners.flatMap(([lat, lng]) => [worldX(lng), worldY(lat)]));
  };
}

const [PENTAGON_LAT, PENTAGON_LNG] = h3.cellToLatLng(h3.getPentagons(9)[0]);

const PLACES = [
  ['a city of southern China', 26.6, 111.6, 10, 60],
  ['Harbin, far north', 45.8, 126.5, 10, 40],
  ['across an edge of the icosahedron', 64.7, 10.5, 9, 30],
  ['round a pentagon', PENTAGON_LAT, PENTAGON_LNG, 9, 25],
  ['large cells', 39.9, 116.4, 4, 8],
  ['the finest', 30.5, 114.3, 15, 40],
];

for (const [name, lat, lng, res, k] of PLACES) {
  test(`centres lie within a hundredth of a cell: ${name}`, () => {
    const cells = disk(lat, lng, res, k);
    const located = new Locator(h3, cells, res).all();
    assert.equal(located.patches.reduce((sum, patch) => sum + patch.end - patch.start, 0), cells.length);
    let worst = 0;
    for (let i = 0; i < cells.length; i++) {
      const [cellLat, cellLng] = h3.cellToLatLng(cells[i].toString(16));
      worst = Math.max(worst, Math.hypot(worldX(cellLng) - located.x[i], worldY(cellLat) - located.y[i]));
    }
    assert.ok(worst <= 0.01 * located.spacing, `worst ${worst / located.spacing} of a cell`);
  });
}

/** Share of pixels whose owner is not what h3 says, and pixels inside the set that nobody owns. */
function compare(cells, res, lat, lng, zoom, w = 256) {
  const located = new Locator(h3, cells, res).all();
  const scale = 256 * 2 ** zoom;
  const ox = Math.floor(worldX(lng) * scale) - w / 2, oy = Math.floor(worldY(lat) * scale) - w / 2;
  const ids = new Int32Array(w * w);
  fillIds(ids, w, ox, oy, scale, located, outlines(cells));
  let wrong = 0, empty = 0, asked = 0;
  for (let row = 1; row < w - 1; row += 3) {
    for (let column = 1; column < w - 1; column += 3) {
      const x = (ox + column + 0.5) / scale, y = (oy + row + 0.5) / scale;
      const pointLat = (Math.atan(Math.exp((0.5 - y) * 2 * Math.PI)) * 360) / Math.PI - 90;
      const wanted = positionOf(cells, BigInt(`0x${h3.latLngToCell(pointLat, (x - 0.5) * 360, res)}`));
      if (wanted < 0) continue;
      asked++;
      if (ids[row * w + column] === 0) empty++;
      else if (ids[row * w + column] - 1 !== wanted) wrong++;
    }
  }
  return {wrong: wrong / asked, empty, asked, px: located.spacing * scale};
}

for (const [zoom, allowed] of [[9, 1], [11, 0.3], [12, 0.02], [14, 0.005], [16, 0.0005], [18, 0.0005]]) {
  test(`pixels belong to the cell that h3 names, at zoom ${zoom}`, () => {
    const cells = disk(26.6, 111.6, 10, 60);
    const {wrong, empty, asked, px} = compare(cells, 10, 26.6, 111.6, zoom);
    assert.ok(asked > 100);
    assert.equal(empty, 0, 'no pixel inside the city stays empty');
    assert.ok(wrong <= allowed, `${wrong} of ${asked} pixels wrong with cells of ${px} px`);
  });
}

test('two tiles agree on the pixels that they share', () => {
  const cells = disk(26.6, 111.6, 10, 60);
  const located = new Locator(h3, cells, 10).all();
  for (const zoom of [10, 12, 13, 15]) {
    const scale = 256 * 2 ** zoom, w = 264;
    const ox = Math.floor(worldX(111.6) * scale), oy = Math.floor(worldY(26.6) * scale) - 100;
    const left = new Int32Array(w * w), right = new Int32Array(w * w);
    fillIds(left, w, ox - 256, oy, scale, located, outlines(cells));
    fillIds(right, w, ox, oy, scale, located, outlines(cells));
    for (let row = 1; row < w - 1; row++) {
      for (let column = 1; column < 7; column++) assert.equal(left[row * w + 256 + column], right[row * w + column]);
    }
  }
});

test('a single cell far below a pixel still owns one', () => {
  const cells = disk(26.6, 111.6, 10, 0);
  const located = new Locator(h3, cells, 10).all();
  const scale = 256 * 2 ** 5, ids = new Int32Array(64 * 64);
  const [ox, oy] = [Math.floor(worldX(111.6) * scale) - 32, Math.floor(worldY(26.6) * scale) - 32];
  assert.equal(fillIds(ids, 64, ox, oy, scale, located, outlines(cells)), true);
  assert.equal(fillIds(new Int32Array(64 * 64), 64, ox + 200, oy, scale, located, outlines(cells)), false);
  assert.equal(ids.filter((id) => id === 1).length, 1);
});

test('no cells at all', () => {
  const located = new Locator(h3, new BigUint64Array(0), 10).all();
  const ids = new Int32Array(16);
  fillIds(ids, 4, 0, 0, 256, located, () => new Float64Array(0));
  assert.ok(ids.every((id) => id === 0));
});

/** A payload written by hand from the documented layout. */
function payload(header, ...columns) {
  let text = JSON.stringify(header);
  while ((8 + text.length) % 8) text += ' ';
  const parts = columns.map((column) => Buffer.from(column.buffer));
  const head = Buffer.alloc(8);
  head.write('GZH1', 0, 'ascii');
  head.writeUInt32LE(text.length, 4);
  const whole = Buffer.concat([head, Buffer.from(text), ...parts]);
  return whole.buffer.slice(whole.byteOffset, whole.byteOffset + whole.length);
}

test('a payload is read by its documented layout', () => {
  const cells = disk(26.6, 111.6, 10, 1).subarray(0, 4);
  const header = {
    n: 4, res: 10, meta: {plan: '7'},
    columns: [{name: 'cell', dtype: 'u8', offset: 0}, {name: 'grid', dtype: 'u2', offset: 32}, {name: 'value', dtype: 'f4', offset: 40}],
  };
  const read = decode(payload(header, BigUint64Array.from(cells), Uint16Array.of(3, 1, 2, 65535), Float32Array.of(0.5, -1, NaN, 4)));
  assert.deepEqual([...read.cells], [...cells]);
  assert.deepEqual([...read.columns.grid], [3, 1, 2, 65535]);
  assert.deepEqual([...read.columns.value], [0.5, -1, NaN, 4]);
  assert.equal(read.res, 10);
  assert.equal(read.meta.plan, '7');
});

test('other bytes are refused', () => {
  assert.throws(() => decode(new ArrayBuffer(4)), /GZH1/);
  assert.throws(() => decode(new TextEncoder().encode('{"error":{}}').buffer), /GZH1/);
});
