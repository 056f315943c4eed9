/** Asking for the next sites, which is long work: how many or for how much, from where, what counts, where not. */

import { request } from "../api.mjs";
import { h, icon, replace } from "../dom.mjs";
import * as format from "../format.mjs";
import { t } from "../i18n.mjs";
import { block, figures } from "../parts/figures.mjs";
import { failed, toast } from "../parts/toasts.mjs";
import { choice, labelled } from "./common.mjs";
import { line, regionPicker, whereabouts } from "./coveragelists.mjs";

/** @type {any} */
let lastSites = null;
const MOST_POLES = 5000;

/** A small share to a hundredth of a per cent, always with both digits: they stand under each other. @param {number} share */
const fine = (share) => `${(share * 100).toFixed(2)}%`;

/**
 * @param {any} app
 * @param {(shapes: any[]) => void} mark draws on the map
 * @param {ReturnType<typeof import("./coveragesketch.mjs").createSketchpad>} pad
 */
export function sitesForm(app, mark, pad) {
  const number = h("input.field", { type: "number", min: 1, max: 200, value: 10 });
  const budget = h("input.field", { type: "number", min: 1, step: 0.5, placeholder: t("coverage.sites.no_budget") });
  const region = regionPicker(app);
  const compounds = h("input", { type: "checkbox" });
  const settings = amounts();
  let sources = "junctions";
  const poles = polesField(pad);
  poles.element.hidden = true;
  const from = choice({
    name: "sources", legend: t("coverage.sites.from"), value: sources,
    options: ["junctions", "corners", "both", "poles"].map((id) => /** @type {[string, string]} */ ([id, t(`coverage.sites.${id}`)])),
    onChange: (value) => {
      sources = value;
      poles.element.hidden = value !== "poles";
      pad.show(value === "poles" ? ["poles", "forbidden"] : ["forbidden"]);
    },
  });
  const forbidden = pad.field({ name: "forbidden", kind: "ring", most: 50, label: t("coverage.sites.forbidden"), hint: t("coverage.sketch.hint") });
  pad.show(["forbidden"]);
  const place = h("div.block");
  const show = () => lastSites && replace(place, sitesResult(app, lastSites, mark));
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const from = sources === "poles" ? { poles: poles.places() } : { sources: sources === "both" ? ["junctions", "corners"] : [sources] };
    if (from.poles && !from.poles.length) return app.toast(t("coverage.sites.no_poles"));
    const asked = {
      ...(number.value ? { number: Number(number.value) } : {}), ...(budget.value ? { budget: Number(budget.value) } : {}),
      ...(region.value ? { region: region.value } : {}), ...from, ...settings.read(),
      compounds: compounds.checked, forbidden: pad.value("forbidden"),
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
    return undefined;
  };
  show();
  return h("div", {},
    h("form.form", { on: { submit } },
      h("div.pair", {}, labelled(t("coverage.sites.number"), number), labelled(t("coverage.sites.budget"), budget)),
      labelled(t("coverage.sites.where"), region), from, poles.element,
      h("details", {}, h("summary.item", {}, icon("chevron"), h("span", {}, t("coverage.sites.more"))), h("div.form", {}, settings.element, forbidden, h("label.row", {}, compounds, t("coverage.sites.compounds")))),
      h("p.note", {}, t("coverage.sites.note")),
      h("button.button.primary", { type: "submit" }, t("coverage.sites.start"))),
    place);
}

/** What the kinds of need count, and what the kinds of camera cost. */
function amounts() {
  const field = (/** @type {string} */ name, /** @type {number} */ value, /** @type {number} */ min) => {
    const input = h("input.field", { type: "number", name, min, step: 0.1, value, required: true });
    return { name, input, element: labelled(t(`coverage.sites.${name}`), input) };
  };
  const weights = [field("incidents", 0.5, 0), field("places", 0.3, 0), field("households", 0.2, 0)];
  const costs = [field("fixed_cost", 1, 0.1), field("dome_cost", 2.5, 0.1)];
  const read = (/** @type {any[]} */ some) => Object.fromEntries(some.map(({ name, input }) => [name, Number(input.value)]));
  return {
    element: h("div", {},
      h("p.note", {}, t("coverage.sites.weights")), h("div.pair.three", {}, weights.map((one) => one.element)),
      h("p.note", {}, t("coverage.sites.costs")), h("div.pair", {}, costs.map((one) => one.element))),
    read: () => ({ weights: read(weights), ...read(costs) }),
  };
}

/**
 * Poles: clicked on the map, or from a file with the columns lat and lng.
 * @param {ReturnType<typeof import("./coveragesketch.mjs").createSketchpad>} pad
 */
function polesField(pad) {
  const how = { name: "poles", kind: /** @type {"point"} */ ("point"), most: MOST_POLES, label: t("coverage.sites.poles"), hint: t("coverage.sketch.hint_points") };
  const place = h("div");
  const file = h("input", { type: "file", accept: ".csv,text/csv" });
  file.addEventListener("change", async () => {
    const text = await file.files?.[0]?.text();
    const found = text ? places(text) : [];
    if (!found.length) return toast(t("coverage.sites.bad_poles"), { bad: true });
    pad.add(how, found);
    return draw();
  });
  const draw = () => replace(place, pad.field(how), labelled(t("coverage.sites.poles_file"), file));
  draw();
  return { element: place, places: () => pad.value("poles") };
}

/**
 * Latitudes and longitudes of a CSV text with a head.
 * @param {string} text
 * @returns {[number, number][]}
 */
function places(text) {
  const [head, ...rows] = text.replace(/^\ufeff/, "").split(/\r?\n/).filter(Boolean).map((row) => row.split(/[,;\t]/).map((one) => one.trim().replace(/^"|"$/g, "")));
  const column = (/** @type {string[]} */ names) => (head ?? []).findIndex((name) => names.includes(name.toLowerCase()));
  const lat = column(["lat", "latitude", "纬度"]);
  const lng = column(["lng", "lon", "longitude", "经度"]);
  if (lat < 0 || lng < 0) return [];
  return rows.map((row) => /** @type {[number, number]} */ ([Number(row[lat]), Number(row[lng])])).filter(([y, x]) => Math.abs(y) <= 90 && Math.abs(x) <= 180 && (y || x));
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
    const kind = [t(`camera.kind.${one.kind}`), one.heading_deg === null ? "" : `${format.number(one.heading_deg)}°`].filter(Boolean).join(" ");
    const { by, within } = whereabouts(one.at);
    const gain = t("coverage.sites.gain", { share: fine(one.gain) });
    const text = by || within || format.point(one.lat, one.lng);
    const row = line(app, one, null, { tag: one.rank, text, note: [by ? within : "", kind, gain].filter(Boolean).join(" · ") });
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
