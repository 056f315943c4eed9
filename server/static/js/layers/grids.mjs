/**
 * Management grids: coloured side by side, by deviation from the band, or by households; their borders, and those
 * of communities and towns, come with the cells. The layer stays on the map (perhaps unpainted), since it knows
 * which grid lies under the pointer.
 */

import { ApiError } from "../api.mjs";
import { createTurns } from "../turns.mjs";
import { firstColours, freeColour, settleColours } from "./gridcolours.mjs";
import { householdClasses, legendsOf, styleOf, thinness } from "./gridlook.mjs";
import { createHex } from "./hex.mjs";
import { SELECTED } from "./style.mjs";

/**
 * @param {any} app
 * @param {() => void} [onLearn] told when redrawing has changed what the grids are
 */
export function createGrids(app, onLearn = () => undefined) {
  const hex = createHex(app, { pane: "grids", options: { highlightColour: SELECTED } });
  /** @type {any} */
  let list = null;
  /** @type {number[]} */
  let colours = [];
  /** Classes of households, those of the plan as it came: a stroke does not recolour the city. @type {any[]} */
  let steps = [];
  let look = { on: false, regions: false, opacity: 0.55, choice: "colour", covered: false };

  const plan = () => ({
    ...list,
    colours,
    steps,
    regions: app.regionsNow(),
    levels: app.city.levels,
    bare: hex.data()?.meta.uncovered ? hex.layer.groupCells(-1).length : 0,
    zoom: app.map.getZoom(),
  });
  const style = () => styleOf(look, plan());
  const restyle = () => {
    if (list && hex.data()) hex.layer.setStyle(style());
  };
  const read = async () => {
    try {
      return await app.grids();
    } catch (failure) {
      if (failure instanceof ApiError && failure.status === 404) return null;
      throw failure;
    }
  };
  const cells = (/** @type {string} */ id) => `${app.planPath("cells", id)}?gaps=true`;
  /** The plan's id, where it is known before its grids have come. */
  const known = () => {
    const { plan } = app.store.get();
    return plan === "current" ? app.city.plan_in_force?.id : plan === "newest" ? null : plan;
  };

  const begin = createTurns();
  let thin = thinness(app.map.getZoom());
  app.map.on("zoomend", () => {
    const now = thinness(app.map.getZoom());
    if (now !== thin) restyle();
    thin = now;
  });

  return {
    hex,
    /** Load the plan that is looked at. False when there is none, null when another was asked for meanwhile. */
    async load() {
      const newest = begin();
      const id = known();
      if (id) hex.begin(cells(id));
      const regions = app.regions();
      regions.catch(() => undefined);
      const found = await read();
      if (!newest()) return null;
      list = found;
      if (!list) {
        hex.hide();
        await regions;
        return false;
      }
      const first = firstColours(list.grids);
      colours = first.colours;
      steps = householdClasses(list.grids);
      hex.show();
      await hex.load(cells(list.plan.id), style);
      if (hex.data()) {
        const settled = settleColours(hex.layer, list.grids, first);
        if (settled.length) hex.layer.restyleGroups(settled, style());
      }
      await regions;
      if (app.city.levels.includes("town")) restyle();
      return true;
    },
    /**
     * Redrawing has made or changed grids: know them, give new ones a colour that their neighbours have not, and draw
     * again those that look different now.
     * @param {any[]} grids
     * @param {number[]} [gone] labels that have no cell any more
     */
    learn(grids, gone = []) {
      const fresh = [];
      for (const label of gone) {
        const at = list.grids.findIndex((/** @type {any} */ one) => one.label === label);
        if (at < 0) continue;
        list.grids.splice(at, 1);
        colours.splice(at, 1);
      }
      for (const grid of grids) {
        const at = list.grids.findIndex((/** @type {any} */ one) => one.label === grid.label);
        if (at >= 0) list.grids[at] = { ...list.grids[at], ...grid };
        else {
          list.grids.push(grid);
          colours.push(freeColour(hex.layer, list.grids, colours, grid.label));
          fresh.push(grid.label);
        }
      }
      const changed = look.choice === "colour" ? fresh : grids.map((grid) => grid.label);
      if (changed.length && hex.data()) hex.layer.restyleGroups(changed, style());
      onLearn();
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
