/** 事件态势: incidents as heat by cell, by window and category, raw or against area and households. */

import { h, replace } from "../dom.mjs";
import * as format from "../format.mjs";
import { onLanguage, pick, t } from "../i18n.mjs";
import { button, select } from "../parts/controls.mjs";
import { block, figures } from "../parts/figures.mjs";
import { calendar, weekChart } from "../parts/rhythm.mjs";
import { empty, loadInto } from "../parts/states.mjs";
import { createStrip } from "../parts/strip.mjs";
import { choice, labelled, openWork } from "./common.mjs";

/** @param {any} app */
export function mount(app) {
  const { store } = app;
  const strip = app.city.incidents?.last && app.can("exact.read") ? createStrip(app) : null;
  const draw = () => {
    const body = openWork(app, "job.incidents");
    if (!app.city.incidents?.last) {
      const go = app.can("import.run")
        ? h(
            "button.button.primary",
            { type: "button", on: { click: () => app.openJob("data") } },
            t("data.import_incidents"),
          )
        : null;
      return replace(body, empty(t("incidents.none"), go));
    }
    const when = app.can("exact.read") ? h("div") : null;
    replace(body, filters(app), summary(app), when, h("p.note", {}, t("incidents.note")));
    if (when) loadInto(when, () => rhythm(app));
  };
  const stops = [
    onLanguage(draw),
    store.on(["from", "to", "category", "per", "smooth", "legendTurn", "dataVersion"], draw),
  ];
  draw();
  return () => {
    stops.forEach((stop) => stop());
    strip?.remove();
  };
}

/** @param {any} app */
function filters(app) {
  const { store } = app;
  const { category, per, smooth } = store.get();
  const exact = app.can("exact.read");
  const measures = ["raw", "area", "household"].map(
    (id) => /** @type {[string, string]} */ ([id, t(`incidents.per.${id}`)]),
  );
  const rings = [0, 1, 2, 3].map(
    (n) => /** @type {[number, string]} */ ([n, n ? t("incidents.rings", { n }) : t("incidents.raw_cells")]),
  );
  return h(
    "div.form",
    {},
    labelled(
      t("incidents.category"),
      select(categoryOptions(app.city.incidents), category, (value) => store.set({ category: value || null })),
    ),
    exact ? windowFields(app) : labelled(t("incidents.month"), monthPicker(app)),
    choice({
      name: "per",
      legend: t("incidents.per"),
      options: measures,
      value: per,
      onChange: (value) => store.set({ per: value }),
    }),
    exact
      ? labelled(
          t("incidents.smooth"),
          select(rings, smooth, (value) => store.set({ smooth: Number(value) })),
        )
      : null,
  );
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
function daysOf(app) {
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
    const change = (/** @type {any} */ event) => store.set({ [name]: event.target.value || null });
    const field = h("input.field", { type: "date", value, min: first, max: last, on: { change } });
    return labelled(t(`incidents.${name}`), field);
  };
  const recent = (/** @type {number} */ days) => () =>
    store.set({ from: latest(first, format.addDays(last, 1 - days)), to: last });
  const quick = [
    button(".quiet", t("incidents.quick.all"), () => store.set({ from: null, to: null })),
    ...[7, 30, 90].map((days) => button(".quiet", t(`incidents.quick.d${days}`), recent(days))),
  ];
  return [
    h("div.pair", {}, date("from", store.get().from ?? first), date("to", store.get().to ?? last)),
    h("div.row.wrap.tight", { role: "group", "aria-label": t("incidents.quick") }, quick),
  ];
}

/**
 * Those who see no exact figures choose whole calendar months.
 * @param {any} app
 */
function monthPicker(app) {
  const { first, last } = daysOf(app);
  const after = (/** @type {string} */ day) => `${format.addDays(day, 32).slice(0, 7)}-01`;
  /** @type {[string, string][]} */
  const months = [];
  for (let day = `${first.slice(0, 7)}-01`; day <= last; day = after(day)) months.unshift([day, day.slice(0, 7)]);
  const shown = app.layers.layer("heat")?.data()?.meta.legend?.window?.[0];
  const from = app.store.get().from ?? (shown ? format.day(shown, app.city.tz) : last);
  return select(months, `${from.slice(0, 7)}-01`, (day) =>
    app.store.set({ from: day, to: format.addDays(after(day), -1) }),
  );
}

/** @param {any} app */
function summary(app) {
  const data = app.layers.layer("heat")?.data();
  const legend = data?.meta.legend;
  if (!legend) return null;
  const counts = data.columns.n;
  let busy = 0;
  for (let i = 0; i < data.n; i += 1) if (counts?.[i]) busy += 1;
  return block(
    t("incidents.shown"),
    figures([
      {
        label: t("incidents.count"),
        value: format.number(legend.n),
        beside: legend.window
          ? `${format.day(legend.window[0], app.city.tz)} – ${format.day(new Date(Date.parse(legend.window[1]) - 1).toISOString(), app.city.tz)}`
          : "",
        why: t("why.incidents"),
      },
      {
        label: t("incidents.cells"),
        value: format.number(busy),
        beside: t("city.resolution", { res: data.res }),
        why: t("why.heat"),
      },
    ]),
  );
}

/**
 * When incidents happen, over all time: hours of the week, and the days of the last year, each of which can be chosen.
 * @param {any} app
 */
async function rhythm(app) {
  const { days, hours } = await app.timeline();
  const names = Array.from({ length: 7 }, (_, i) => t(`weekday.${i}`));
  const week = weekChart(hours, {
    label: t("incidents.week"),
    days: names,
    hint: (day, hour, n) => t("incidents.week.hint", { day, hour: `${hour}:00`, n: format.number(n) }),
  });
  const year = calendar(days, daysOf(app).last, {
    label: t("incidents.calendar"),
    hint: (day, n) => t("incidents.calendar.hint", { day, n: format.number(n) }),
    choose: (day) => app.store.set({ from: day, to: day }),
  });
  return [block(t("incidents.week"), week), block(t("incidents.calendar"), year)];
}

/**
 * @param {string} a
 * @param {string} b
 */
function latest(a, b) {
  return a > b ? a : b;
}
