/** The address holds what is shown: it goes there and back, and nonsense in it is left out. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { build, parse } from "../../server/static/js/url.mjs";

const FULL = {
  job: "incidents",
  view: { lat: 25.47292, lng: 112.085, zoom: 14.5 },
  layers: { ground: 1, grids: 0.6, "grid-names": 1 },
  selection: { kind: "grid", id: "17" },
  plan: "0155f3e5",
  from: "2025-07-01",
  to: "2026-06-30",
  category: "E05.02",
  per: "area",
  smooth: 2,
  hours: "7,8,9",
  weekdays: "0,6",
  level: "net:派出所",
  against: "year",
  language: /** @type {const} */ ("en"),
};

test("everything that is shown survives the way through the address", () => {
  assert.deepEqual(parse(build(FULL)), FULL);
});

test("a level that is none, and another window than a year ago, are left out", () => {
  assert.deepEqual(parse("?level=%7B7*7%7D&against=previous"), {});
  assert.deepEqual(parse(`?level=net:${"x".repeat(300)}`), {});
});

test("an empty state has an empty address, and the other way round", () => {
  assert.equal(build({}), "");
  assert.deepEqual(parse(""), {});
});

test("no layer at all is different from layers not being said", () => {
  assert.deepEqual(parse(build({ layers: {} })).layers, {});
  assert.equal(parse("?job=map").layers, undefined);
});

test("a category with any characters survives", () => {
  for (const category of ["A&B=C", "盗窃 / 入室", "100%", "a+b", "#1", "</script>"]) {
    assert.equal(parse(build({ category })).category, category);
  }
});

test("what is malformed is left out", () => {
  for (const search of [
    "?at=1,2",
    "?at=95,0,3",
    "?at=a,b,c",
    "?at=0,0,99",
    "?sel=grid",
    "?sel=:5",
    "?sel=person:7",
    "?from=2025-13-40",
    "?from=yesterday",
    "?lang=fr",
    "?job=../x",
    "?plan=a/b",
    "?smooth=-1",
    "?smooth=99",
    "?smooth=x",
    `?sel=grid:${"9".repeat(81)}`,
  ]) {
    assert.deepEqual(parse(search), {}, search);
  }
});

test("opacities are clamped and unreadable ones are full", () => {
  assert.deepEqual(parse("?layers=a:250,b:-5,c:x,d:40,<e>:1").layers, { a: 1, b: 0, c: 1, d: 0.4 });
});
