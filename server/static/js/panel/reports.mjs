/** The reports of an area in the window chosen: how many, how dense, whether that is a change, and its alert. */

import { h } from "../dom.mjs";
import * as format from "../format.mjs";
import { pick, t } from "../i18n.mjs";
import { alertsOf, figuresOf } from "../layers/asked.mjs";
import { changeCell } from "../parts/change.mjs";
import { block, figures } from "../parts/figures.mjs";
import { loadInto } from "../parts/states.mjs";

/**
 * A part of a panel that follows the window and the category; nothing where there are no reports or no right to them.
 * @param {any} app
 * @param {string} level a level of areas, or net:DEPARTMENT
 * @param {string} id the area's id in the figures of its level
 */
export function reportsBlock(app, level, id) {
  if (!app.can("exact.read") || !app.city.incidents?.last) return null;
  const place = h("div");
  const draw = () => loadInto(place, () => told(app, level, id), 3);
  const stop = app.store.on(["from", "to", "category", "against"], () => (place.isConnected ? draw() : stop()));
  draw();
  return block(t("reports.title"), place);
}

/**
 * @param {any} app
 * @param {string} level
 * @param {string} id
 */
async function told(app, level, id) {
  const [found, alerts] = await Promise.all([app.read(figuresOf(app, level)), app.read(alertsOf(app, level))]);
  const named = (/** @type {any} */ one) => one.id === id;
  const area = found.items.find(named);
  if (!area) return h("p.note", {}, t("advice.gone"));
  return [
    figures(counts(app, found, area)),
    area.verdict ? h("p.row.wrap", {}, h("span.note", {}, against(app, found)), changeCell(area)) : null,
    alertLine(alerts, alerts.items.find(named)),
    area.partial ? h("p.note", {}, t("areas.partial")) : null,
  ];
}

/**
 * @param {any} app
 * @param {any} found
 * @param {any} area
 */
function counts(app, found, area) {
  const rate = (/** @type {number | null} */ value) => (value === null ? "–" : format.figure(value));
  return [
    { label: t("areas.n"), value: format.number(area.n), beside: days(app, found.window), why: t("why.incidents") },
    { label: t("areas.per_km2"), value: rate(area.per_km2), beside: `${format.figure(area.area_km2)} km²` },
    {
      label: t("areas.per_1000"),
      value: rate(area.per_1000),
      beside: area.households === null ? "" : t("reports.households", { n: format.number(area.households) }),
    },
  ];
}

/**
 * A window of instants as its first and last day.
 * @param {any} app
 * @param {(string | null)[]} window either end null: the whole period
 */
export function days(app, [start, end]) {
  if (!start || !end) return t("strip.whole");
  const last = new Date(Date.parse(end) - 1).toISOString();
  return `${format.day(start, app.city.tz)} – ${format.day(last, app.city.tz)}`;
}

/**
 * @param {any} app
 * @param {any} found
 */
function against(app, found) {
  return t("reports.against", { window: days(app, found.before) });
}

/**
 * The colour of the area's alert with its reason.
 * @param {any} alerts
 * @param {any} one
 */
function alertLine(alerts, one) {
  if (!one) return null;
  const dot = h("i", { class: `alert-dot ${one.colour}`, "aria-hidden": "true" });
  return h(
    "p.row",
    {},
    dot,
    h("span.grow", {}, `${t("reports.alert", { colour: t(`reports.${one.colour}`), day: alerts.day })} ${pick(one.reason)}`),
  );
}
