/** What decides without a page: the store, layers that take each other's place, classes, steps of time. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { createCache } from "../../server/static/js/cache.mjs";
import { withQuery } from "../../server/static/js/api.mjs";
import { beginning, steps } from "../../server/static/js/histogram.mjs";
import { resolutionAt } from "../../server/static/js/layers/hex.mjs";
import { KINDS, PRESETS, switched } from "../../server/static/js/layers/kinds.mjs";
import { countIn, DEVIATION, GRID_COLOURS, quantiles } from "../../server/static/js/layers/style.mjs";
import { within } from "../../server/static/js/panel/region.mjs";
import { yearEnd } from "../../server/static/js/parts/rhythm.mjs";
import { consequences, refusedTable } from "../../server/static/js/jobs/importreport.mjs";
import { provide } from "../../server/static/js/i18n.mjs";
import { outcome, statusText, timeLeft } from "../../server/static/js/parts/tasks.mjs";
import { UNNAMED, departmentName } from "../../server/static/js/departments.mjs";
import { whose } from "../../server/static/js/panel/whose.mjs";
import { createStore } from "../../server/static/js/store.mjs";
import { judged } from "../../server/static/js/compare/tables.mjs";
import { createTurns } from "../../server/static/js/turns.mjs";

test("a listener hears only of the names it asked for, and only of changes", () => {
  const store = createStore({ a: 1, b: 2 });
  /** @type {any[]} */
  const heard = [];
  const stop = store.on(["a"], (state, changed) => heard.push([state.a, ...changed]));
  store.set({ b: 3 });
  store.set({ a: 1 });
  store.set({ a: 5, b: 6 });
  stop();
  store.set({ a: 7 });
  assert.deepEqual(heard, [[5, "a", "b"]]);
});

test("of several turns only the one begun last is the newest", () => {
  const begin = createTurns();
  const first = begin();
  assert.ok(first());
  const second = begin();
  assert.deepEqual([first(), second(), createTurns()()()], [false, true, true]);
});

test("layers that colour cells take each other's place; the others stay", () => {
  const before = { ground: 1, grids: 0.5, heat: 0.7 };
  assert.deepEqual(switched(before, "coverage", true), { ground: 1, grids: 0.5, coverage: 0.7 });
  assert.deepEqual(switched(before, "cameras", true), { ground: 1, grids: 0.5, heat: 0.7, cameras: 1 });
  assert.deepEqual(switched(before, "heat", false), { ground: 1, grids: 0.5 });
  assert.deepEqual(switched(before, "no-such", true), before);
});

test("what a job shows at first are layers that exist, at most one of which colours cells", () => {
  for (const [job, layers] of Object.entries(PRESETS)) {
    const kinds = Object.keys(layers).map((id) => KINDS.find((kind) => kind.id === id));
    assert.ok(kinds.every(Boolean), job);
    assert.ok(kinds.filter((kind) => kind?.fills).length <= 1, job);
  }
});

test("colours are those of layers/style.py", () => {
  const source = readFileSync(new URL("../../layers/style.py", import.meta.url), "utf8");
  const colours = (/** @type {string} */ name) =>
    source.match(new RegExp(`^${name} = \\(([^)]+)\\)`, "m"))?.[1].match(/#\w{6}/g);
  assert.deepEqual(GRID_COLOURS, colours("GROUPS"));
  assert.deepEqual(
    DEVIATION.map((one) => one.colour),
    colours("DEVIATION"),
  );
});

test("the band is a class of its own between below and above", () => {
  assert.deepEqual(countIn([-0.7, -0.5, -0.1, 0, 0, 0.1, 0.2, 0.9], DEVIATION), [1, 1, 1, 2, 1, 1, 1]);
});

test("classes of equal counts hold every value once", () => {
  const values = Array.from({ length: 230 }, (_, i) => 100 + ((i * 37) % 600));
  const classes = quantiles(values, 6);
  assert.equal(
    countIn(values, classes).reduce((sum, n) => sum + n, 0),
    values.length,
  );
  assert.deepEqual(quantiles([], 6), []);
  assert.deepEqual(quantiles([4, 4, 4], 6), [{ from: null, to: null }]);
});

test("a thin beginning is left off the axis and counted, an even one is not", () => {
  const even = Array.from({ length: 300 }, (_, i) => ({ day: new Date(Date.UTC(2025, 0, 1 + i)).toISOString().slice(0, 10), n: 10 }));
  assert.deepEqual(beginning(even), { first: "2025-01-01", earlier: 0 });
  const old = [{ day: "1999-05-05", n: 3 }, { day: "2007-01-01", n: 2 }, ...even];
  assert.deepEqual(beginning(old), { first: "2025-01-01", earlier: 5 });
});

test("the histogram's steps cover the days without gap or overlap", () => {
  for (const [first, last] of [
    ["2025-07-01", "2025-07-20"],
    ["2025-06-30", "2025-10-03"],
    ["2025-07-01", "2026-06-30"],
    ["2008-01-03", "2019-12-31"],
    ["1950-01-03", "2019-12-31"],
  ]) {
    const found = steps(first, last);
    assert.equal(found[0].day, first);
    assert.ok(found.length <= 171, String(found.length));
    for (let i = 1; i < found.length; i += 1) assert.equal(found[i].day, found[i - 1].end);
    assert.ok((found.at(-1)?.end ?? "") > last);
  }
  assert.deepEqual(
    steps("2025-01-15", "2026-01-02")
      .map((one) => one.day)
      .slice(0, 3),
    ["2025-01-15", "2025-01-20", "2025-01-27"],
  );
  assert.equal(steps("2008-01-01", "2019-12-31").length, 144, "of twelve years every month is seen");
});

test("the calendar shows the year in which the window ends", () => {
  assert.equal(yearEnd("2019-12-31", "2019-12-31"), "2019-12-31");
  assert.equal(yearEnd("2019-03-04", "2019-12-31"), "2019-12-31");
  assert.equal(yearEnd("2017-06-30", "2019-12-31"), "2017-12-31");
});

test("the resolution follows the zoom and never passes the city's own", () => {
  const found = [8, 10, 12, 14, 16, 19].map((zoom) => resolutionAt(10, zoom, 25));
  assert.deepEqual(
    found,
    [...found].sort((a, b) => a - b),
  );
  assert.equal(found.at(-1), 10);
  assert.ok(found[0] >= 6);
});

test("a region holds itself and everything below it", () => {
  const regions = [
    { id: "1", parent: null },
    { id: "2", parent: "1" },
    { id: "3", parent: "2" },
    { id: "4", parent: null },
  ];
  assert.deepEqual([...within(regions, "1")].sort(), ["1", "2", "3"]);
  assert.deepEqual([...within(regions, "9")], ["9"]);
});

test("a path is read once, and again after a failure", async () => {
  let asked = 0;
  const cache = createCache(async (path) => {
    asked += 1;
    if (path === "bad" && asked < 3) throw new Error("down");
    return path;
  });
  assert.equal(await cache.read("a"), await cache.read("a"));
  assert.equal(asked, 1);
  await assert.rejects(cache.read("bad"));
  assert.equal(await cache.read("bad"), "bad");
});

test("parameters join a path that already has some", () => {
  assert.equal(withQuery("/a", { x: 1, y: "", z: null }), "/a?x=1");
  assert.equal(withQuery("/a?limit=5", { cursor: "7" }), "/a?limit=5&cursor=7");
});

test("a comparison marks what can be seen to change, and nothing of what is not known", () => {
  const km = (n) => `${(n / 1000).toFixed(1)} km`;
  assert.deepEqual(judged([4100, 4500], km, -1), { mark: "▲", tone: "bad" });
  assert.deepEqual(judged([4500, 4100], km, -1), { mark: "▼", tone: "good" });
  assert.deepEqual(judged([231, 239], String, 0), { mark: "▲", tone: "" });
  assert.deepEqual(judged([4100, 4101], km, -1), { mark: "=", tone: "" });
  assert.deepEqual(judged([540, null], km, -1), { mark: "", tone: "" });
});

test("the progress of an import is told in the page's language", () => {
  provide("zh", { "progress.rows": "已读 {n} 行" });
  assert.equal(statusText({ message: "63345 rows" }, "running"), "已读 63,345 行");
});

test("refused rows are a table that a spreadsheet opens", () => {
  const words = { zh: "没有位置", en: "no place" };
  const row = { row: 7, field: "lat,lng", code: "place.missing", words, reason: 'no "place"' };
  for (const language of /** @type {const} */ (["zh", "en"])) {
    provide(language, {});
    const [head, first] = refusedTable([row]).split("\r\n");
    assert.equal(head, "\ufeffrow,field,code,原因,reason");
    assert.equal(first, '7,"lat,lng","place.missing","没有位置","no ""place"""');
  }
});

test("an import says what lies outside the city and what is subtracted", () => {
  provide("en", { "import.outside": "Outside", "import.outside.what": "{n} of {rows}" });
  assert.deepEqual(consequences({ rows: 636, outside: 631, corrections: 0 }), [["Outside", "631 of 636"]]);
  const keys = consequences({ rows: 9, corrections: 4639, counted: 383321, alike: 1, households: { outside: 2, given: 3 } });
  assert.deepEqual(keys.map(([key]) => key), ["import.lost", "import.corrections", "import.alike"]);
});

test("assigning workers says how many grids have one", () => {
  provide("en", { "tasks.staffed": "{n} of {grids} grids have a worker." });
  const job = { kind: "staff", result: { filled: 0, grids: 794 } };
  assert.equal(outcome({ title: "tasks.staff", job }), "0 of 794 grids have a worker.");
});

test("a department that no file states is told in the page's language, any other by its own name", () => {
  provide("en", { "net.unnamed": "Department not stated" });
  assert.deepEqual([departmentName(UNNAMED), departmentName("消防")], ["Department not stated", "消防"]);
});

test("of who answers for a place no department is told in another language", () => {
  provide("en", { "net.unnamed": "Department not stated", "cell.no_grid": "no grid", "grid.worker": "Worker", "kind.grid": "Grid" });
  const found = { here: { grid: null }, posts: [], departments: [{ department: UNNAMED, layer: "1", name: "P1" }] };
  const rows = whose({ can: () => false }, found, () => /** @type {any} */ (null));
  assert.deepEqual(rows.at(-1), ["Department not stated", "P1"]);
});

test("of a task with a limit the time left is the rest of it, whatever its progress", () => {
  const job = { run_s: 20, progress: 0.9, left_s: 40 };
  assert.equal(timeLeft({ job }), 40);
  assert.equal(timeLeft({ job: { ...job, left_s: 0 } }), null);
});

test("of a task without a limit the time left is guessed and never grows", () => {
  const job = { run_s: 10, progress: 0.5, left_s: null };
  assert.equal(timeLeft({ job, said_s: 10 }), 10);
  assert.equal(timeLeft({ job: { ...job, run_s: 20 }, said_s: 10 }), 10, "stalled a little: what was said stays");
  assert.equal(timeLeft({ job: { ...job, run_s: 30 }, said_s: 10 }), null, "stalled for long: nothing is said");
  assert.equal(timeLeft({ job: { ...job, run_s: 30, progress: 0.9 }, said_s: 10 })?.toFixed(1), "3.3");
  assert.equal(timeLeft({ job: { ...job, run_s: null } }), null, "it waits in the queue");
});
