// Numbers and classes in words, in both languages.
import assert from 'node:assert/strict';
import {createRequire} from 'node:module';
import {test} from 'node:test';

const require = createRequire(import.meta.url);
require('../../layers/static/legend.js');
const {number, percent, range, say} = globalThis.GezhiLegend;

test('numbers have thousands, three digits and a true minus', () => {
  assert.deepEqual([1234.6, 12.34, 1.234, 0.5, -3, 0].map((value) => number(value)), ['1,235', '12.3', '1.23', '0.5', '−3', '0']);
  assert.equal(number(null), '–');
  assert.equal(number(NaN), '–');
});

test('percentages carry their sign', () => {
  assert.deepEqual([0.5, -0.2, 0, 0.053].map(percent), ['+50%', '−20%', '0%', '+5.3%']);
});

test('classes are named by what they hold', () => {
  const whole = {whole: true, ratio: false};
  assert.equal(range({from: 2, to: 5}, whole, false), '2 – 4');
  assert.equal(range({from: 2, to: 3}, whole, false), '2');
  assert.equal(range({from: 5, to: 9}, whole, true), '5 – 9');
  assert.equal(range({from: 0.5, to: 1.5}, {}, false), '0.5 – 1.5');
  assert.equal(range({from: null, to: -0.5}, {ratio: true}, false), '< −50%');
  assert.equal(range({from: 0.5, to: null}, {ratio: true}, true), '≥ +50%');
});

test('a text may be plain or in both languages', () => {
  assert.equal(say({zh: '网格', en: 'Grids'}, 'en'), 'Grids');
  assert.equal(say({zh: '网格'}, 'en'), '网格');
  assert.equal(say('431103', 'en'), '431103');
  assert.equal(say(null, 'zh'), '');
});
