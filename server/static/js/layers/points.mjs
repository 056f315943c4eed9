/** Things at a place: centres of four tiers, workers' home cells, camera sites with what they face. */

import { byTier } from "../jobs/common.mjs";
import { t } from "../i18n.mjs";

/** @type {any} */
const root = globalThis;
const SECTORS_FROM_ZOOM = 15;

/**
 * A canvas overlay of symbols.
 * @param {any} app
 * @param {{kind: string, of: string, options?: Record<string, any>, legend: (items: any[]) => any[]}} how `kind` of the
 *   selection, `of` the list in the API and the kind of overlay
 */
function createPoints(app, { kind, of, options = {}, legend }) {
  /** @type {any[]} */
  let items = [];
  /** @type {any} */
  let overlay = null;
  const chosen = () => {
    const { selection } = app.store.get();
    overlay?.choose(selection?.kind === kind ? selection.id : null);
  };
  app.store.on(["selection"], chosen);
  return {
    async show() {
      if (overlay) overlay.addTo(app.map);
      await this.refresh();
    },
    hide: () => overlay?.remove(),
    async refresh() {
      const found = await app.items(of);
      if (found === items && overlay) return;
      items = found;
      if (overlay) overlay.setItems(items);
      else {
        overlay = root.GezhiFeatures.make(of, items, options).addTo(app.map);
        app.points.add(overlay, kind);
      }
      chosen();
    },
    /** @param {number} value */
    fade: (value) => overlay?.setOpacity(value),
    legend: () => (overlay ? legend(items) : []),
  };
}

/** @param {any} app */
export function createCentres(app) {
  const colour = (/** @type {string} */ tier) => root.GezhiSymbols.TIERS[tier].fill;
  return createPoints(app, {
    kind: "centre",
    of: "centres",
    legend: (items) => [
      {
        title: t("layer.centres"),
        n: items.length,
        classes: byTier(items).map(([tier, some]) => ({
          shape: "centre",
          tier,
          colour: colour(tier),
          label: t(`tier.${tier}`),
          count: some.length,
        })),
      },
    ],
  });
}

/** @param {any} app */
export function createWorkers(app) {
  return createPoints(app, {
    kind: "worker",
    of: "workers",
    legend: (items) => {
      const busy = items.filter((item) => item.grids?.length).length;
      return [
        {
          title: t("layer.workers"),
          n: items.length,
          classes: [
            { shape: "dot", colour: "#7a4b94", label: t("legend.with_grid"), count: busy },
            { shape: "ring", colour: "#7a4b94", label: t("legend.without_grid"), count: items.length - busy },
          ],
        },
      ];
    },
  });
}

/** @param {any} app */
export function createCameras(app) {
  const isFine = () => app.map.getZoom() >= SECTORS_FROM_ZOOM;
  let fine = isFine();
  const moved = () => {
    if (isFine() !== fine) app.legendsChanged();
    fine = isFine();
  };
  app.map.on("zoomend", moved);
  return createPoints(app, {
    kind: "camera",
    of: "cameras",
    legend: (items) => {
      const colours = root.GezhiSymbols.CAMERA;
      const status = (/** @type {any} */ item) => (item.status in colours ? item.status : "unknown");
      const classes = Object.keys(colours).map((one) => ({
        shape: one === "offline" ? "ring" : "dot",
        colour: colours[one],
        label: t(`camera.status.${one}`),
        count: items.filter((item) => status(item) === one).length,
      }));
      const facing = {
        shape: "sector",
        colour: colours.online,
        label: t(isFine() ? "legend.sector" : "legend.sector_zoom"),
      };
      return [
        {
          title: t("layer.cameras"),
          n: items.length,
          left_out: t("legend.sector_plain"),
          classes: [...classes.filter((one) => one.count), facing],
        },
      ];
    },
  });
}
