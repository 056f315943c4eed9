/** A cell cursor for the keyboard: the arrows move it from cell to cell, the map follows. */

/** @type {any} */
const root = globalThis;
const EDGE_PX = 60;

/** Directions of the arrow keys on the screen, x to the right and y down. */
const WAYS = /** @type {Record<string, [number, number]>} */ ({
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
});

/**
 * @param {any} app
 * @param {{active: () => boolean, press: (latlng: any, shift: boolean) => void, finish: () => void}} how
 */
export function createCursor(app, { active, press, finish }) {
  const { map } = app;
  const place = map.getContainer();
  const outline = root.L.polygon([], {
    pane: "marks",
    interactive: false,
    color: "#0b6bcb",
    weight: 3,
    fill: false,
  });
  /** @type {string | null} */
  let cell = null;

  const show = (/** @type {string} */ next) => {
    cell = next;
    outline.setLatLngs(root.h3.cellToBoundary(next)).addTo(map);
    const [lat, lng] = root.h3.cellToLatLng(next);
    const { x, y } = map.latLngToContainerPoint([lat, lng]);
    const size = map.getSize();
    if (x < EDGE_PX || y < EDGE_PX || x > size.x - EDGE_PX || y > size.y - EDGE_PX)
      map.panTo([lat, lng], { animate: false });
  };
  const hide = () => {
    outline.remove();
    cell = null;
  };
  const begin = () => {
    const { lat, lng } = map.getCenter();
    return root.h3.latLngToCell(lat, lng, app.city.resolution);
  };

  const key = (/** @type {KeyboardEvent} */ event) => {
    if (!active() || event.target !== place || event.altKey || event.ctrlKey || event.metaKey) return;
    const way = WAYS[event.key];
    if (way) show(cell === null ? begin() : neighbour(map, cell, way));
    else if (event.key === " ") press(latLngOf((cell ??= begin())), event.shiftKey);
    else if (event.key === "Enter") finish();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  place.addEventListener("keydown", key, true);
  place.addEventListener("pointerdown", hide, true);
  return {
    hide,
    stop() {
      hide();
      place.removeEventListener("keydown", key, true);
      place.removeEventListener("pointerdown", hide, true);
    },
  };
}

/** @param {string} cell */
function latLngOf(cell) {
  const [lat, lng] = root.h3.cellToLatLng(cell);
  return root.L.latLng(lat, lng);
}

/**
 * The neighbour that lies most in a direction of the screen.
 * @param {any} map
 * @param {string} cell
 * @param {[number, number]} way
 */
function neighbour(map, cell, [dx, dy]) {
  const here = map.latLngToContainerPoint(root.h3.cellToLatLng(cell));
  const ahead = (/** @type {string} */ other) => {
    const there = map.latLngToContainerPoint(root.h3.cellToLatLng(other));
    const [x, y] = [there.x - here.x, there.y - here.y];
    return (x * dx + y * dy) / Math.max(1e-9, Math.hypot(x, y));
  };
  const near = root.h3.gridDisk(cell, 1).filter((/** @type {string} */ one) => one !== cell);
  return near.reduce((/** @type {string} */ best, /** @type {string} */ one) => (ahead(one) > ahead(best) ? one : best));
}
