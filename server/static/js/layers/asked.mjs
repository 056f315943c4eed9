/** What of the store the API is asked for: the window and the hours of the week. */

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

/** Hours and weekdays that count, where not all do. @param {any} app */
export function clockOf(app) {
  const { hours, weekdays } = app.store.get();
  return { hours: hours ?? undefined, weekdays: weekdays ?? undefined };
}
