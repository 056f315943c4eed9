/**
 * Management grids: coloured side by side, by deviation from the band, or by households; their borders, and those
 * of communities and towns, come with the cells. The layer stays on the map (perhaps unpainted), since it knows
 * which grid lies under the pointer.
 */

import { ApiError } from "../api.mjs";
import { firstColours, freeColour, settleColours } from "./gridcolours.mjs";
import { legendsOf, styleOf, thinness } from "./gridlook.mjs";
import { createHex } from "./hex.mjs";
import { SELECTED } from "./style.mjs";

/** @param {any} app */
export function createGrids(app) {
  const hex = createHex(app, { pane: "grids", options: { highlightColour: SELECTED } });
  /** @type {any} */
  let list = null;
  /** @type {number[]} */
  let colours = [];
  let look = { on: false, regions: false, opacity: 0.55, choice: "colour", covered: false };

  const plan = () => ({
    ...list,
    colours,
    regions: app.regionsNow(),
    levels: app.city.levels,
    zoom: app.map.getZoom(),
  });
  const style = () => styleOf(look, plan());
  const restyle = () => {
    if (list && hex.data()) hex.layer.setStyle(style());
  };
  const read = async () => {
    try {
      const [grids] = await Promise.all([app.grids(), app.regions()]);
      return grids;
    } catch (failure) {
      if (failure instanceof ApiError && failure.status === 404) return null;
      throw failure;
    }
  };

  let thin = thinness(app.map.getZoom());
  app.map.on("zoomend", () => {
    const now = thinness(app.map.getZoom());
    if (now !== thin) restyle();
    thin = now;
  });

  return {
    hex,
    /** Load the plan that is looked at. False when there is none. */
    async load() {
      list = await read();
      if (!list) {
        hex.hide();
        return false;
      }
      colours = firstColours(list.grids);
      hex.show();
      await hex.load(app.planPath("cells", list.plan.id), style);
      if (hex.data() && settleColours(hex.layer, list.grids, colours)) restyle();
      return true;
    },
    /**
     * Redrawing has made or changed grids: know them, and give new ones a colour that their neighbours have not.
     * @param {any[]} grids
     */
    learn(grids) {
      for (const grid of grids) {
        const at = list.grids.findIndex((/** @type {any} */ one) => one.label === grid.label);
        if (at >= 0) list.grids[at] = { ...list.grids[at], ...grid };
        else {
          list.grids.push(grid);
          colours.push(freeColour(hex.layer, list.grids, colours, grid.label));
        }
      }
      restyle();
    },
    /** @param {import("./gridlook.mjs").Look} next */
    look(next) {
      look = next;
      restyle();
    },
    /** @returns {any[]} */
    legend: () => (list ? legendsOf(look, plan()) : []),
  };
}
