/** Hot spots: the layer's options, the table of spots, and what the classes mean. A row goes to its spot. */

import { h, replace } from "../../dom.mjs";
import * as format from "../../format.mjs";
import { pick, t } from "../../i18n.mjs";
import { block } from "../../parts/figures.mjs";
import { empty, skeleton } from "../../parts/states.mjs";
import { choice } from "../common.mjs";
import { exportButtons } from "./export.mjs";
import { filters } from "./filters.mjs";

const CLASSES = ["new", "consecutive", "intensifying", "persistent", "diminishing", "sporadic", "oscillating", "historical"];

/**
 * @param {any} app
 * @param {HTMLElement} place
 */
export function mountSpots(app, place) {
  const asked = h("div");
  const table = h("div.block");
  const drawAsked = () => replace(asked, filters(app, { measures: ["household", "area"], clock: true }), looks(app));
  const drawTable = () => replace(table, spotTable(app));
  replace(place, asked, exportButtons(app), table, glossary(), h("p.note", {}, t("incidents.note")));
  drawAsked();
  drawTable();
  const stops = [
    app.store.on(["from", "to", "category", "per", "hours", "weekdays", "choices"], drawAsked),
    app.store.on(["legendTurn"], drawTable),
  ];
  return () => stops.forEach((stop) => stop());
}

/** @param {any} app */
function looks(app) {
  const options = ["size", "class"].map((id) => /** @type {[string, string]} */ ([id, t(`layer.hotspots.${id}`)]));
  return choice({
    name: "spot-look",
    legend: t("spots.look"),
    options,
    value: app.store.get().choices.hotspots ?? "size",
    onChange: (id) => app.layers.choose("hotspots", id),
  });
}

/** @param {any} app */
function spotTable(app) {
  const data = app.layers.layer("hotspots")?.data();
  if (!data) return skeleton(6);
  const { meta } = data;
  const said = t("spots.stated", {
    q: format.percent(meta.q),
    cells: format.number(meta.cells),
    n: format.number(meta.n),
    base: t(`spots.base.${meta.per}`),
  });
  if (!meta.spots.length) return h("div", {}, h("p.note", {}, said), empty(t("spots.none")));
  const heads = ["place", "n", "rate", "p", "trend"];
  const cell = (/** @type {string} */ id, /** @type {number} */ i) =>
    h(i ? "th.num" : "th", { scope: "col", title: t(`spots.${id}.why`) }, t(`spots.${id}`));
  return block(
    t("spots.table"),
    h(
      "div",
      {},
      h("p.note", {}, said),
      h(
        "div.scroll",
        {},
        h("table.spots", {}, h("thead", {}, h("tr", {}, heads.map(cell))), h("tbody", {}, meta.spots.map(row(app, meta)))),
      ),
    ),
    format.number(meta.spots.length),
  );
}

/**
 * @param {any} app
 * @param {any} meta
 */
function row(app, meta) {
  return (/** @type {any} */ one, /** @type {number} */ i) => {
    const go = () => app.goTo({ bbox: one.bbox, lat: one.lat, lng: one.lng });
    const onKey = (/** @type {KeyboardEvent} */ event) => event.key === "Enter" && go();
    const unit = t(`spots.unit.${meta.per}`);
    return h(
      "tr",
      { tabindex: 0, on: { click: go, keydown: onKey }, title: `${format.point(one.lat, one.lng)} · z ${one.z}` },
      h(
        "td",
        {},
        h("span", {}, one.inside ? `${i + 1}. ${one.inside}` : `${i + 1}.`),
        h("span.note.lines", {}, `${pick(one.words)}\n${t("spots.cells", { n: format.number(one.cells) })}`),
      ),
      h("td.num", {}, format.number(one.n)),
      h("td.num", { title: unit }, format.figure(one.rate)),
      h("td.num", {}, pText(one.p)),
      h("td.num", {}, trendText(one.trend)),
    );
  };
}

/** Small values as a bound. @param {number} p */
function pText(p) {
  return p < 0.001 ? "<0.001" : p.toFixed(3);
}

/** An arrow where Mann-Kendall finds a trend at 5 %, else a dash. @param {number} z */
function trendText(z) {
  const sure = Math.abs(z) >= 1.96;
  return h("span", { title: `z ${z.toFixed(2)}` }, sure ? (z > 0 ? "↑" : "↓") : "–");
}

function glossary() {
  const rows = CLASSES.map((id) => [h("dt", {}, t(`spots.class.${id}`)), h("dd", {}, t(`spots.class.${id}.why`))]);
  return h(
    "details.block",
    {},
    h("summary.button.link", {}, t("spots.classes")),
    h("dl.facts", {}, rows),
    h("p.note", {}, t("spots.method")),
  );
}
