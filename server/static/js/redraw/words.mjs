/** Words of the workbench: those for communities where a plan of communities is meant, those for grids else. */

import { known, t } from "../i18n.mjs";

/** @param {any} app */
export function isBorders(app) {
  return app.planInfo()?.kind === "communities";
}

/**
 * A text for what a plan divides the city into: that of communities where there is one of its own.
 * @param {string | undefined} kind grids or communities
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
export function say(kind, key, values) {
  const own = `borders.say.${key}`;
  return kind === "communities" && known(own) ? t(own, values) : t(key, values);
}

/**
 * A text for the plan that is looked at.
 * @param {any} app
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
export function told(app, key, values) {
  return say(app.planInfo()?.kind, key, values);
}
