/** What several parts ask of the server: regions of all levels, the grids of the plan, incidents over time. */

import { request, withQuery } from "./api.mjs";
import * as format from "./format.mjs";
import { boundsOf } from "./geometry.mjs";
import { steps, summed } from "./histogram.mjs";

/**
 * @param {any} app
 * @param {ReturnType<typeof import("./cache.mjs").createCache>} cache
 */
export function createReadings(app, cache) {
  /** @type {any[]} */
  let regions = [];
  /** @type {any} */
  let list = null;
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
        const found = await cache.read(path);
        if (path === app.planPath("grids")) list = found;
        return found;
      } catch (failure) {
        if (path === app.planPath("grids")) list = null;
        throw failure;
      }
    },
    planInfo: () => list?.plan ?? null,
    band: () => list?.band ?? [300, 500],
    /** Days and hours of the incidents of a category, over all time. */
    timeline: () => cache.read(withQuery(app.path("incidents/timeline"), { category: app.store.get().category })),
    async histogram() {
      const { days } = await this.timeline();
      const [first, last] = [
        format.day(app.city.incidents.first, app.city.tz),
        format.day(app.city.incidents.last, app.city.tz),
      ];
      return summed(days, steps(first, last));
    },
  };
}

/** @param {string} path */
async function readRegions(path) {
  const { features } = await request(path);
  return features.map((/** @type {any} */ feature) => {
    const bbox = feature.geometry ? boundsOf(feature.geometry) : null;
    return { ...feature.properties, geometry: feature.geometry, bbox };
  });
}
