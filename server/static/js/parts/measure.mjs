/** Measuring: click points, read the length, and with three or more the area; Esc or the button ends it. */

import { h, icon, replace } from "../dom.mjs";
import * as format from "../format.mjs";
import { areaKm2, distanceM } from "../geometry.mjs";
import { language, onLanguage, t } from "../i18n.mjs";

/** @type {any} */
const root = globalThis;

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
    const line = { pane: "marks", color: "#b3261e", weight: 2, dashArray: "5 4", fill: points.length > 2, fillOpacity: 0.08, interactive: false };
    group.addLayer(points.length > 2 ? root.L.polygon(points, line) : root.L.polyline(points, line));
    for (const point of points) group.addLayer(root.L.circleMarker(point, { pane: "marks", radius: 3.5, color: "#b3261e", weight: 1.5, fillColor: "#ffffff", fillOpacity: 1, interactive: false }));
    replace(reading, h("span.grow", {}, words(points)),
      h("button.button.quiet", { type: "button", on: { click: clear }, disabled: points.length === 0 }, t("measure.clear")),
      h("button.button.quiet.square", { type: "button", "aria-label": t("measure.end"), on: { click: stop } }, icon("close")));
  };
  const clear = () => {
    points = [];
    draw();
  };
  const stop = () => app.store.set({ measuring: false });
  const add = (/** @type {any} */ event) => {
    points.push(event.latlng);
    draw();
  };
  app.store.on(["measuring"], () => {
    const { measuring } = app.store.get();
    points = [];
    document.body.classList.toggle("measuring", measuring);
    if (measuring) app.map.on("click", add).addLayer(group);
    else app.map.off("click", add).removeLayer(group);
    draw();
  });
  onLanguage(draw);
}

/** @param {{lat: number, lng: number}[]} points */
function words(points) {
  if (points.length < 2) return t("measure.start");
  let metres = 0;
  for (let i = 1; i < points.length; i += 1) metres += distanceM(points[i - 1], points[i]);
  const length = t("measure.length", { length: format.distance(metres, language()) });
  return points.length < 3 ? length : `${length} · ${t("measure.area", { area: format.area(areaKm2(points), language()) })}`;
}
