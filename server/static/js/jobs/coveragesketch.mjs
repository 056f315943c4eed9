/**
 * Rings and points that are drawn on the map for a form: click by click, or the map's extent as a ring, so that it
 * also goes without a pointer. What is drawn stays until it is removed, also when another tab is opened.
 */

import { h, replace } from "../dom.mjs";
import * as format from "../format.mjs";
import { t } from "../i18n.mjs";

/** @type {any} */
const root = globalThis;
const STILL = 5;
const LINE = { color: "#b3261e", weight: 2, dashArray: "5 4", fillOpacity: 0.08, interactive: false, pane: "trial" };
const DOT = { radius: 5, weight: 2, color: "#b3261e", fillColor: "#ffffff", fillOpacity: 1, interactive: false, pane: "trial" };

/**
 * @typedef {object} How
 * @property {string} name what is drawn, for value()
 * @property {"ring" | "point"} kind
 * @property {string} label
 * @property {string} hint
 * @property {number} most how many rings or points there may be
 * @property {() => void} [onChange]
 */

/** @param {any} app */
export function createSketchpad(app) {
  const group = root.L.layerGroup().addTo(app.map);
  /** @type {Record<string, {kind: string, items: any[]}>} */
  const kept = {};
  /** @type {string[]} */
  let shown = [];
  /** @type {(() => void) | null} */
  let stop = null;

  const redraw = () => {
    group.clearLayers();
    for (const name of shown)
      for (const item of kept[name]?.items ?? [])
        (kept[name].kind === "ring" ? root.L.polygon(item, LINE) : root.L.circleMarker(item, DOT)).addTo(group);
  };

  const put = (/** @type {How} */ how, /** @type {any[]} */ items) => {
    kept[how.name] = { kind: how.kind, items: items.slice(-how.most) };
    redraw();
    how.onChange?.();
  };

  return {
    /** Rings as lists of [lng, lat], points as [lat, lng]. @param {string} name */
    value(name) {
      const { kind, items } = kept[name] ?? { kind: "", items: [] };
      const flat = (/** @type {any} */ at) => [Number(at.lng.toFixed(7)), Number(at.lat.toFixed(7))];
      return kind === "ring" ? items.map((ring) => ring.map(flat)) : items.map((at) => flat(at).reverse());
    },
    /** Which drawings are on the map. @param {string[]} names */
    show(names) {
      stop?.();
      shown = names;
      redraw();
    },
    /** The part of a form that draws. @param {How} how */
    field(how) {
      const place = h("div");
      const items = () => kept[how.name]?.items ?? [];
      const end = (/** @type {any[] | null} */ points) => {
        stop = null;
        if (points) put(how, how.kind === "ring" ? [...items(), points] : [...items(), ...points]);
        tell();
      };
      const begin = () => {
        stop?.();
        const pen = sketch(app.map, how.kind, end);
        stop = pen.cancel;
        replace(place, h("p.note", { role: "status" }, how.hint), h("div.row.wrap", {},
          h("button.button.primary", { type: "button", on: { click: pen.finish } }, t("coverage.sketch.finish")),
          h("button.button", { type: "button", on: { click: pen.cancel } }, t("action.cancel"))));
      };
      const extent = () => {
        const box = app.map.getBounds().pad(-0.1);
        put(how, [...items(), [box.getSouthWest(), box.getSouthEast(), box.getNorthEast(), box.getNorthWest()]]);
        tell();
      };
      const clear = () => {
        put(how, []);
        tell();
      };
      const button = (/** @type {string} */ key, /** @type {() => void} */ click) => h("button.button", { type: "button", on: { click } }, t(key));
      const tell = () => replace(place, h("div.row.wrap", {},
        button("coverage.sketch.draw", begin),
        how.kind === "ring" ? button("coverage.sketch.extent", extent) : null,
        items().length ? h("span.note", { role: "status" }, t(how.kind === "ring" ? "coverage.sketch.rings" : "coverage.sketch.points", { n: format.number(items().length) })) : null,
        items().length ? button("coverage.sketch.clear", clear) : null));
      tell();
      return h("fieldset", {}, h("legend.note", {}, how.label), place);
    },
    /** Add points that come from elsewhere. @param {How} how @param {[number, number][]} places lat and lng */
    add(how, places) {
      put(how, [...(kept[how.name]?.items ?? []), ...places.map(([lat, lng]) => ({ lat, lng }))]);
    },
    remove() {
      stop?.();
      group.remove();
    },
  };
}

/**
 * Collect clicks on the map. Enter or a double click ends, Escape gives up, Backspace takes the last one back.
 * @param {any} map
 * @param {"ring" | "point"} kind
 * @param {(points: any[] | null) => void} onEnd
 */
function sketch(map, kind, onEnd) {
  const place = map.getContainer();
  const least = kind === "ring" ? 3 : 1;
  const group = root.L.layerGroup().addTo(map);
  /** @type {any[]} */
  let points = [];
  /** @type {[number, number]} */
  let pressed = [0, 0];
  const draw = () => {
    group.clearLayers();
    if (kind === "ring" && points.length > 1) root.L.polygon(points, LINE).addTo(group);
    for (const at of points) root.L.circleMarker(at, DOT).addTo(group);
  };
  const down = (/** @type {PointerEvent} */ event) => {
    pressed = [event.clientX, event.clientY];
  };
  const click = (/** @type {MouseEvent} */ event) => {
    if (event.target instanceof Element && event.target.closest(".leaflet-control, button, a, input")) return;
    event.stopPropagation();
    if (Math.hypot(event.clientX - pressed[0], event.clientY - pressed[1]) > STILL) return;
    const at = map.mouseEventToLatLng(event).wrap();
    const last = points.at(-1);
    if (last && map.latLngToContainerPoint(last).distanceTo(map.latLngToContainerPoint(at)) < STILL) return;
    points.push(at);
    draw();
  };
  const twice = (/** @type {MouseEvent} */ event) => {
    event.stopPropagation();
    finish();
  };
  const key = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Escape") close(null);
    else if (event.key === "Enter" && !(event.target instanceof HTMLButtonElement)) finish();
    else if (event.key === "Backspace" && event.target === place) {
      points = points.slice(0, -1);
      draw();
    } else return;
    event.stopPropagation();
    event.preventDefault();
  };
  const close = (/** @type {any[] | null} */ made) => {
    place.removeEventListener("pointerdown", down, true);
    place.removeEventListener("click", click, true);
    place.removeEventListener("dblclick", twice, true);
    document.removeEventListener("keydown", key, true);
    place.style.cursor = "";
    group.remove();
    onEnd(made);
  };
  const finish = () => {
    if (points.length >= least) close(points);
  };
  place.addEventListener("pointerdown", down, true);
  place.addEventListener("click", click, true);
  place.addEventListener("dblclick", twice, true);
  document.addEventListener("keydown", key, true);
  place.style.cursor = "crosshair";
  return { finish, cancel: () => close(null) };
}
