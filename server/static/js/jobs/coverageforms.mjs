/** Whether a cordon is closed: the boundary of the city or a region, or a ring that is drawn; several, nested. */

import { request } from "../api.mjs";
import { h } from "../dom.mjs";
import * as format from "../format.mjs";
import { t, tOr } from "../i18n.mjs";
import { loadInto } from "../parts/states.mjs";
import { labelled } from "./common.mjs";
import { line, regionPicker } from "./coveragelists.mjs";

/**
 * @param {any} app
 * @param {(shapes: any[]) => void} mark draws on the map
 * @param {ReturnType<typeof import("./coveragesketch.mjs").createSketchpad>} pad
 */
export function cordonForm(app, mark, pad) {
  const region = regionPicker(app);
  const inwards = h("input.field", { type: "text", value: "0, 500, 1000", inputmode: "numeric" });
  const walked = h("input", { type: "checkbox" });
  const ring = pad.field({ name: "cordon", kind: "ring", most: 1, label: t("coverage.cordon.ring"), hint: t("coverage.sketch.hint") });
  const around = () => {
    const [drawn] = pad.value("cordon");
    return drawn ? { ring: drawn } : region.value ? { region: region.value } : {};
  };
  const place = h("div.block");
  pad.show(["cordon"]);
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    const metres = String(inwards.value).split(/[\s,，、;]+/).filter(Boolean).map(Number).filter((one) => one >= 0).slice(0, 5);
    loadInto(place, async () => cordonResult(app, await request(app.path("coverage/cordon"), { method: "POST", json: { inwards_m: metres.length ? metres : [0], walked: walked.checked, ...around() } }), mark));
  };
  return h("div", {},
    h("form.form", { on: { submit } },
      labelled(t("coverage.cordon.around"), region), ring, labelled(t("coverage.cordon.inwards"), inwards),
      h("label.row", {}, walked, t("coverage.cordon.walked")),
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
  const crossing = (/** @type {any} */ one) => line(app, one, null, { tag: t(one.seen ? "coverage.cordon.seen" : "coverage.cordon.open"), text: one.road || t("coverage.unnamed"), note: tOr(`coverage.road.${one.class}`, one.class) });
  return h("div", {}, found.cordons.map((/** @type {any} */ one) => h("details", { open: found.cordons.length === 1 || null },
    h("summary.item", {}, h("span.grow", {}, t("coverage.cordon.line", { m: format.number(one.inwards_m) }), h("span.note", {}, t("coverage.cordon.of", { n: format.number(one.seen), all: format.number(one.n) }))), h("span.tag", {}, format.percent(one.closure))),
    h("ul.items", {}, one.crossings.slice(0, 60).map(crossing)))));
}
