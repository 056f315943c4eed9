/** Figures read as people write them, in both languages. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as format from "../../server/static/js/format.mjs";

test("numbers are grouped, have a real minus, and nothing is a dash", () => {
  assert.deepEqual(
    [1234, -5, 0, 1234.567].map((one) => format.number(one)),
    ["1,234", "−5", "0", "1,235"],
  );
  assert.deepEqual(
    [null, undefined, NaN, Infinity].map((one) => format.number(one)),
    ["–", "–", "–", "–"],
  );
});

test("three significant digits where a figure is small", () => {
  assert.deepEqual([1234.6, 12.34, 1.234, 0.01234, 0, -0.5].map(format.figure), [
    "1,235",
    "12.3",
    "1.23",
    "0.0123",
    "0",
    "−0.5",
  ]);
});

test("shares have one decimal and no space; deviations have their sign", () => {
  assert.equal(format.percent(0.1234), "12.3%");
  assert.deepEqual([0.022, -0.04, 0, 0.0001].map(format.signed), ["+2.2%", "−4%", "0%", "0%"]);
});

test("households change to 万户 at a hundred thousand, in Chinese only", () => {
  assert.deepEqual(
    [412, 99_999, 123_456].map((one) => format.households(one, "zh")),
    ["412 户", "99,999 户", "12.3 万户"],
  );
  assert.equal(format.households(123_456, "en"), "123,456 households");
  assert.equal(format.householdCount(412, "en"), "412");
});

test("distances and areas have fitting units", () => {
  assert.deepEqual(
    [340, 1240, 250_000].map((one) => format.distance(one, "zh")),
    ["340 米", "1.2 公里", "250 公里"],
  );
  assert.deepEqual(
    [0.189, 12.34, 1234].map((one) => format.area(one, "en")),
    ["0.189 km²", "12.3 km²", "1,234 km²"],
  );
});

test("durations and sizes", () => {
  assert.equal(format.duration(68, "zh"), "1 分 8 秒");
  assert.equal(format.duration(8.4, "en"), "8 s");
  assert.deepEqual([12, 88_000, 5_300_000].map(format.bytes), ["12 B", "88 kB", "5.3 MB"]);
});

test("moments are the city's own, whatever the reader's zone", () => {
  assert.equal(format.moment("2025-12-31T16:30:00Z", "Asia/Shanghai"), "2026-01-01 00:30");
  assert.equal(format.day("2025-12-31T16:30:00Z", "America/Chicago"), "2025-12-31");
  assert.equal(format.moment("rubbish", "Asia/Shanghai"), "–");
});

test("a local day begins when it begins there, also when the clocks change", () => {
  assert.equal(format.startOfDay("2025-07-01", "Asia/Shanghai"), "2025-06-30T16:00:00Z");
  assert.equal(format.startOfDay("2025-03-09", "America/Chicago"), "2025-03-09T06:00:00Z");
  assert.equal(format.startOfDay("2025-03-10", "America/Chicago"), "2025-03-10T05:00:00Z");
});

test("adding days crosses months, years and leap days", () => {
  assert.equal(format.addDays("2024-02-28", 1), "2024-02-29");
  assert.equal(format.addDays("2025-12-31", 1), "2026-01-01");
  assert.equal(format.addDays("2025-03-01", -1), "2025-02-28");
});
