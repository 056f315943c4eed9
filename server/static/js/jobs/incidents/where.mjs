/** Where and when: the heat on the map with its figures, and the rhythm of the week and the year, linked to it. */

import { h, replace } from "../../dom.mjs";
import * as format from "../../format.mjs";
import { t } from "../../i18n.mjs";
import { button } from "../../parts/controls.mjs";
import { block, figures } from "../../parts/figures.mjs";
import { calendar, weekChart, yearEnd } from "../../parts/rhythm.mjs";
import { loadInto } from "../../parts/states.mjs";
import { failed } from "../../parts/toasts.mjs";
import { exportButtons } from "./export.mjs";
import { daysOf, filters } from "./filters.mjs";

/**
 * @param {any} app
 * @param {HTMLElement} place
 */
export function mountWhere(app, place) {
  const exact = app.can("exact.read");
  const asked = h("div");
  const figuresPlace = h("div");
  const when = h("div");
  const old = h("div");
  const drawAsked = () =>
    replace(asked, filters(app, { measures: ["raw", "area", "household"], smooth: true, clock: true }));
  const drawFigures = () => replace(figuresPlace, summary(app));
  const drawWhen = () => exact && loadInto(when, () => rhythm(app));
  const drawOld = () => exact && oldDates(app).then((note) => replace(old, note)).catch(failed);
  replace(place, asked, figuresPlace, old, exact ? exportButtons(app) : null, when, h("p.note", {}, t("incidents.note")));
  drawAsked();
  drawFigures();
  drawWhen();
  drawOld();
  const stops = [
    app.store.on(["from", "to", "category", "per", "smooth", "hours", "weekdays"], drawAsked),
    app.store.on(["legendTurn"], () => {
      drawFigures();
      if (!exact) drawAsked();
    }),
    app.store.on(["from", "to", "category", "hours", "weekdays", "selection", "dataVersion"], drawWhen),
    app.store.on(["category", "dataVersion"], drawOld),
  ];
  return () => stops.forEach((stop) => stop());
}

/** @param {any} app */
function summary(app) {
  const data = app.layers.layer("heat")?.data();
  const [legend] = app.layers.layer("heat")?.legend() ?? [];
  if (!data || !legend) return null;
  const counts = app.layers.layer("heat").counts();
  let busy = 0;
  for (let i = 0; counts && i < data.n; i += 1) if (counts[i]) busy += 1;
  const end = legend.window ? new Date(Date.parse(legend.window[1]) - 1).toISOString() : "";
  return block(
    t("incidents.shown"),
    figures([
      {
        label: t("incidents.count"),
        value: format.number(legend.n),
        beside: legend.window
          ? `${format.day(legend.window[0], app.city.tz)} – ${format.day(end, app.city.tz)}`
          : "",
        why: t("why.incidents"),
      },
      {
        label: t("incidents.cells"),
        value: format.number(counts ? busy : data.n),
        beside: t("city.resolution", { res: data.res }),
        why: t("why.heat"),
      },
    ]),
  );
}

/** What is dated long before the rest, and that it is counted all the same. @param {any} app */
async function oldDates(app) {
  const { first, earlier } = await app.histogram();
  if (!earlier) return null;
  const [{ day }] = (await app.timeline()).days;
  return h("p.note", {}, t("incidents.old", { n: format.number(earlier), first, day }));
}

/**
 * When reports came: hours of the week, of the window and of the area selected, and the days of the year in which the window ends. Both can
 * be pressed, and the map follows.
 * @param {any} app
 */
async function rhythm(app) {
  const { store } = app;
  const { selection, hours, weekdays } = store.get();
  const [shown, all] = await Promise.all([app.timelineShown(), app.timeline()]);
  const names = Array.from({ length: 7 }, (_, i) => t(`weekday.${i}`));
  const week = weekChart(shown.hours, {
    label: t("incidents.week"),
    days: names,
    hint: (day, hour, n) => t("incidents.week.hint", { day, hour: `${hour}:00`, n: format.number(n) }),
    chosen: { hours: numbers(hours), weekdays: numbers(weekdays) },
    choose: (day, hour) =>
      store.set({ weekdays: day === null ? null : String(day), hours: hour === null ? null : String(hour) }),
  });
  const { last } = daysOf(app);
  const end = yearEnd(store.get().to ?? last, last);
  const title = end === last ? t("incidents.calendar") : t("incidents.calendar.year", { year: end.slice(0, 4) });
  const year = calendar(all.days, end, {
    label: title,
    hint: (day, n) => t("incidents.calendar.hint", { day, n: format.number(n) }),
    choose: (day) => store.set({ from: day, to: day, frame: null }),
    window: [store.get().from, store.get().to],
  });
  const clear = hours || weekdays ? button(".quiet", t("incidents.week.clear"), () => store.set({ hours: null, weekdays: null })) : null;
  const of = selection?.kind === "region" || selection?.kind === "grid" ? t("incidents.of_selection") : t("incidents.of_city");
  const total = t("incidents.week.n", { of, n: format.number(shown.n) });
  return [block(t("incidents.week"), [week, clear], total), block(title, year)];
}

/** @param {string | null} text */
function numbers(text) {
  return text === null ? null : text.split(",").map(Number);
}
