/** 事件态势: incidents as heat by cell, by window and category, raw or against area and households. */

import { h, replace } from "../dom.mjs";
import * as format from "../format.mjs";
import { onLanguage, pick, t } from "../i18n.mjs";
import { block, figures } from "../parts/figures.mjs";
import { empty } from "../parts/states.mjs";
import { createStrip } from "../parts/strip.mjs";
import { choice, labelled, openWork } from "./common.mjs";

/** @param {any} app */
export function mount(app) {
  const { store } = app;
  const strip = app.city.incidents?.n ? createStrip(app) : null;
  const draw = () => {
    const body = openWork(app, "job.incidents");
    if (!app.city.incidents?.n) {
      const go = app.can("import.run") ? h("button.button.primary", { type: "button", on: { click: () => app.openJob("data") } }, t("data.import_incidents")) : null;
      return replace(body, empty(t("incidents.none"), go));
    }
    replace(body, filters(app), summary(app), h("p.note", {}, t("incidents.note")));
  };
  const stops = [onLanguage(draw), store.on(["from", "to", "category", "per", "smooth", "legendTurn", "dataVersion"], draw)];
  draw();
  return () => {
    stops.forEach((stop) => stop());
    strip?.remove();
  };
}

/** @param {any} app */
function filters(app) {
  const { category, per, smooth, from, to } = app.store.get();
  const { incidents, tz } = app.city;
  const [first, last] = [format.day(incidents.first, tz), format.day(incidents.last, tz)];
  const categories = [...incidents.categories].sort((a, b) => (b.n ?? 0) - (a.n ?? 0));
  const total = h("option", { value: "" }, t("incidents.all", { n: format.number(incidents.n) }));
  const picker = h("select.field", { on: { change: (/** @type {any} */ event) => app.store.set({ category: event.target.value || null }) } }, total,
    categories.map((one) => h("option", { value: one.code, selected: one.code === category }, one.n === null || one.n === undefined ? pick(one) : `${pick(one)} (${format.number(one.n)})`)));
  const date = (/** @type {string} */ name, /** @type {string | null} */ value) =>
    h("input.field", { type: "date", value: value ?? "", min: first, max: last, on: { change: (/** @type {any} */ event) => app.store.set({ [name]: event.target.value || null }) } });
  const quick = [["all", null], ["d7", 7], ["d30", 30], ["d90", 90]].map(([id, days]) =>
    h("button.button.quiet", { type: "button", on: { click: () => app.store.set(days ? { from: latest(first, format.addDays(last, 1 - Number(days))), to: last } : { from: null, to: null }) } }, t(`incidents.quick.${id}`)));
  const smoothing = h("select.field", { on: { change: (/** @type {any} */ event) => app.store.set({ smooth: Number(event.target.value) }) } },
    [0, 1, 2, 3].map((rings) => h("option", { value: rings, selected: rings === smooth }, rings ? t("incidents.rings", { n: rings }) : t("incidents.raw_cells"))));
  return h("div.form", {},
    labelled(t("incidents.category"), picker),
    h("div.pair", {}, labelled(t("incidents.from"), date("from", from ?? first)), labelled(t("incidents.to"), date("to", to ?? last))),
    h("div.row.wrap.tight", { role: "group", "aria-label": t("incidents.quick") }, quick),
    choice({ name: "per", legend: t("incidents.per"), options: [["raw", t("incidents.per.raw")], ["area", t("incidents.per.area")], ["household", t("incidents.per.household")]], value: per, onChange: (value) => app.store.set({ per: value }) }),
    app.can("exact.read") ? labelled(t("incidents.smooth"), smoothing) : null);
}

/** @param {any} app */
function summary(app) {
  const data = app.layers.layer("heat")?.data();
  const legend = data?.meta.legend;
  if (!legend) return null;
  const counts = data.columns.n;
  let busy = 0;
  for (let i = 0; i < data.n; i += 1) if (counts?.[i]) busy += 1;
  return block(t("incidents.shown"), figures([
    { label: t("incidents.count"), value: format.number(legend.n), beside: legend.window ? `${format.day(legend.window[0], app.city.tz)} – ${format.day(new Date(Date.parse(legend.window[1]) - 1).toISOString(), app.city.tz)}` : "", why: t("why.incidents") },
    { label: t("incidents.cells"), value: format.number(busy), beside: t("city.resolution", { res: data.res }), why: t("why.heat") },
  ]));
}

/**
 * @param {string} a
 * @param {string} b
 */
function latest(a, b) {
  return a > b ? a : b;
}
