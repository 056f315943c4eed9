/** What several parts ask of the server: regions of all levels, the grids of the plan, incidents over time. */

import { ApiError, request, withQuery } from "./api.mjs";
import * as format from "./format.mjs";
import { boundsOf } from "./geometry.mjs";
import { beginning, steps, summed } from "./histogram.mjs";
import { t } from "./i18n.mjs";
import { windowOf } from "./layers/asked.mjs";

/**
 * @param {any} app
 * @param {ReturnType<typeof import("./cache.mjs").createCache>} cache
 */
export function createReadings(app, cache) {
  /** @type {any[]} */
  let regions = [];
  /** @type {any} */
  let list = null;
  const hasNoPlan = () => !app.city.has_plan && app.store.get().plan === "current";
  /** A plan that is not there is not asked for: the browser would report the answer as an error. */
  const ofPlan = async (/** @type {string} */ path) => {
    if (hasNoPlan()) throw new ApiError({ code: "not_found", message: t("city.no_plan"), status: 404 });
    return cache.read(path);
  };
  return {
    async regions() {
      const sets = await Promise.all(
        app.city.levels.map((/** @type {string} */ level) =>
          cache.read(withQuery(app.path("regions"), { level }), readRegions),
        ),
      );
      regions = sets.flat();
      return regions;
    },
    regionsNow: () => regions,
    async grids() {
      const path = app.planPath("grids");
      try {
        const found = await ofPlan(path);
        if (path === app.planPath("grids")) list = found;
        return found;
      } catch (failure) {
        if (path === app.planPath("grids")) list = null;
        throw failure;
      }
    },
    /** Whether the city has no plan yet, so that there is none to look at. */
    hasNoPlan,
    /** The plan that is looked at. */
    plan: () => ofPlan(app.path(`plans/${encodeURIComponent(app.store.get().plan)}`)),
    planInfo: () => list?.plan ?? null,
    band: () => list?.band ?? [300, 500],
    /** Days and hours of the incidents of a category, over all time. */
    timeline: () => cache.read(withQuery(app.path("incidents/timeline"), { category: app.store.get().category })),
    /**
     * Days and hours of what the map shows: its window, its category, the region or grid that is selected.
     */
    timelineShown() {
      const { category, selection } = app.store.get();
      const area = selection?.kind === "region" || selection?.kind === "grid" ? { [selection.kind]: selection.id } : {};
      return cache.read(withQuery(app.path("incidents/timeline"), { ...windowOf(app), category, ...area }));
    },
    /**
     * An area of a department's net (a patrol area) with what it touches; null where there is no such net (any more).
     * @param {string} id that of the net, a point, and the area's code there
     */
    async netArea(id) {
      const [netId, area] = partsOf(id);
      const net = (await cache.read(app.path("nets"))).items.find((/** @type {any} */ one) => one.id === netId);
      if (!net) return null;
      return cache.read(withQuery(app.path("areas/touching"), { level: `net:${net.department}`, area }));
    },
    /** The outline of an area of a net, as a geometry. @param {string} id as of `netArea` */
    async netOutline(id) {
      const [netId, area] = partsOf(id);
      const { features } = await cache.read(app.path(`nets/${encodeURIComponent(netId)}/outlines`));
      return features.find((/** @type {any} */ one) => one.properties.code === area)?.geometry;
    },
    async histogram() {
      const { days } = await this.timeline();
      const last = format.day(app.city.incidents.last, app.city.tz);
      const { first, earlier } = days.length ? beginning(days) : { first: last, earlier: 0 };
      return { first, earlier, bins: summed(days, steps(first, last)) };
    },
  };
}

/** The net and the code in the id of an area of a net. @param {string} id */
function partsOf(id) {
  const at = id.indexOf(".");
  return [id.slice(0, at), id.slice(at + 1)];
}

/** @param {string} path */
async function readRegions(path) {
  const { features } = await request(path);
  return features.map((/** @type {any} */ feature) => {
    const bbox = feature.geometry ? boundsOf(feature.geometry) : null;
    return { ...feature.properties, geometry: feature.geometry, bbox };
  });
}
