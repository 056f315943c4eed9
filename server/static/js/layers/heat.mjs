/** Reports as heat by cell: over the window, or one step of it while the slider plays. A step asks the server nothing. */

import { withQuery } from "../api.mjs";
import { clockOf, windowOf } from "./asked.mjs";
import { createHex, resolutionAt } from "./hex.mjs";

const SEEN_PER_ZOOM = 9;

/** @param {any} app */
export function createHeat(app) {
  const hex = createHex(app, { pane: "values" });
  let opacity = 0.68;
  const path = () => {
    const { category, per, smooth, frame, step } = app.store.get();
    const res = resolutionAt(app.city.resolution, app.map.getZoom(), app.map.getCenter().lat, SEEN_PER_ZOOM);
    const asked = { ...windowOf(app), ...clockOf(app), category, per: per === "raw" ? "" : per, res };
    return frame === null
      ? withQuery(app.path("heat"), { ...asked, smooth: smooth || "" })
      : withQuery(app.path("heat/steps"), { ...asked, step });
  };
  const style = (/** @type {any} */ data) => ({
    colour: { kind: "value", column: columnOf(data), classes: data.meta.legend?.classes ?? [] },
    fillOpacity: opacity,
    borders: false,
    cellLines: false,
  });
  const columnOf = (/** @type {any} */ data) => {
    const count = data.meta.steps?.length;
    return count ? `s${Math.min(app.store.get().frame ?? 0, count - 1)}` : "value";
  };
  return {
    async show() {
      hex.show();
      await this.refresh();
    },
    hide: () => hex.hide(),
    refresh: async () => void (await hex.load(path(), style)),
    /** @param {number} value */
    fade(value) {
      opacity = value;
      if (hex.data()) hex.layer.setFillOpacity(value);
    },
    legend: () => legendOf(hex.data(), app.store.get().frame),
    data: () => hex.data(),
    /** The steps that can be played, once they are here. @returns {{from: string, to: string, n: number}[] | null} */
    steps: () => hex.data()?.meta.steps ?? null,
    /** The step that is shown; null while that is the window. @returns {{from: string, to: string, n: number} | null} */
    step: () => stepOf(hex.data(), app.store.get().frame),
    /** Of what is shown, the column that is above 0 where there are reports. */
    counts: () => (hex.data()?.meta.steps ? hex.data().columns[columnOf(hex.data())] : hex.data()?.columns.n),
  };
}

/**
 * The step of that number, or the last there is.
 * @param {any} data
 * @param {number | null} frame
 */
function stepOf(data, frame) {
  const steps = frame === null ? null : data?.meta.steps;
  return steps?.[Math.min(frame ?? 0, steps.length - 1)] ?? null;
}

/**
 * The legend of the window, or with a step's own n and window.
 * @param {any} data
 * @param {number | null} frame
 */
function legendOf(data, frame) {
  const legend = data?.meta.legend;
  if (!legend) return [];
  const step = stepOf(data, frame);
  if (!step) return [legend];
  const classes = legend.classes.map((/** @type {any} */ { count: _, ...one }) => one);
  return [{ ...legend, n: step.n, window: [step.from, step.to], classes }];
}
