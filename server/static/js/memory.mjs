/** What is shown is kept: in the address, so that a link shares the view, and in this browser. */

import * as i18n from "./i18n.mjs";
import { remembered } from "./store.mjs";
import * as url from "./url.mjs";

/** What this browser remembers: layers per job, choices, whether the list is open. @param {any} app */
export function keepMemory(app) {
  const { store, city } = app;
  store.on(["layers"], () => remembered(`layers.${city.code}.${store.get().job}`, {}).set(store.get().layers));
  store.on(["choices"], () => remembered(`choices.${city.code}`, {}).set(store.get().choices));
  store.on(["layersOpen"], () => remembered("layers.open", false).set(store.get().layersOpen));
}

/** The address follows what is shown, without filling the history. @param {any} app */
export function keepAddress(app) {
  const { store, map } = app;
  let timer = 0;
  const write = () => {
    const { job, layers, selection, plan, beside, from, to, category, per, smooth, hours, weekdays } = store.get();
    const { areaLevel, against } = store.get();
    const areas = layers.areas !== undefined;
    const { lat, lng } = map.getCenter();
    const text = url.build({
      job,
      view: { lat, lng, zoom: map.getZoom() },
      layers,
      selection: selection ?? undefined,
      plan: plan === "current" ? undefined : plan,
      beside: beside ?? undefined,
      from: from ?? undefined,
      to: to ?? undefined,
      category: category ?? undefined,
      per: per === "raw" ? undefined : per,
      smooth,
      hours: hours ?? undefined,
      weekdays: weekdays ?? undefined,
      level: areas ? areaLevel : undefined,
      against: areas && against === "year" ? against : undefined,
      language: i18n.language(),
    });
    history.replaceState(null, "", location.pathname + text);
  };
  const soon = () => {
    clearTimeout(timer);
    timer = window.setTimeout(write, 150);
  };
  store.on(
    ["job", "layers", "selection", "plan", "beside", "from", "to", "category", "per", "smooth", "hours", "weekdays",
      "areaLevel", "against"],
    soon,
  );
  i18n.onLanguage(soon);
  map.on("moveend", soon);
}
