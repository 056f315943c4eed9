/** What the incident job asks for: category, window, hours of the week, measure, smoothing. */

import { h } from "../../dom.mjs";
import * as format from "../../format.mjs";
import { pick, t } from "../../i18n.mjs";
import { button, select } from "../../parts/controls.mjs";
import { choice, labelled } from "../common.mjs";

/** Parts of the day and of the week that are often wanted: name → what the API takes. */
const HOURS = /** @type {[string, string][]} */ ([
  ["all", ""],
  ["morning", "6,7,8,9,10,11"],
  ["afternoon", "12,13,14,15,16,17"],
  ["evening", "18,19,20,21"],
  ["night", "22,23,0,1,2,3,4,5"],
]);
const WEEKDAYS = /** @type {[string, string][]} */ ([
  ["all", ""],
  ["working", "0,1,2,3,4"],
  ["weekend", "5,6"],
]);

/**
 * @param {any} app
 * @param {{measures?: string[], smooth?: boolean, clock?: boolean}} what is asked beside category and window
 */
export function filters(app, { measures = [], smooth = false, clock = false }) {
  const { store } = app;
  const { category, per } = store.get();
  const exact = app.can("exact.read");
  const options = measures.map((id) => /** @type {[string, string]} */ ([id, t(`incidents.per.${id}`)]));
  const chosen = measures.includes(per) ? per : measures[0];
  return h(
    "div.form",
    {},
    labelled(
      t("incidents.category"),
      select(categoryOptions(app.city.incidents), category, (value) => store.set({ category: value || null })),
    ),
    exact ? windowFields(app) : labelled(t("incidents.month"), monthPicker(app)),
    exact && clock ? clockFields(app) : null,
    options.length
      ? choice({
          name: "per",
          legend: t(measures.includes("raw") ? "incidents.per" : "spots.base"),
          options,
          value: chosen,
          onChange: (value) => store.set({ per: value }),
        })
      : null,
    exact && smooth ? smoothField(app) : null,
  );
}

/** @param {any} app */
function smoothField(app) {
  const rings = [0, 1, 2, 3].map(
    (n) => /** @type {[number, string]} */ ([n, n ? t("incidents.rings", { n }) : t("incidents.raw_cells")]),
  );
  const field = select(rings, app.store.get().smooth, (value) => app.store.set({ smooth: Number(value) }));
  return labelled(t("incidents.smooth"), field);
}

/**
 * The hours of the day and the days of the week that count.
 * @param {any} app
 */
function clockFields(app) {
  const { store } = app;
  const field = (/** @type {"hours" | "weekdays"} */ name, /** @type {[string, string][]} */ known) => {
    const now = store.get()[name] ?? "";
    const rows = known.map(([id, value]) => /** @type {[string, string]} */ ([value, t(`incidents.${name}.${id}`)]));
    if (!known.some(([, value]) => value === now)) rows.push([now, wordsOf(name, now)]);
    return labelled(
      t(`incidents.${name}`),
      select(rows, now, (value) => store.set({ [name]: value || null })),
    );
  };
  return h("div.pair", {}, field("weekdays", WEEKDAYS), field("hours", HOURS));
}

/**
 * @param {string} name
 * @param {string} numbers
 */
function wordsOf(name, numbers) {
  const some = numbers.split(",");
  return some.map((one) => (name === "hours" ? `${one}:00` : t(`weekday.${one}`))).join("、");
}

/**
 * The categories, the most frequent first, with their counts where they may be told.
 * @param {any} incidents
 * @returns {[string, string][]}
 */
function categoryOptions(incidents) {
  const every = incidents.n ? t("incidents.all", { n: format.number(incidents.n) }) : t("incidents.every");
  const sorted = [...incidents.categories].sort((a, b) => (b.n ?? 0) - (a.n ?? 0));
  const text = (/** @type {any} */ one) => (one.n ? `${pick(one)} (${format.number(one.n)})` : pick(one));
  return [["", every], ...sorted.map((one) => /** @type {[string, string]} */ ([one.code, text(one)]))];
}

/** The first and the last day that have incidents. @param {any} app */
export function daysOf(app) {
  const { incidents, tz } = app.city;
  return { first: format.day(incidents.first, tz), last: format.day(incidents.last, tz) };
}

/**
 * First and last day of the window, and the windows that are often wanted.
 * @param {any} app
 */
function windowFields(app) {
  const { store } = app;
  const { first, last } = daysOf(app);
  const date = (/** @type {"from" | "to"} */ name, /** @type {string} */ value) => {
    const change = (/** @type {any} */ event) => store.set({ [name]: event.target.value || null, frame: null });
    const field = h("input.field", { type: "date", value, min: first, max: last, on: { change } });
    return labelled(t(`incidents.${name}`), field);
  };
  const whole = () => store.set({ from: null, to: null, frame: null });
  const recent = (/** @type {number} */ days) => () =>
    store.set({ from: latest(first, format.addDays(last, 1 - days)), to: last, frame: null });
  const quick = [
    button(".quiet", t("incidents.quick.all"), whole),
    ...[7, 30, 90].map((days) => button(".quiet", t(`incidents.quick.d${days}`), recent(days))),
    button(".quiet", t("incidents.quick.month"), () => store.set({ ...lastMonth(last), frame: null })),
  ];
  return [
    h("div.pair", {}, date("from", store.get().from ?? first), date("to", store.get().to ?? last)),
    h("div.row.wrap.tight", { role: "group", "aria-label": t("incidents.quick") }, quick),
  ];
}

/**
 * The last calendar month that is whole.
 * @param {string} last the last day with incidents
 */
export function lastMonth(last) {
  const whole = format.addDays(last, 1).endsWith("-01");
  const end = whole ? last : format.addDays(`${last.slice(0, 7)}-01`, -1);
  return { from: `${end.slice(0, 7)}-01`, to: end };
}

/**
 * Those who see no exact figures choose whole calendar months.
 * @param {any} app
 */
function monthPicker(app) {
  const { last } = daysOf(app);
  const shown = app.layers.layer("heat")?.data()?.meta.legend?.window?.[0];
  const from = app.store.get().from ?? (shown ? format.day(shown, app.city.tz) : last);
  return select(monthsOf(app), `${from.slice(0, 7)}-01`, (day) =>
    app.store.set({ from: day, to: format.addDays(monthAfter(day), -1) }),
  );
}

/**
 * The months that have incidents, the newest first: first day and name.
 * @param {any} app
 * @returns {[string, string][]}
 */
export function monthsOf(app) {
  const { first, last } = daysOf(app);
  /** @type {[string, string][]} */
  const months = [];
  for (let day = `${first.slice(0, 7)}-01`; day <= last; day = monthAfter(day)) months.unshift([day, day.slice(0, 7)]);
  return months;
}

/** @param {string} day the first of a month */
function monthAfter(day) {
  return `${format.addDays(day, 32).slice(0, 7)}-01`;
}

/**
 * @param {string} a
 * @param {string} b
 */
function latest(a, b) {
  return a > b ? a : b;
}
