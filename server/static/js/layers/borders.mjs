/** Borders of regions as they were imported: drawn while no plan is there whose cells would carry them. */

/** @type {any} */
const root = globalThis;

/** @param {any} app */
export function createBorders(app) {
  /** @type {any} */
  let overlay = null;
  let wanted = false;
  const draw = async () => {
    const regions = await app.regions();
    overlay?.remove();
    overlay = null;
    if (!wanted) return;
    const features = regions
      .filter((/** @type {any} */ one) => one.geometry)
      .map((/** @type {any} */ one) => ({ type: "Feature", geometry: one.geometry, properties: { level: one.level } }));
    overlay = root.GezhiFeatures.make("regions", { type: "FeatureCollection", features }).addTo(app.map);
  };
  return {
    /** @param {boolean} on */
    look(on) {
      if (on === wanted) return undefined;
      wanted = on;
      return draw();
    },
  };
}
