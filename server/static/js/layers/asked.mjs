/** What of the store the API is asked for: the window, the hours of the week, the figures of areas. */

import { withQuery } from "../api.mjs";
import { addDays, startOfDay } from "../format.mjs";

/**
 * The time window as the API wants it: UTC instants, the end excluded.
 * @param {any} app
 */
export function windowOf(app) {
  const { from, to } = app.store.get();
  return {
    from: from ? startOfDay(from, app.city.tz) : undefined,
    to: to ? startOfDay(addDays(to, 1), app.city.tz) : undefined,
  };
}

/**
 * Address of the figures of all areas of a level.
 * @param {any} app
 * @param {string} level
 */
export function figuresOf(app, level) {
  const { against, category } = app.store.get();
  return withQuery(app.path("areas/figures"), { ...windowOf(app), category, level, against });
}

/**
 * Address of the alerts of all areas of a level.
 * @param {any} app
 * @param {string} level
 */
export function alertsOf(app, level) {
  return withQuery(app.path("alerts"), { level, category: app.store.get().category });
}

/**
 * What is selected when an area of some figures or alerts is.
 * @param {any} found the figures or alerts
 * @param {any} one an item of them
 * @returns {{kind: string, id: string}}
 */
export function areaSelection(found, one) {
  return one.kind === "net" ? { kind: "area", id: `${found.net.id}.${one.id}` } : { kind: one.kind, id: one.id };
}

/** Hours and weekdays that count, where not all do. @param {any} app */
export function clockOf(app) {
  const { hours, weekdays } = app.store.get();
  return { hours: hours ?? undefined, weekdays: weekdays ?? undefined };
}
