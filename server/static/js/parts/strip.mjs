/**
 * The bottom strip: the time of incidents as a histogram, with the window on it. Drag across it to choose a
 * window, drag an edge to change it, play to let it run.
 */

import { byId, h, icon, replace, s } from "../dom.mjs";
import * as format from "../format.mjs";
import { onLanguage, t } from "../i18n.mjs";
import { failed } from "./toasts.mjs";

const WIDTH = 1000;
const HEIGHT = 62;
const AXIS = 14;
const STEP_MS = 1100;
/** How long a step is when play starts from the whole range. */
const WHOLE_STEP_DAYS = 30;

/** @typedef {{day: string, end: string, n: number}} Step */

/** @param {any} app */
export function createStrip(app) {
  const { store } = app;
  const place = byId("strip");
  const range = rangeOf(app.city);
  /** @type {Step[]} */
  let histogram = [];
  let turn = 0;
  const player = createPlayer(
    () => stepOn(store, range),
    () => draw(),
  );
  const draw = () => replace(place, head(store, range, player), chart(store, range, histogram));
  const load = async () => {
    const mine = (turn += 1);
    const found = await app.histogram();
    if (mine !== turn) return;
    histogram = found;
    draw();
  };
  const reload = () => load().catch(failed);

  place.hidden = false;
  app.resized();
  const stops = [store.on(["from", "to"], draw), store.on(["category", "dataVersion"], reload), onLanguage(draw)];
  draw();
  reload();
  return {
    remove() {
      player.stop();
      turn += 1;
      stops.forEach((one) => one());
      place.hidden = true;
      replace(place);
      app.resized();
    },
  };
}

/** @typedef {{first: string, last: string, days: number}} Range the days that have incidents */

/**
 * @param {any} city
 * @returns {Range}
 */
function rangeOf(city) {
  const [first, last] = [format.day(city.incidents.first, city.tz), format.day(city.incidents.last, city.tz)];
  return { first, last, days: daysBetween(first, last) + 1 };
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
 * The next window of the same length; after the last one the first.
 * @param {any} store
 * @param {Range} range
 */
function stepOn(store, range) {
  const { from, to, whole } = windowNow(store, range);
  const span = whole ? WHOLE_STEP_DAYS : daysBetween(from, to) + 1;
  const next = whole || to >= range.last ? range.first : format.addDays(from, span);
  const end = format.addDays(next, span - 1);
  store.set({ from: next, to: end > range.last ? range.last : end });
}

/**
 * @param {() => void} step
 * @param {() => void} changed
 */
function createPlayer(step, changed) {
  let timer = 0;
  const stop = () => {
    clearInterval(timer);
    timer = 0;
  };
  return {
    playing: () => timer !== 0,
    stop,
    toggle() {
      if (timer) stop();
      else {
        step();
        timer = window.setInterval(step, STEP_MS);
      }
      changed();
    },
  };
}

/**
 * The line above the chart: play, the window in words, back to the whole.
 * @param {any} store
 * @param {Range} range
 * @param {ReturnType<typeof createPlayer>} player
 */
function head(store, range, player) {
  const { from, to, whole } = windowNow(store, range);
  const label = t(player.playing() ? "strip.pause" : "strip.play");
  const back = () => store.set({ from: null, to: null });
  return h(
    "div.strip-head",
    {},
    h(
      "button.button.square",
      {
        type: "button",
        "aria-pressed": String(player.playing()),
        "aria-label": label,
        title: label,
        on: { click: player.toggle },
      },
      icon(player.playing() ? "pause" : "play"),
    ),
    h("b", {}, whole ? t("strip.whole") : from === to ? from : `${from} – ${to}`),
    h("span.note", {}, t("strip.days", { n: format.number(daysBetween(from, to) + 1) })),
    whole ? null : h("button.button.quiet", { type: "button", on: { click: back } }, t("strip.reset")),
    h("span.note.grow", {}, t("strip.hint")),
  );
}

/**
 * @param {any} store
 * @param {Range} range
 * @param {Step[]} histogram
 */
function chart(store, range, histogram) {
  const { from, to, whole } = windowNow(store, range);
  const share = (/** @type {string} */ day) => daysBetween(range.first, day) / range.days;
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
  const holder = h("div.strip-chart", {}, drawn, ticks(range.first, range.days));
  drag(holder, dayAt, (a, b) => store.set({ from: a, to: b }));
  return holder;
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
  const every = Math.ceil(marks.length / 12);
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
