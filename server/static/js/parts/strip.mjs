/**
 * The bottom strip: the time of incidents as a histogram, with the window on it. Drag across it to choose a
 * window; the slider and play go through the window by days, weeks or months.
 */

import { byId, h, replace, s } from "../dom.mjs";
import * as format from "../format.mjs";
import { onLanguage, t } from "../i18n.mjs";
import { createPlayer } from "./player.mjs";
import { failed } from "./toasts.mjs";

const WIDTH = 1000;
const HEIGHT = 62;
const AXIS = 14;
const NARROW_PX = 820;

/** @typedef {{day: string, end: string, n: number}} Step */

/** @param {any} app */
export function createStrip(app) {
  const { store } = app;
  const place = byId("strip");
  let range = rangeOf(app.city);
  const line = h("div.strip-head");
  const graph = h("div");
  const player = createPlayer(app);
  /** @type {Step[]} */
  let histogram = [];
  let turn = 0;
  const marker = h("i.strip-step", { hidden: true });
  const words = h("span.strip-words");
  const drawStep = () => {
    const step = stepNow(app);
    replace(words, h("b", {}, title(app, range)), ...beside(app, range));
    marker.hidden = !step;
    if (!step) return;
    const [x1, x2] = [shareOf(range, step.from), shareOf(range, format.addDays(step.to, 1))];
    marker.style.left = `${Math.max(0, x1) * 100}%`;
    marker.style.width = `${Math.max(0.3, (x2 - Math.max(0, x1)) * 100)}%`;
  };
  const draw = () => {
    replace(graph, chart(store, range, histogram, marker));
    drawStep();
  };
  const load = async () => {
    const mine = (turn += 1);
    const found = await app.histogram();
    if (mine !== turn) return;
    histogram = found.bins;
    range = { ...rangeFrom(found.first, range.last), earlier: found.earlier };
    draw();
  };
  const reload = () => load().catch(failed);

  place.hidden = false;
  replace(line, player.controls, words);
  replace(place, line, graph);
  app.resized();
  const stops = [
    store.on(["from", "to"], draw),
    store.on(["frame", "step", "legendTurn"], () => {
      player.update();
      drawStep();
    }),
    store.on(["category", "dataVersion"], reload),
    onLanguage(() => {
      player.redraw();
      draw();
    }),
  ];
  draw();
  reload();
  return {
    remove() {
      player.stop();
      store.set({ frame: null });
      turn += 1;
      stops.forEach((one) => one());
      place.hidden = true;
      replace(place);
      app.resized();
    },
  };
}

/** @typedef {{first: string, last: string, days: number, earlier: number}} Range the days of the axis; reports before it */

/**
 * @param {any} city
 * @returns {Range}
 */
function rangeOf(city) {
  return rangeFrom(format.day(city.incidents.first, city.tz), format.day(city.incidents.last, city.tz));
}

/**
 * @param {string} first
 * @param {string} last
 * @returns {Range}
 */
function rangeFrom(first, last) {
  return { first, last, days: daysBetween(first, last) + 1, earlier: 0 };
}

/**
 * The window as it is: the whole range where none is chosen.
 * @param {any} store
 * @param {Range} range
 */
function windowNow(store, { first, last }) {
  const { from, to } = store.get();
  return { from: from ?? first, to: to ?? last, whole: !from && !to };
}

/**
 * What is shown, in words: a step, the window, or the whole.
 * @param {any} app
 * @param {Range} range
 */
function title(app, range) {
  const { from, to, whole } = windowNow(app.store, range);
  const step = stepNow(app);
  if (step) return step.from === step.to ? step.from : `${step.from} – ${step.to}`;
  return whole ? t("strip.whole") : from === to ? from : `${from} – ${to}`;
}

/**
 * @param {any} app
 * @param {Range} range
 */
function beside(app, range) {
  const { from, to, whole } = windowNow(app.store, range);
  const step = stepNow(app);
  const back = () => app.store.set({ from: null, to: null, frame: null });
  const leave = () => app.store.set({ frame: null });
  const hint = step ? leftOut(app) : range.earlier ? t("strip.earlier", { n: format.number(range.earlier) }) : t("strip.hint");
  return [
    h("span.note", {}, step ? t("strip.n", { n: format.number(step.n) }) : t("strip.days", { n: format.number(daysBetween(from, to) + 1) })),
    step ? h("button.button.quiet", { type: "button", on: { click: leave } }, t("strip.leave")) : null,
    whole ? null : h("button.button.quiet", { type: "button", on: { click: back } }, t("strip.reset")),
    h("span.note.grow", { title: hint }, hint),
  ];
}

/** Where play begins, if reports of the window come before that. @param {any} app */
function leftOut(app) {
  const { earlier, steps } = app.layers.layer("heat").data().meta;
  const day = format.day(steps[0].from, app.city.tz);
  return earlier ? t("strip.begins", { day, n: format.number(earlier) }) : t("strip.hint");
}

/**
 * The step that the map shows, as days; null while it shows the window.
 * @param {any} app
 */
function stepNow(app) {
  const step = app.layers.layer("heat")?.step();
  if (!step) return null;
  const last = new Date(Date.parse(step.to) - 1).toISOString();
  return { from: format.day(step.from, app.city.tz), to: format.day(last, app.city.tz), n: step.n };
}

/**
 * @param {any} store
 * @param {Range} range
 * @param {Step[]} histogram
 * @param {HTMLElement} marker what is shown of the window
 */
function chart(store, range, histogram, marker) {
  const { from, to, whole } = windowNow(store, range);
  const share = (/** @type {string} */ day) => shareOf(range, day);
  const dayAt = (/** @type {number} */ part) =>
    format.addDays(range.first, Math.max(0, Math.min(range.days - 1, Math.floor(part * range.days))));
  const [x1, x2] = [share(from) * WIDTH, share(format.addDays(to, 1)) * WIDTH];
  const drawn = s(
    "svg",
    {
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      preserveAspectRatio: "none",
      class: "chart",
      role: "img",
      "aria-label": t("strip.histogram"),
    },
    bars(histogram, share),
    whole
      ? null
      : s("rect", { class: "strip-window", x: x1, y: 0, width: Math.max(2, x2 - x1), height: HEIGHT - AXIS }),
    s("line", { class: "axis", x1: 0, x2: WIDTH, y1: HEIGHT - AXIS, y2: HEIGHT - AXIS }),
  );
  const holder = h("div.strip-chart", {}, drawn, marker, ticks(range.first, range.days));
  drag(holder, dayAt, (a, b) => store.set({ from: a, to: b, frame: null }));
  return holder;
}

/**
 * Where a day lies on the axis, 0 to 1.
 * @param {Range} range
 * @param {string} day
 */
function shareOf(range, day) {
  return daysBetween(range.first, day) / range.days;
}

/**
 * @param {string} a
 * @param {string} b
 */
function daysBetween(a, b) {
  return Math.round((Date.parse(b) - Date.parse(a)) / 86_400_000);
}

/**
 * @param {Step[]} histogram
 * @param {(day: string) => number} share
 */
function bars(histogram, share) {
  const most = Math.max(1, ...histogram.map((one) => one.n));
  const tall = HEIGHT - AXIS - 4;
  return histogram.map((one) => {
    const x = share(one.day) * WIDTH;
    const next = share(one.end) * WIDTH;
    const height = (one.n / most) * tall;
    return s(
      "rect",
      { class: "bar", x, y: HEIGHT - AXIS - height, width: Math.max(0.6, next - x - 2), height },
      s("title", {}, `${one.day}: ${format.number(one.n)}`),
    );
  });
}

/**
 * The months or years below the axis, as text that is not stretched.
 * @param {string} first
 * @param {number} days
 */
function ticks(first, days) {
  const years = days > 800;
  const marks = [];
  for (let i = 0; i < days; i += 1) {
    const day = format.addDays(first, i);
    if (day.endsWith(years ? "-01-01" : "-01")) marks.push([i / days, years ? day.slice(0, 4) : day.slice(0, 7)]);
  }
  const every = Math.ceil(marks.length / (window.innerWidth < NARROW_PX ? 5 : 12));
  return h(
    "div.strip-ticks",
    { "aria-hidden": "true" },
    marks
      .filter((_, i) => i % every === 0)
      .map(([at, text]) => h("span", { style: { left: `${Number(at) * 100}%` } }, text)),
  );
}

/**
 * Choose a window with the pointer.
 * @param {HTMLElement} holder
 * @param {(share: number) => string} dayAt
 * @param {(from: string, to: string) => void} choose
 */
function drag(holder, dayAt, choose) {
  const at = (/** @type {PointerEvent} */ event) => {
    const box = holder.getBoundingClientRect();
    return dayAt((event.clientX - box.left) / box.width);
  };
  holder.addEventListener("pointerdown", (down) => {
    const start = at(down);
    const marker = h("i.strip-drag");
    const box = holder.getBoundingClientRect();
    holder.append(marker);
    const move = (/** @type {PointerEvent} */ event) => {
      const [left, right] = [Math.min(down.clientX, event.clientX), Math.max(down.clientX, event.clientX)];
      marker.style.left = `${left - box.left}px`;
      marker.style.width = `${right - left}px`;
    };
    const up = (/** @type {PointerEvent} */ event) => {
      holder.removeEventListener("pointermove", move);
      marker.remove();
      const end = at(event);
      if (event.type === "pointerup") choose(start < end ? start : end, start < end ? end : start);
    };
    holder.setPointerCapture(down.pointerId);
    holder.addEventListener("pointermove", move);
    holder.addEventListener("pointerup", up, { once: true });
    holder.addEventListener("pointercancel", up, { once: true });
  });
}
