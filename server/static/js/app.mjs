/**
 * The one page. Wires the parts together: what is known about the city, what is shown (in the address), the map
 * that never reloads, and one job at a time.
 */

import { all, request } from "./api.mjs";
import { createCache } from "./cache.mjs";
import { connectComparison } from "./compare/door.mjs";
import { byId, h, replace } from "./dom.mjs";
import * as i18n from "./i18n.mjs";
import { createLayers } from "./layers/index.mjs";
import { PRESETS } from "./layers/kinds.mjs";
import {
  createMap,
  createPointIndex,
  goTo,
  middle,
  listenToClicks,
  markSelection,
  resized,
  showPointer,
  showScale,
} from "./mapview.mjs";
import { keepAddress, keepMemory } from "./memory.mjs";
import { createPanel } from "./panel/index.mjs";
import { addKey, listen, showKeys } from "./parts/keys.mjs";
import { createPlanChip } from "./parts/planchip.mjs";
import { createLayerList } from "./parts/layerlist.mjs";
import { drawLegends } from "./parts/legends.mjs";
import { createMeasure } from "./parts/measure.mjs";
import { createRailFoot } from "./parts/railfoot.mjs";
import { createSearch } from "./parts/search.mjs";
import { listenToPrint, openPrint } from "./parts/sheet.mjs";
import { empty, problem } from "./parts/states.mjs";
import { createTasks } from "./parts/tasks.mjs";
import { toast } from "./parts/toasts.mjs";
import { createTools } from "./parts/tools.mjs";
import { connectJobs, JOBS } from "./rail.mjs";
import { createReadings } from "./readings.mjs";
import { createStore, remembered } from "./store.mjs";
import * as url from "./url.mjs";

/** @type {any} */
const root = globalThis;
const NARROW_PX = 820;
/** Jobs that answer a question: the city's data are as before. */
const STORES_NOTHING = new Set(["propose", "sweep"]);

const boot = JSON.parse(byId("boot").textContent);
start().catch((failure) => {
  const place = byId("map-wait");
  place.className = "map-message";
  place.replaceChildren(problem(failure, () => location.reload()));
});

async function start() {
  const address = url.parse(location.search);
  const [session, city] = await Promise.all([
    request("/api/session"),
    request(`/api/cities/${encodeURIComponent(boot.city)}`),
    i18n.use(address.language ?? boot.language),
  ]);
  const app = createApp(session.user, city, address);
  connect(app, address);
  if (address.view) app.goTo(address.view);
  else app.goTo({ bbox: city.bbox });
  if (!address.view && address.selection) goToSelected(app, address.selection).catch(() => undefined);
  await app.layers.start();
  byId("map-wait").hidden = true;
  document.documentElement.dataset.ready = "true";
}

/**
 * @param {any} user
 * @param {any} city
 * @param {url.Address} address
 */
function createApp(user, city, address) {
  const actions = new Set(city.can ?? boot.can ?? []);
  const job = address.job && JOBS[address.job] && actions.has(JOBS[address.job]) ? address.job : "map";
  const kept = remembered(`layers.${city.code}.${job}`, PRESETS[job] ?? PRESETS.map);
  const wide = window.innerWidth > NARROW_PX;
  const store = createStore({
    job,
    layers: address.layers ?? kept.get(),
    choices: remembered(`choices.${city.code}`, /** @type {Record<string, string>} */ ({})).get(),
    layerStates: {},
    selection: address.selection ?? (wide && job === "map" ? { kind: "city", id: city.code } : null),
    plan: address.plan ?? "current",
    beside: address.beside ?? null,
    from: address.from ?? null,
    to: address.to ?? null,
    category: address.category ?? null,
    per: address.per ?? "raw",
    smooth: address.smooth ?? 0,
    hours: address.hours ?? null,
    weekdays: address.weekdays ?? null,
    step: "month",
    frame: /** @type {number | null} */ (null),
    areaLevel:
      (actions.has("exact.read") || city.levels.includes(address.level) ? address.level : null) ??
      (city.levels.includes("community") ? "community" : (city.levels.at(-1) ?? "grid")),
    against: address.against ?? "previous",
    hasPlan: null,
    tab: /** @type {string | null} The tab that the job is to open with. */ (null),
    measuring: false,
    editing: false,
    layersOpen: wide && remembered("layers.open", false).get(),
    legendTurn: 0,
    dataVersion: city.data_version,
  });
  const map = createMap(city.bbox, address.view);
  const cache = createCache(request);
  const base = `/api/cities/${encodeURIComponent(city.code)}`;
  /** @type {any} */
  const app = {
    boot,
    user,
    city,
    store,
    map,
    work: byId("work"),
    points: createPointIndex(),
    can: (/** @type {string} */ action) => actions.has(action),
    path: (/** @type {string} */ rest) => `${base}/${rest}`,
    planPath: (/** @type {string} */ rest, plan = store.get().plan) =>
      `${base}/plans/${encodeURIComponent(plan)}/${rest}`,
    read: (/** @type {string} */ path) => cache.read(path),
    items: (/** @type {string} */ of) =>
      of === "centres"
        ? cache.read(app.path(of)).then((found) => found.items)
        : cache.read(`${app.path(of)}?limit=500`, (path) => all(path)),
    toast,
    select: (/** @type {any} */ selection) => store.set({ selection }),
    goTo: (/** @type {any} */ target) => goTo(map, target),
    middle: () => middle(map),
    show: (/** @type {any} */ selection) => {
      app.select(selection);
      return goToSelected(app, selection);
    },
    resized: () => resized(map),
    held: () => map.invalidateSize({ pan: false, animate: false }),
    legendsChanged: () => store.set({ legendTurn: store.get().legendTurn + 1 }),
    inBounds: (/** @type {number} */ lat, /** @type {number} */ lng) =>
      lng >= city.bbox[0] && lng <= city.bbox[2] && lat >= city.bbox[1] && lat <= city.bbox[3],
    refresh: () => refresh(app, cache),
  };
  Object.assign(app, createReadings(app, cache));
  app.layers = createLayers(app);
  app.showPlan = (/** @type {string} */ plan) => store.set({ plan, selection: null });
  app.tasks = createTasks(city.code, (finished) => afterTask(app, finished));
  return app;
}

/**
 * A task has ended well: a new drawing is shown where plans are made, and offered elsewhere.
 * @param {any} app
 * @param {any} finished
 */
function afterTask(app, finished) {
  if (finished.result?.dry_run || STORES_NOTHING.has(finished.kind)) return undefined;
  const plan = finished.kind === "draw" ? finished.result?.plan : null;
  const show = () => app.showPlan(String(plan));
  app.refresh().then(() => plan && ["redraw", "data", "plans"].includes(app.store.get().job) && show());
  return plan ? { label: i18n.t("plan.show"), run: show } : undefined;
}

/**
 * The city's data have changed: ask again.
 * @param {any} app
 * @param {ReturnType<typeof createCache>} cache
 */
async function refresh(app, cache) {
  cache.clear();
  app.city = await request(app.path("").slice(0, -1));
  app.store.set({ dataVersion: `${app.city.data_version}.${Date.now()}` });
}

/**
 * @param {any} app
 * @param {url.Address} address
 */
function connect(app, address) {
  const { store, map } = app;
  const toggleLayers = () => store.set({ layersOpen: !store.get().layersOpen });
  const print = () => openPrint(app);
  const esc = () => {
    if (store.get().measuring) store.set({ measuring: false });
    else if (store.get().selection) app.select(null);
    else if (store.get().layersOpen) store.set({ layersOpen: false });
  };

  createSearch(app, byId("map-top"));
  addKey({ key: "Escape", shown: "Esc", text: "keys.leave", run: esc });
  addKey({ key: "?", text: "keys.help", run: showKeys });
  createTools(app, { toggleLayers, print });
  createLayerList(app, byId("map-layers"), toggleLayers);
  createPlanChip(app, byId("map-top"));
  createMeasure(app, byId("map-top"));
  createPanel(app);
  createRailFoot(app);
  listen();
  listenToClicks(app);
  listenToPrint(app);
  showPointer(app);
  showScale(map);

  const mark = markSelection(app);
  const legends = () => drawLegends(byId("map-legend"), app.layers.legends(), app.city.tz);
  store.on(["legendTurn"], () => {
    legends();
    mark().catch(() => undefined);
  });
  i18n.onLanguage(legends);

  store.on(["layersOpen"], () => showLayers(store.get().layersOpen));
  showLayers(store.get().layersOpen);
  keepMemory(app);
  keepAddress(app);
  connectJobs(app);
  connectComparison(app);
  sayNoPlan(app);
  app.setLanguage = (/** @type {i18n.Language} */ language) => {
    document.cookie = `gezhi_language=${language}; path=/; max-age=31536000; samesite=lax`;
    i18n.use(language).catch(() => location.reload());
  };
}

/**
 * A city without a plan says what to do next, on the map itself.
 * @param {any} app
 */
function sayNoPlan(app) {
  const message = h("div.map-message", { hidden: true });
  byId("map-area").append(message);
  const draw = () => {
    const { hasPlan, job } = app.store.get();
    message.hidden = hasPlan !== false || job !== "map";
    const next = app.can("plan.draw")
      ? h("button.button.primary", { type: "button", on: { click: () => app.openJob("redraw") } }, i18n.t("draw.start"))
      : null;
    replace(message, empty(i18n.t("city.no_plan"), next));
  };
  app.store.on(["hasPlan", "job"], draw);
  i18n.onLanguage(draw);
}

/** @param {boolean} open */
function showLayers(open) {
  byId("map-layers").hidden = !open;
}

/**
 * Go to what is selected, unless something else has been selected by the time it is known where that is.
 * @param {any} app
 * @param {url.Selection} selection
 */
async function goToSelected(app, selection) {
  const target = await placeOf(app, selection);
  const now = app.store.get().selection;
  if (target && now?.kind === selection.kind && now.id === selection.id) app.goTo(target);
}

/**
 * Where a selected thing is; undefined where there is no such thing.
 * @param {any} app
 * @param {url.Selection} selection
 */
async function placeOf(app, { kind, id }) {
  const LISTS = /** @type {Record<string, string>} */ ({
    camera: "cameras",
    centre: "centres",
    worker: "workers",
    place: "places",
  });
  const named = (/** @type {any[]} */ items, name = "id") => items.find((one) => String(one[name]) === id);
  if (kind === "grid") return named((await app.grids()).grids, "label");
  if (kind === "region") return named(await app.regions());
  if (kind === "area") return (await app.netArea(id)) ?? undefined;
  if (kind in LISTS) return named(await app.items(LISTS[kind]));
  if (kind !== "cell" || !root.h3.isValidCell(id)) return undefined;
  const [lat, lng] = root.h3.cellToLatLng(id);
  return { lat, lng };
}
