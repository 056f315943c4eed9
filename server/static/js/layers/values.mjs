/** Layers that colour cells by a value: camera density, gaps, service areas. One is shown at a time. */

import { withQuery } from "../api.mjs";
import { t } from "../i18n.mjs";
import { windowOf } from "./asked.mjs";
import { createHex, resolutionAt } from "./hex.mjs";
import { GRID_COLOURS } from "./style.mjs";

const SEEN_PER_ZOOM = 9;

/**
 * A layer whose payload has `value` and whose `meta.legend` has the classes.
 * @param {any} app
 * @param {(res: number) => string} pathOf address at a resolution
 */
function createValue(app, pathOf) {
  const hex = createHex(app, { pane: "values" });
  let opacity = 0.68;
  /** @type {any} */
  let legend = null;
  const style = (/** @type {any} */ data) => {
    legend = data.meta.legend ?? null;
    return {
      colour: { kind: "value", column: "value", classes: legend?.classes ?? [] },
      fillOpacity: opacity,
      borders: false,
      cellLines: false,
    };
  };
  return {
    async show() {
      hex.show();
      await this.refresh();
    },
    hide: () => hex.hide(),
    async refresh() {
      const { lat } = app.map.getCenter();
      const path = pathOf(resolutionAt(app.city.resolution, app.map.getZoom(), lat, SEEN_PER_ZOOM));
      await hex.load(path, style);
    },
    /** @param {number} value */
    fade(value) {
      opacity = value;
      if (hex.data()) hex.layer.setFillOpacity(value);
    },
    legend: () => (legend ? [legend] : []),
    data: () => hex.data(),
  };
}

/** @param {any} app */
export function createCoverage(app) {
  let show = "density";
  const layer = createValue(app, (res) => withQuery(app.path("coverage"), { res: Math.min(res, app.city.resolution), show }));
  return {
    ...layer,
    /** @param {string} what density, or seen1 to seen3 */
    choose(what) {
      show = what;
      return layer.refresh();
    },
  };
}

/** @param {any} app */
export function createGaps(app) {
  return createValue(app, (res) =>
    withQuery(app.path("gaps"), { ...windowOf(app), category: app.store.get().category, res }),
  );
}

/**
 * Which centre serves each cell, by tier.
 * @param {any} app
 */
export function createService(app) {
  const hex = createHex(app, { pane: "values" });
  let opacity = 0.5;
  let tier = "community";
  /** @type {any} */
  let meta = null;
  const style = (/** @type {any} */ data) => {
    meta = data.meta;
    const count = meta.centres?.length ?? 0;
    const colours = Array.from({ length: count }, (_, i) => GRID_COLOURS[i % GRID_COLOURS.length]);
    return {
      colour: { kind: "group", column: "centre", colours },
      fillOpacity: opacity,
      borders: true,
      borderWidth: 2,
      borderColour: "#26343d",
      cellLines: false,
    };
  };
  return {
    async show() {
      hex.show();
      await this.refresh();
    },
    hide: () => hex.hide(),
    refresh: async () => void (await hex.load(withQuery(app.path("service-areas"), { tier }), style)),
    /** @param {number} value */
    fade(value) {
      opacity = value;
      if (hex.data()) hex.layer.setFillOpacity(value);
    },
    /** @param {string} value */
    choose(value) {
      tier = value;
      return this.refresh();
    },
    legend: () =>
      meta
        ? [
            {
              title: t("layer.service"),
              unit: t(`tier.${tier}`),
              n: meta.centres?.length ?? 0,
              classes: [{ colour: "#26343d", shape: "line", label: t("legend.service") }],
            },
          ]
        : [],
  };
}
