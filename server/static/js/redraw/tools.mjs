/**
 * The tools on the map: brush, lasso, flood, and a line to cut along. Each gathers what the hand draws and hands it over
 * when the hand lifts. Works with mouse, pen and touch (the map does not move while a tool draws) and from the keyboard:
 * with the map in focus the arrows move a cell cursor, the space bar does what a click does, Enter closes a lasso or line.
 */

import { createCursor } from "./cursor.mjs";

/** @type {any} */
const root = globalThis;

/**
 * @param {any} app
 * @param {{onCells: (cells: string[], done: boolean) => void, onLine: (line: [number, number][]) => void, onPick: (latlng: any, source: boolean) => void, onFlood: (latlng: any) => void}} how
 */
export function createTools(app, { onCells, onLine, onPick, onFlood }) {
  const { map } = app;
  const place = map.getContainer();
  const path = root.L.polyline([], {
    pane: "marks",
    interactive: false,
    color: "#101d26",
    weight: 2,
    dashArray: "4 3",
  });
  let tool = "pick";
  let size = 1;
  let drawing = false;
  /** @type {any[]} */
  let points = [];

  const at = (/** @type {PointerEvent} */ event) => map.mouseEventToLatLng(event).wrap();

  const stamp = (/** @type {any} */ latlng) => {
    const { lat, lng } = latlng;
    return root.h3.gridDisk(root.h3.latLngToCell(lat, lng, app.city.resolution), size);
  };

  const down = (/** @type {PointerEvent} */ event) => {
    if (tool === "pan" || event.button !== 0 || !event.isPrimary || onControl(event)) return;
    if (tool === "pick") return;
    event.preventDefault();
    event.stopPropagation();
    if (tool === "flood") {
      onFlood(at(event));
      return;
    }
    drawing = true;
    place.setPointerCapture(event.pointerId);
    points = [at(event)];
    if (tool === "brush") onCells(stamp(points[0]), false);
    else path.setLatLngs(points).addTo(map);
  };

  const move = (/** @type {PointerEvent} */ event) => {
    if (!drawing) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const one of events.length ? events : [event]) points.push(at(one));
    if (tool === "brush") onCells([...new Set(points.slice(-events.length - 1).flatMap(stamp))], false);
    else path.setLatLngs(points);
  };

  const up = (/** @type {PointerEvent} */ event) => {
    if (!drawing) return;
    drawing = false;
    event.stopPropagation();
    path.remove();
    finish();
  };

  const finish = () => {
    path.remove();
    if (tool === "brush") onCells([], true);
    if (tool === "lasso" && points.length > 2) onCells(inside(points, app.city.resolution), true);
    if (tool === "line" && points.length > 1) onLine(thinned(points));
    points = [];
  };

  /** What the space bar does at the cell cursor. */
  const press = (/** @type {any} */ latlng, /** @type {boolean} */ shift) => {
    if (tool === "pick") onPick(latlng, shift);
    else if (tool === "flood") onFlood(latlng);
    else if (tool === "brush") {
      onCells(stamp(latlng), false);
      onCells([], true);
    } else if (tool !== "pan") {
      points.push(latlng);
      path.setLatLngs(points).addTo(map);
    }
  };
  const cursor = createCursor(app, { active: () => tool !== "pan", press, finish });

  const click = (/** @type {any} */ event) => {
    if (tool === "pick" && !(event.originalEvent instanceof KeyboardEvent))
      onPick(event.latlng, Boolean(event.originalEvent?.shiftKey));
  };

  const swallow = (/** @type {Event} */ event) => {
    if (tool !== "pan" && tool !== "pick" && !onControl(event)) event.stopPropagation();
  };

  place.addEventListener("pointerdown", down, true);
  place.addEventListener("pointermove", move, true);
  place.addEventListener("pointerup", up, true);
  place.addEventListener("pointercancel", up, true);
  place.addEventListener("click", swallow, true);
  map.on("click", click);

  return {
    get tool() {
      return tool;
    },
    /** @param {string} name pan, pick, brush, lasso, flood or line */
    use(name) {
      tool = name;
      points = [];
      path.remove();
      cursor.hide();
      const draws = name !== "pan" && name !== "pick";
      map.dragging[draws ? "disable" : "enable"]();
      place.style.cursor = draws ? "crosshair" : "";
      place.style.touchAction = draws ? "none" : "";
    },
    get size() {
      return size;
    },
    /** @param {number} rings 0 to 3 rings around the cell under the pointer */
    resize(rings) {
      size = Math.max(0, Math.min(3, rings));
    },
    stop() {
      this.use("pan");
      cursor.stop();
      place.removeEventListener("pointerdown", down, true);
      place.removeEventListener("pointermove", move, true);
      place.removeEventListener("pointerup", up, true);
      place.removeEventListener("pointercancel", up, true);
      place.removeEventListener("click", swallow, true);
      map.off("click", click);
    },
  };
}

/** @param {Event} event */
function onControl(event) {
  return event.target instanceof Element && event.target.closest(".leaflet-control, button, a, input") !== null;
}

/**
 * Cells whose centre lies inside a drawn ring.
 * @param {any[]} points
 * @param {number} res
 * @returns {string[]}
 */
function inside(points, res) {
  const ring = points.map(({ lat, lng }) => [lat, lng]);
  return root.h3.polygonToCells(ring, res);
}

/**
 * At most 400 points of a drawn line.
 * @param {any[]} points
 * @returns {[number, number][]}
 */
export function thinned(points) {
  const step = Math.max(1, Math.ceil(points.length / 399));
  const kept = points.filter((_, i) => i % step === 0 || i === points.length - 1);
  return kept.map(({ lat, lng }) => [lat, lng]);
}
