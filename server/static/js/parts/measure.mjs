/** Measuring: click points, read the length, and with three or more the area; Esc or the button ends it. */

import { h, icon, replace } from "../dom.mjs";
import * as format from "../format.mjs";
import { areaKm2, distanceM } from "../geometry.mjs";
import { language, onLanguage, t } from "../i18n.mjs";
import { button } from "./controls.mjs";

/** @type {any} */
const root = globalThis;
const COLOUR = "#b3261e";

/**
 * @param {any} app
 * @param {HTMLElement} place where the reading stands
 */
export function createMeasure(app, place) {
  const group = root.L.layerGroup();
  /** @type {{lat: number, lng: number}[]} */
  let points = [];
  const reading = h("div.measure-out", { role: "status", hidden: true });
  place.append(reading);

  const draw = () => {
    const { measuring } = app.store.get();
    reading.hidden = !measuring;
    group.clearLayers();
    if (!measuring) return;
    for (const shape of shapes(points)) group.addLayer(shape);
    const close = { "aria-label": t("measure.end") };
    replace(
      reading,
      h("span.grow", {}, words(points)),
      button(".quiet", t("measure.clear"), () => set([]), { disabled: points.length === 0 }),
      button(".quiet.square", icon("close"), () => app.store.set({ measuring: false }), close),
    );
  };
  const set = (/** @type {{lat: number, lng: number}[]} */ next) => {
    points = next;
    draw();
  };
  const add = (/** @type {any} */ event) => set([...points, event.latlng]);
  app.store.on(["measuring"], () => {
    const { measuring } = app.store.get();
    document.body.classList.toggle("measuring", measuring);
    if (measuring) app.map.on("click", add).addLayer(group);
    else app.map.off("click", add).removeLayer(group);
    set([]);
  });
  onLanguage(draw);
}

/**
 * The line or area through the points, and the points.
 * @param {{lat: number, lng: number}[]} points
 */
function shapes(points) {
  const area = points.length > 2;
  const common = { pane: "marks", interactive: false, color: COLOUR };
  const line = { ...common, weight: 2, dashArray: "5 4", fill: area, fillOpacity: 0.08 };
  const dot = { ...common, radius: 3.5, weight: 1.5, fillColor: "#ffffff", fillOpacity: 1 };
  const outline = area ? root.L.polygon(points, line) : root.L.polyline(points, line);
  return [outline, ...points.map((point) => root.L.circleMarker(point, dot))];
}

/** @param {{lat: number, lng: number}[]} points */
function words(points) {
  if (points.length < 2) return t("measure.start");
  let metres = 0;
  for (let i = 1; i < points.length; i += 1) metres += distanceM(points[i - 1], points[i]);
  const length = t("measure.length", { length: format.distance(metres, language()) });
  return points.length < 3
    ? length
    : `${length} · ${t("measure.area", { area: format.area(areaKm2(points), language()) })}`;
}
