/** Asking for the next sites, which is long work, and whether a cordon is closed. */

import { request } from "../api.mjs";
import { h, replace } from "../dom.mjs";
import * as format from "../format.mjs";
import { t } from "../i18n.mjs";
import { block, figures } from "../parts/figures.mjs";
import { loadInto } from "../parts/states.mjs";
import { failed } from "../parts/toasts.mjs";
import { choice, labelled } from "./common.mjs";
import { line } from "./coveragelists.mjs";

/** @type {any} */
let lastSites = null;

/** A small share to a hundredth of a per cent. @param {number} share */
const fine = (share) => `${format.number(share * 100, 2)}%`;

/**
 * @param {any} app
 * @param {(shapes: any[]) => void} mark draws on the map
 */
export function sitesForm(app, mark) {
  const number = h("input.field", { type: "number", min: 1, max: 200, value: 10, required: true });
  const budget = h("input.field", { type: "number", min: 1, step: 0.5, placeholder: t("coverage.sites.no_budget") });
  const region = regionPicker(app);
  let sources = "junctions";
  const from = choice({
    name: "sources", legend: t("coverage.sites.from"), value: sources,
    options: [["junctions", t("coverage.sites.junctions")], ["corners", t("coverage.sites.corners")], ["both", t("coverage.sites.both")]],
    onChange: (value) => { sources = value; },
  });
  const compounds = h("input", { type: "checkbox" });
  const place = h("div.block");
  const show = () => lastSites && replace(place, sitesResult(app, lastSites, mark));
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const asked = {
      number: Number(number.value), ...(budget.value ? { budget: Number(budget.value) } : {}),
      sources: sources === "both" ? ["junctions", "corners"] : [sources],
      ...(region.value ? { region: region.value } : {}), compounds: compounds.checked,
    };
    try {
      const accepted = await request(app.path("coverage/sites"), { method: "POST", json: asked });
      const id = app.tasks.follow(accepted, "tasks.sites");
      const stop = app.tasks.watch((/** @type {any} */ task) => {
        if (task.id !== id || task.job?.status !== "done") return;
        stop();
        lastSites = task.job.result;
        if (place.isConnected) show();
      });
    } catch (failure) {
      failed(failure);
    }
  };
  show();
  return h("div", {},
    h("form.form", { on: { submit } },
      h("div.pair", {}, labelled(t("coverage.sites.number"), number), labelled(t("coverage.sites.budget"), budget)),
      labelled(t("coverage.sites.where"), region), from,
      h("label.row", {}, compounds, t("coverage.sites.compounds")),
      h("p.note", {}, t("coverage.sites.note")),
      h("button.button.primary", { type: "submit" }, t("coverage.sites.start"))),
    place);
}

/**
 * @param {any} app
 * @param {any} found
 * @param {(shapes: any[]) => void} mark
 */
function sitesResult(app, found, mark) {
  mark(found.items.map((/** @type {any} */ one) => ({ geometry: one.view, lat: one.lat, lng: one.lng, label: one.rank })));
  const keep = (/** @type {any} */ one) => async (/** @type {any} */ event) => {
    const { kind, lat, lng, heading_deg, angle_deg, range_m } = one;
    event.target.disabled = true;
    try {
      await request(app.path("coverage/proposals"), { method: "POST", json: { kind, lat, lng, heading_deg, angle_deg, range_m, name: t("coverage.sites.name", { n: one.rank }) } });
      app.toast(t("coverage.kept"));
    } catch (failure) {
      event.target.disabled = false;
      failed(failure);
    }
  };
  const item = (/** @type {any} */ one) => {
    const text = [t(`camera.kind.${one.kind}`), one.heading_deg === null ? "" : `${format.number(one.heading_deg)}°`].filter(Boolean).join(" ");
    const row = line(app, one, null, { tag: one.rank, text, note: t("coverage.sites.gain", { share: fine(one.gain) }) });
    row.classList.add("row");
    row.append(h("button.button.quiet", { type: "button", on: { click: keep(one) } }, t("coverage.keep")));
    return row;
  };
  return h("div", {},
    block(t("coverage.sites.result"), figures([
      { label: t("coverage.sites.before"), value: fine(found.seen_before) },
      { label: t("coverage.sites.after"), value: fine(found.seen_after), why: t("coverage.why.after") },
      { label: t("coverage.sites.bound"), value: fine(found.bound), why: t("coverage.why.bound", { n: format.number(found.candidates) }) },
      { label: t("coverage.sites.cost"), value: format.number(found.cost, 1) },
    ])),
    h("ol.items", {}, found.items.map(item)));
}

/**
 * @param {any} app
 * @param {(shapes: any[]) => void} mark
 */
export function cordonForm(app, mark) {
  const region = regionPicker(app);
  const inwards = h("input.field", { type: "text", value: "0, 500, 1000", inputmode: "numeric" });
  const place = h("div.block");
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    const metres = String(inwards.value).split(/[\s,，、;]+/).filter(Boolean).map(Number).filter((one) => one >= 0).slice(0, 5);
    loadInto(place, async () => cordonResult(app, await request(app.path("coverage/cordon"), { method: "POST", json: { inwards_m: metres.length ? metres : [0], ...(region.value ? { region: region.value } : {}) } }), mark));
  };
  return h("div", {},
    h("form.form", { on: { submit } },
      labelled(t("coverage.cordon.around"), region), labelled(t("coverage.cordon.inwards"), inwards),
      h("p.note", {}, t("coverage.cordon.note")),
      h("button.button.primary", { type: "submit" }, t("coverage.cordon.start"))),
    place);
}

/**
 * @param {any} app
 * @param {any} found
 * @param {(shapes: any[]) => void} mark
 */
function cordonResult(app, found, mark) {
  mark(found.cordons.flatMap((/** @type {any} */ one) => [{ geometry: one.line, line: true }, ...one.crossings.map((/** @type {any} */ at) => ({ lat: at.lat, lng: at.lng, good: at.seen, dot: true }))]));
  const crossing = (/** @type {any} */ one) => line(app, one, null, { tag: t(one.seen ? "coverage.cordon.seen" : "coverage.cordon.open"), text: one.road || t("coverage.unnamed"), note: one.class });
  return h("div", {}, found.cordons.map((/** @type {any} */ one) => h("details", { open: found.cordons.length === 1 || null },
    h("summary.item", {}, h("span.grow", {}, t("coverage.cordon.line", { m: format.number(one.inwards_m) }), h("span.note", {}, t("coverage.cordon.of", { n: format.number(one.seen), all: format.number(one.n) }))), h("span.tag", {}, format.percent(one.closure))),
    h("ul.items", {}, one.crossings.slice(0, 60).map(crossing)))));
}

/** The city or one of its regions, by code. @param {any} app */
function regionPicker(app) {
  const picker = h("select.field", {}, h("option", { value: "" }, t("coverage.whole")));
  app.regions().then((/** @type {any[]} */ regions) => {
    for (const level of app.city.levels.slice(0, 2)) {
      const some = regions.filter((one) => one.level === level);
      if (some.length && some.length <= 200) picker.append(h("optgroup", { label: t(`level.${level}`) }, some.map((one) => h("option", { value: one.code }, one.name || one.code))));
    }
  }, () => undefined);
  return picker;
}
