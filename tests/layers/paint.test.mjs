// Colouring a tile: fills, classes, borders where groups meet, wide borders of parents, highlight and hatching.
import assert from 'node:assert/strict';
import {createRequire} from 'node:module';
import {test} from 'node:test';

const require = createRequire(import.meta.url);
require('../../layers/static/paint.js');
const {pack, blend, classOf, paint} = globalThis.GezhiPaint;

const SIZE = 12, MARGIN = 4, W = SIZE + 2 * MARGIN;
const RED = pack('#ff0000', 1), GREEN = pack('#00ff00', 1), LINE = pack('#000000', 1), WIDE = pack('#0000ff', 1);

/** Four quarters, each a cell: 1 2 over 3 4, meeting in the middle of the tile. */
function quarters() {
  const ids = new Int32Array(W * W);
  for (let row = 0; row < W; row++) for (let column = 0; column < W; column++) ids[row * W + column] = 1 + (column >= W / 2) + 2 * (row >= W / 2);
  return ids;
}

function look(changes) {
  return {
    fill: Uint32Array.of(0, RED, GREEN, RED, GREEN), group: null, mark: new Uint8Array(5), levels: [],
    cellLine: 0, highlight: pack('#111111', 1), ratio: 1, ...changes,
  };
}

function painted(changes, rectangle = [0, 0, SIZE, SIZE]) {
  const out = new Uint32Array(SIZE * SIZE);
  paint(out, SIZE, quarters(), MARGIN, look(changes), ...rectangle);
  return (x, y) => out[y * SIZE + x];
}

test('colours are packed as ImageData reads them', () => {
  const bytes = new Uint8Array(Uint32Array.of(pack('#123456', 1)).buffer);
  assert.deepEqual([...bytes], [0x12, 0x34, 0x56, 255]);
  assert.equal(pack('#123456', 0) >>> 24, 0);
});

test('blending: nothing over a colour keeps it, a solid colour hides what is below', () => {
  assert.equal(blend(RED, GREEN, 0), RED);
  assert.equal(blend(RED, GREEN, 1), GREEN);
  assert.equal(blend(0, 0, 0.5), 0);
  assert.equal(blend(0, GREEN, 0.5) >>> 24, 128);
});

test('a value belongs to the first class that holds it; ends are open above but for the last', () => {
  const classes = [{from: null, to: 0}, {from: 0, to: 0}, {from: 0, to: 2}, {from: 2, to: 5}];
  const found = [-3, 0, 1.5, 2, 5, 5.1, NaN].map((value) => classOf(value, classes));
  assert.deepEqual(found, [0, 1, 2, 3, 3, -1, -1]);
  assert.equal(classOf(9, [{from: 1, to: null}]), 0);
});

test('cells are filled and nothing else is drawn without borders', () => {
  const at = painted({});
  assert.equal(at(0, 0), RED);
  assert.equal(at(11, 0), GREEN);
  assert.equal(at(5, 5), RED);
});

test('a cell in no group is parted by the finest border, what lies outside everything by the widest', () => {
  const levels = [{colour: LINE, width: 1, of: null}, {colour: WIDE, width: 1, of: Int32Array.of(0)}];
  const inside = painted({group: Int32Array.of(-1, 0, -1, 0, 0), levels});
  assert.equal(inside(5, 0), LINE);
  const out = new Uint32Array(SIZE * SIZE);
  const ids = quarters().map((id) => (id === 2 ? 0 : id));
  paint(out, SIZE, ids, MARGIN, look({group: Int32Array.of(-1, 0, 0, 0, 0), levels}), 0, 0, SIZE, SIZE);
  assert.equal(out[5], WIDE);
});

test('a border runs where the group changes and nowhere else', () => {
  const at = painted({group: Int32Array.of(-1, 7, 7, 8, 8), levels: [{colour: LINE, width: 1, of: null}]});
  for (let x = 0; x < SIZE; x++) assert.equal(at(x, 5), LINE);
  assert.equal(at(5, 2), RED);
  assert.equal(at(6, 2), GREEN);
});

test('the border of a parent is wider and lies over that of its groups', () => {
  const levels = [{colour: LINE, width: 1, of: null}, {colour: WIDE, width: 3, of: [0, 0, 1, 1]}];
  const at = painted({group: Int32Array.of(-1, 0, 1, 2, 3), levels});
  for (const y of [4, 5, 6]) assert.equal(at(2, y), WIDE);
  assert.equal(at(5, 1), LINE);
  assert.equal(at(5, 5), WIDE);
});

test('a parent border is drawn even where the finest borders are left out', () => {
  const at = painted({group: Int32Array.of(-1, 0, 1, 2, 3), levels: [{colour: WIDE, width: 1, of: [0, 0, 1, 1]}]});
  assert.equal(at(2, 5), WIDE);
  assert.equal(at(5, 1), RED);
});

test('thin lines between cells, but not round the outside', () => {
  const fill = Uint32Array.of(0, RED, RED, 0, 0);
  const ids = quarters().map((id) => (id > 2 ? 0 : id));
  const out = new Uint32Array(SIZE * SIZE);
  paint(out, SIZE, ids, MARGIN, look({fill, cellLine: WIDE}), 0, 0, SIZE, SIZE);
  assert.equal(out[2 * SIZE + 5], WIDE);
  assert.equal(out[5 * SIZE + 2], RED);
});

test('what is highlighted has a strong border', () => {
  const at = painted({mark: Uint8Array.of(0, 1, 0, 0, 0)});
  assert.equal(at(5, 2), pack('#111111', 1));
  assert.equal(at(2, 5), pack('#111111', 1));
  assert.equal(at(9, 9), GREEN);
});

test('hatching darkens part of the pixels of its cells only', () => {
  const at = painted({mark: Uint8Array.of(0, 2, 0, 0, 0)});
  const changed = [];
  for (let y = 0; y < SIZE; y++) for (let x = 0; x < SIZE; x++) if (at(x, y) !== RED && at(x, y) !== GREEN) changed.push([x, y]);
  assert.ok(changed.length > 8 && changed.length < 28);
  assert.ok(changed.every(([x, y]) => x < 6 && y < 6));
});

test('painting a rectangle gives the same pixels as painting the whole tile', () => {
  const group = Int32Array.of(-1, 0, 1, 2, 3);
  const changes = {group, mark: Uint8Array.of(0, 3, 0, 0, 0), levels: [{colour: pack('#222222', 0.8), width: 1.5, of: null}, {colour: WIDE, width: 2.5, of: [0, 0, 1, 1]}]};
  const whole = painted(changes);
  for (const [x0, y0, x1, y1] of [[0, 0, 5, 5], [4, 4, 8, 8], [6, 0, 12, 12], [5, 5, 6, 6]]) {
    const part = painted(changes, [x0, y0, x1, y1]);
    for (let y = y0; y < y1; y++) for (let x = x0; x < x1; x++) assert.equal(part(x, y), whole(x, y), `${x},${y}`);
  }
});
