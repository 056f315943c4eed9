/** Hot and cold spots: cells that chance does not explain, by the size of the statistic or by how they emerged. */

import { withQuery } from "../api.mjs";
import { clockOf, windowOf } from "./asked.mjs";
import { createHex } from "./hex.mjs";

/** @param {any} app */
export function createHotspots(app) {
  const hex = createHex(app, { pane: "values" });
  let opacity = 0.75;
  let choice = "size";
  const legend = (/** @type {any} */ data) =>
    (choice === "class" ? data?.meta.class_legend : data?.meta.legend) ?? null;
  const style = (/** @type {any} */ data) => ({
    colour: { kind: "value", column: choice === "class" ? "class" : "z", classes: legend(data)?.classes ?? [] },
    fillOpacity: opacity,
    borders: false,
    cellLines: true,
  });
  return {
    async show() {
      hex.show();
      await this.refresh();
    },
    hide: () => hex.hide(),
    /** Against households, the population at risk; against area where that is chosen or nobody is known to live. */
    async refresh() {
      const { category, per } = app.store.get();
      const ask = (/** @type {string} */ base) =>
        hex.load(withQuery(app.path("hotspots"), { ...windowOf(app), ...clockOf(app), category, per: base }), style);
      try {
        await ask(per === "area" ? "area" : "household");
      } catch (failure) {
        if (/** @type {any} */ (failure)?.code !== "no_households") throw failure;
        await ask("area");
      }
    },
    /** @param {number} value */
    fade(value) {
      opacity = value;
      if (hex.data()) hex.layer.setFillOpacity(value);
    },
    /** @param {string} value */
    async choose(value) {
      choice = value;
      if (hex.data()) hex.layer.setStyle(style(hex.data()));
    },
    legend: () => (legend(hex.data()) ? [legend(hex.data())] : []),
    data: () => hex.data(),
  };
}
