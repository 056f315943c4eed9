/**
 * What a camera really sees, on the map: the view of the chosen one behind buildings, and a camera that is dragged
 * and turned. Every movement asks the server; answers that come too late are dropped.
 */

import { request } from "../api.mjs";
import { h, replace } from "../dom.mjs";
import * as format from "../format.mjs";
import { onLanguage, t } from "../i18n.mjs";
import { block, facts } from "../parts/figures.mjs";
import { failed } from "../parts/toasts.mjs";
import { createTurns } from "../turns.mjs";
import { labelled } from "./common.mjs";

/** @type {any} */
const root = globalThis;
const SEEN = { color: "#1746a2", weight: 2, fillColor: "#2f6fde", fillOpacity: 0.4, interactive: false, pane: "trial" };
const TRIED = { color: "#7a1fa2", weight: 2, fillColor: "#7a1fa2", fillOpacity: 0.35, interactive: false, pane: "trial" };
const GOOD = "#0b6e4f";
const BAD = "#b3261e";

/** @param {any} app */
export function createTrial(app) {
  const panel = h("section.block");
  ensurePane(app.map);
  const marks = root.L.layerGroup().addTo(app.map);
  const drawn = root.L.layerGroup().addTo(app.map);
  /** @type {any} */
  let tried = null;
  /** @type {any} */
  let answer = null;
  const turns = createTurns();
  let newest = turns();
  let busy = false;
  let again = false;

  const shape = (/** @type {any} */ geometry, /** @type {any} */ style) => root.L.geoJSON({ type: "Feature", geometry, properties: {} }, { style });

  const ask = async () => {
    if (!tried) return;
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    const mine = newest;
    try {
      const { camera, kind, lat, lng, heading_deg, angle_deg, range_m } = tried;
      const body = { kind, lat, lng, heading_deg: kind === "fixed" ? heading_deg : null, angle_deg: kind === "fixed" ? angle_deg : 360, range_m, ...(camera ? { camera } : {}) };
      const found = await request(app.path("coverage/sight"), { method: "POST", json: body });
      if (mine()) {
        answer = found;
        redraw();
        tell();
      }
    } catch (failure) {
      if (mine()) failed(failure);
    }
    busy = false;
    if (again) {
      again = false;
      ask();
    }
  };

  const grip = (/** @type {string} */ label, /** @type {string} */ colour) => root.L.divIcon({ className: "", iconSize: [24, 24], iconAnchor: [12, 12], html: gripElement(label, colour) });

  const end = () => {
    const heading = ((tried.heading_deg ?? 0) * Math.PI) / 180;
    const metres = Math.min(tried.range_m, 400);
    return [tried.lat + (metres * Math.cos(heading)) / 111195, tried.lng + (metres * Math.sin(heading)) / (111195 * Math.cos((tried.lat * Math.PI) / 180))];
  };

  /** @type {any} */
  let body = null;
  /** @type {any} */
  let site = null;
  /** @type {any} */
  let aim = null;

  const redraw = () => {
    if (body) drawn.removeLayer(body);
    body = answer ? shape(answer.view, tried?.camera && !tried.changed ? SEEN : TRIED).addTo(drawn) : null;
  };

  const handles = () => {
    site = root.L.marker([tried.lat, tried.lng], { draggable: true, keyboard: true, icon: grip(t("coverage.try.move"), "#7a1fa2"), title: t("coverage.try.move"), alt: t("coverage.try.move") }).addTo(drawn);
    aim = root.L.marker(end(), { draggable: true, keyboard: true, icon: grip(t("coverage.try.turn"), "#e07b00"), title: t("coverage.try.turn"), alt: t("coverage.try.turn") });
    if (tried.kind === "fixed") aim.addTo(drawn);
    site.on("drag", (/** @type {any} */ event) => {
      const { lat, lng } = event.target.getLatLng();
      Object.assign(tried, { lat, lng, changed: true });
      aim.setLatLng(end());
      ask();
    });
    aim.on("drag", (/** @type {any} */ event) => {
      const { lat, lng } = event.target.getLatLng();
      const east = (lng - tried.lng) * Math.cos((tried.lat * Math.PI) / 180);
      tried.heading_deg = Math.round(((Math.atan2(east, lat - tried.lat) * 180) / Math.PI + 360) % 360);
      tried.changed = true;
      ask();
    });
    aim.on("dragend", () => aim.setLatLng(end()));
  };

  const begin = (/** @type {any} */ camera) => {
    newest = turns();
    tried = camera;
    answer = null;
    body = null;
    drawn.clearLayers();
    if (tried) handles();
    tell();
    ask();
  };

  const place = () => {
    const { lat, lng } = app.middle();
    app.goTo({ lat, lng });
    begin({ kind: "fixed", lat, lng, heading_deg: 0, angle_deg: 90, range_m: 80, changed: true });
  };

  const set = (/** @type {string} */ name) => (/** @type {any} */ event) => {
    tried[name] = name === "kind" ? event.target.value : Number(event.target.value);
    tried.changed = true;
    if (name === "kind") {
      if (tried.kind === "fixed") aim.addTo(drawn);
      else drawn.removeLayer(aim);
      tried.heading_deg ??= 0;
      if (tried.angle_deg >= 360) tried.angle_deg = 90;
    }
    aim.setLatLng(end());
    ask();
  };

  const keep = async () => {
    const { kind, lat, lng, heading_deg, angle_deg, range_m } = tried;
    const json = { kind, lat, lng, heading_deg: kind === "fixed" ? heading_deg : null, angle_deg: kind === "fixed" ? angle_deg : 360, range_m, name: tried.name ?? "" };
    try {
      await request(app.path("coverage/proposals"), { method: "POST", json });
      app.toast(t("coverage.kept"));
    } catch (failure) {
      failed(failure);
    }
  };

  const result = h("div");
  const tell = () => {
    if (!tried) {
      replace(panel, block(t("coverage.try"), h("p.note", {}, t("coverage.try.hint")), h("button.button", { type: "button", on: { click: place } }, t("coverage.try.place"))));
      return;
    }
    if (answer) replace(result, numbers(answer, tried));
    else replace(result);
    const heading = panel.querySelector("[name=heading]");
    if (heading && panel.contains(result)) {
      heading.value = String(tried.heading_deg ?? 0);
      return;
    }
    const slider = (/** @type {string} */ name, /** @type {number} */ min, /** @type {number} */ max, /** @type {string} */ key) =>
      labelled(t(key), h("input", { type: "range", style: { width: "100%" }, name: name.split("_")[0], min, max, value: tried[name] ?? 0, on: { input: set(name) } }));
    const kinds = h("select.field", { on: { change: set("kind") } }, ["fixed", "dome", "panning"].map((one) => h("option", { value: one, selected: one === tried.kind }, t(`camera.kind.${one}`))));
    replace(panel, block(t("coverage.try"),
      h("div.form", {},
        tried.name ? h("p", {}, tried.name) : null,
        labelled(t("camera.kind"), kinds),
        slider("heading_deg", 0, 359, "camera.heading"), slider("angle_deg", 10, 180, "camera.angle"), slider("range_m", 10, 300, "camera.range"),
        result,
        h("div.row.wrap", {},
          app.can("camera.propose") ? h("button.button.primary", { type: "button", on: { click: keep } }, t("coverage.keep_proposal")) : null,
          h("button.button", { type: "button", on: { click: () => begin(null) } }, t("coverage.try.end"))))));
  };

  const chosen = async () => {
    const { selection } = app.store.get();
    if (selection?.kind !== "camera") return;
    const found = (await app.items("cameras")).find((/** @type {any} */ one) => String(one.id) === String(selection.id));
    if (!found || String(found.id) !== String(app.store.get().selection?.id)) return;
    const { kind, lat, lng, heading_deg, angle_deg, range_m, name } = found;
    replace(panel);
    begin({ camera: Number(found.id), kind: heading_deg === null && kind === "fixed" ? "dome" : kind, lat, lng, heading_deg, angle_deg, range_m, name, changed: false });
  };

  const stops = [app.store.on(["selection"], () => chosen().catch(failed)), onLanguage(() => {
    replace(panel);
    tell();
  })];
  tell();
  chosen().catch(failed);
  return {
    panel,
    /** @param {any[]} shapes */
    mark(shapes) {
      marks.clearLayers();
      for (const one of shapes) {
        if (one.cell) root.L.polygon(root.h3.cellToBoundary(one.cell), { color: GOOD, weight: 1, fillColor: GOOD, fillOpacity: Math.min(0.7, 0.15 + 2 * one.share), interactive: false, pane: "trial" }).addTo(marks);
        if (one.geometry) shape(one.geometry, one.line ? { color: BAD, weight: 2, dashArray: "6 4", fill: false, interactive: false, pane: "trial" } : TRIED).addTo(marks);
        if (one.dot) root.L.circleMarker([one.lat, one.lng], { radius: 5, weight: 1.5, color: "#ffffff", fillColor: one.good ? GOOD : BAD, fillOpacity: 1, interactive: false, pane: "trial" }).addTo(marks);
        if (one.label) root.L.circleMarker([one.lat, one.lng], { radius: 4, weight: 2, color: "#7a1fa2", fillColor: "#ffffff", fillOpacity: 1, interactive: false, pane: "trial" }).addTo(marks);
      }
    },
    clearMarks: () => marks.clearLayers(),
    remove() {
      turns();
      tried = null;
      stops.forEach((stop) => stop());
      marks.remove();
      drawn.remove();
    },
  };
}

/** Above the sites, so that what is really seen is not hidden by the plain sectors. @param {any} map */
function ensurePane(map) {
  if (map.getPane("trial")) return;
  const pane = map.createPane("trial");
  pane.style.zIndex = "590";
  pane.style.pointerEvents = "none";
}

/**
 * What changes if the camera stands and looks like this.
 * @param {any} answer
 * @param {any} tried
 */
function numbers(answer, tried) {
  const area = (/** @type {number} */ m2) => t("coverage.m2", { n: format.number(m2) });
  return h("div", { role: "status" },
    facts([
      [t("camera.heading"), tried.kind === "fixed" ? `${format.number(tried.heading_deg ?? 0)}° / ${format.number(tried.angle_deg)}°` : t("camera.all_round")],
      [t("camera.range"), `${format.number(tried.range_m)} m`],
      [t("coverage.try.view"), area(answer.area_m2)],
      [t("coverage.try.gained"), area(answer.gained_m2)],
      [t("coverage.try.lost"), area(answer.lost_m2)],
      [t("coverage.try.cells"), format.number(answer.cells.filter((/** @type {any} */ one) => one.before !== one.after).length)],
    ]),
    answer.area_m2 === 0 ? h("p.fault", {}, t("coverage.try.nothing")) : null,
    answer.compounds.length ? h("p.fault", {}, t("coverage.try.private", { names: answer.compounds.join("、") })) : null);
}

/**
 * @param {string} label
 * @param {string} colour
 */
function gripElement(label, colour) {
  return h("span.grip", { "aria-label": label, style: { background: colour } });
}
