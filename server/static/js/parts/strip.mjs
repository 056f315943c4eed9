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

/** @param {any} app */
export function createStrip(app) {
  const { store, city } = app;
  const place = byId("strip");
  const first = format.day(city.incidents.first, city.tz);
  const last = format.day(city.incidents.last, city.tz);
  const days = daysBetween(first, last) + 1;
  /** @type {{day: string, end: string, n: number}[]} */
  let histogram = [];
  let timer = 0;
  let turn = 0;

  const share = (/** @type {string} */ day) => daysBetween(first, day) / days;
  const dayAt = (/** @type {number} */ part) => format.addDays(first, Math.max(0, Math.min(days - 1, Math.floor(part * days))));
  const windowNow = () => {
    const { from, to } = store.get();
    return { from: from ?? first, to: to ?? last, whole: !from && !to };
  };

  const stop = () => {
    clearInterval(timer);
    timer = 0;
    draw();
  };
  const step = () => {
    const { from, to, whole } = windowNow();
    const span = whole ? 30 : daysBetween(from, to) + 1;
    const next = whole || to >= last ? first : format.addDays(from, span);
    const end = format.addDays(next, span - 1);
    store.set({ from: next, to: end > last ? last : end });
  };
  const play = () => {
    if (timer) return stop();
    step();
    timer = window.setInterval(step, STEP_MS);
    return draw();
  };

  const draw = () => {
    const { from, to, whole } = windowNow();
    const [x1, x2] = [share(from) * WIDTH, (share(to) + 1 / days) * WIDTH];
    const chart = s("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", class: "chart", role: "img", "aria-label": t("strip.histogram") },
      bars(histogram, share, days),
      whole ? null : s("rect", { class: "strip-window", x: x1, y: 0, width: Math.max(2, x2 - x1), height: HEIGHT - AXIS }),
      s("line", { class: "axis", x1: 0, x2: WIDTH, y1: HEIGHT - AXIS, y2: HEIGHT - AXIS }));
    const holder = h("div.strip-chart", {}, chart, ticks(first, days));
    drag(holder, dayAt, (a, b) => store.set({ from: a, to: b }));
    replace(place, h("div.strip-head", {},
      h("button.button.square", { type: "button", "aria-pressed": String(Boolean(timer)), "aria-label": t(timer ? "strip.pause" : "strip.play"), title: t(timer ? "strip.pause" : "strip.play"), on: { click: play } }, icon(timer ? "pause" : "play")),
      h("b", {}, whole ? t("strip.whole") : from === to ? from : `${from} – ${to}`),
      h("span.note", {}, t("strip.days", { n: format.number(daysBetween(from, to) + 1) })),
      whole ? null : h("button.button.quiet", { type: "button", on: { click: () => store.set({ from: null, to: null }) } }, t("strip.reset")),
      h("span.note.grow", {}, t("strip.hint"))), holder);
  };

  const load = async () => {
    const mine = (turn += 1);
    histogram = [];
    for await (const step of app.histogram()) {
      if (mine !== turn) return;
      histogram.push(step);
      draw();
    }
  };

  place.hidden = false;
  app.resized();
  const stops = [store.on(["from", "to"], draw), store.on(["category", "dataVersion"], () => load().catch(failed)), onLanguage(draw)];
  draw();
  load().catch(failed);
  return {
    remove() {
      clearInterval(timer);
      turn += 1;
      stops.forEach((one) => one());
      place.hidden = true;
      replace(place);
      app.resized();
    },
  };
}

/**
 * @param {string} a
 * @param {string} b
 */
function daysBetween(a, b) {
  return Math.round((Date.parse(b) - Date.parse(a)) / 86_400_000);
}

/**
 * @param {{day: string, end: string, n: number}[]} histogram
 * @param {(day: string) => number} share
 * @param {number} days
 */
function bars(histogram, share, days) {
  const most = Math.max(1, ...histogram.map((one) => one.n));
  const tall = HEIGHT - AXIS - 4;
  return histogram.map((one) => {
    const x = share(one.day) * WIDTH;
    const next = share(one.end) * WIDTH;
    const height = (one.n / most) * tall;
    return s("rect", { class: "bar", x, y: HEIGHT - AXIS - height, width: Math.max(0.6, next - x - 2), height }, s("title", {}, `${one.day}: ${format.number(one.n)}`));
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
  return h("div.strip-ticks", { "aria-hidden": "true" }, marks.filter((_, i) => i % every === 0).map(([at, text]) => h("span", { style: { left: `${Number(at) * 100}%` } }, text)));
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
