/** Areas (grids, communities, towns) coloured by their reports, by the change of them, or by the colour of their alert. */

import { withQuery } from "../api.mjs";
import { createTurns } from "../turns.mjs";
import { alertsOf, figuresOf } from "./asked.mjs";
import { createHex } from "./hex.mjs";

/** The value by which a verdict and an alert are coloured; as in the server's legends. */
const CHANGE = /** @type {Record<string, number>} */ ({ down: -1, same: 0, up: 1, few: 2 });
const ALERT = /** @type {Record<string, number>} */ ({ blue: 0, yellow: 1, red: 2 });

/** @param {any} app */
export function createAreas(app) {
  const hex = createHex(app, { pane: "values" });
  let opacity = 0.7;
  let choice = "n";
  /** @type {any} */
  let colouring = { values: [], legend: null };
  const style = () => ({
    colour: { kind: "groupvalue", column: "area", values: colouring.values, classes: colouring.legend?.classes ?? [] },
    fillOpacity: opacity,
    borders: true,
    borderWidth: 1,
    borderColour: "#26343d",
    cellLines: false,
  });
  const begin = createTurns();
  const refresh = async () => {
    const newest = begin();
    const [chosen, level] = [choice, app.store.get().areaLevel];
    const alert = chosen === "alert" || !app.can("exact.read");
    const found = await app.read((alert ? alertsOf : figuresOf)(app, level));
    if (!newest()) return;
    colouring = alert ? ofAlerts(found) : ofFigures(found, chosen);
    await hex.load(withQuery(app.path("areas"), { level }), style);
  };
  return {
    async show() {
      hex.show();
      await refresh();
    },
    hide: () => hex.hide(),
    refresh,
    /** @param {number} value */
    fade(value) {
      opacity = value;
      if (hex.data()) hex.layer.setFillOpacity(value);
    },
    /** @param {string} value */
    choose(value) {
      choice = value;
      return refresh();
    },
    legend: () => (colouring.legend && hex.data() ? [colouring.legend] : []),
    data: () => hex.data(),
  };
}

/** @param {any} found */
function ofAlerts(found) {
  /** @type {(number | null)[]} */
  const values = [];
  for (const one of found.items) values[one.index] = ALERT[one.colour];
  return { values: Array.from(values, (one) => one ?? null), legend: found.legend };
}

/**
 * @param {any} found
 * @param {string} choice
 */
function ofFigures(found, choice) {
  const legend = found.legends[choice] ?? null;
  const value = (/** @type {any} */ one) =>
    choice === "change" ? (CHANGE[one.verdict] ?? null) : one[choice] || null;
  return { values: found.items.map(legend ? value : () => null), legend };
}
