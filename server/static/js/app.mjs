/**
 * The one page. Wires the parts together: what is known about the city, what is shown (in the address), the map
 * that never reloads, and one job at a time.
 */

import { all, binary, request, withQuery } from "./api.mjs";
import { createCache } from "./cache.mjs";
import { byId } from "./dom.mjs";
import * as format from "./format.mjs";
import { boundsOf } from "./geometry.mjs";
import { steps } from "./histogram.mjs";
import * as i18n from "./i18n.mjs";
import { createLayers, PRESETS } from "./layers/index.mjs";
import { createMap, createPointIndex, goTo, listenToClicks, markSelection, resized, showPointer, showScale } from "./mapview.mjs";
import { createPanel } from "./panel/index.mjs";
import { addKey, listen, showKeys } from "./parts/keys.mjs";
import { createLayerList } from "./parts/layerlist.mjs";
import { drawLegends } from "./parts/legends.mjs";
import { createMeasure } from "./parts/measure.mjs";
import { createRailFoot } from "./parts/railfoot.mjs";
import { createSearch } from "./parts/search.mjs";
import { listenToPrint, openPrint } from "./parts/sheet.mjs";
import { problem } from "./parts/states.mjs";
import { createTasks } from "./parts/tasks.mjs";
import { toast } from "./parts/toasts.mjs";
import { createTools } from "./parts/tools.mjs";
import { createStore, remembered } from "./store.mjs";
import * as url from "./url.mjs";

/** @type {any} */
const root = globalThis;
const NARROW_PX = 820;

/** What each job needs; the ones a role may not do are not offered. */
const JOBS = /** @type {Record<string, string>} */ ({
  map: "city.read", redraw: "plan.read", incidents: "heat.read", coverage: "coverage.read",
  centres: "centre.read", plans: "plan.read", data: "import.read", admin: "user.manage",
});

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
  if (!address.view && !address.selection) app.goTo({ bbox: city.bbox });
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
    from: address.from ?? null, to: address.to ?? null, category: address.category ?? null,
    per: address.per ?? "raw", smooth: 0,
    hasPlan: false, measuring: false, layersOpen: wide && remembered("layers.open", false).get(), legendTurn: 0, dataVersion: city.data_version,
  });
  const map = createMap(city.bbox, address.view);
  const cache = createCache(request);
  const base = `/api/cities/${encodeURIComponent(city.code)}`;
  /** @type {any} */
  const app = {
    boot, user, city, store, map,
    work: byId("work"),
    points: createPointIndex(),
    can: (/** @type {string} */ action) => actions.has(action),
    path: (/** @type {string} */ rest) => `${base}/${rest}`,
    planPath: (/** @type {string} */ rest, plan = store.get().plan) => `${base}/plans/${encodeURIComponent(plan)}/${rest}`,
    read: (/** @type {string} */ path) => cache.read(path),
    items: (/** @type {string} */ of) => (of === "centres" ? cache.read(app.path(of)).then((found) => found.items) : cache.read(`${app.path(of)}?limit=500`, (path) => all(path))),
    toast,
    select: (/** @type {any} */ selection) => store.set({ selection }),
    goTo: (/** @type {any} */ target) => goTo(map, target),
    resized: () => resized(map),
    legendsChanged: () => store.set({ legendTurn: store.get().legendTurn + 1 }),
    inBounds: (/** @type {number} */ lat, /** @type {number} */ lng) => lng >= city.bbox[0] && lng <= city.bbox[2] && lat >= city.bbox[1] && lat <= city.bbox[3],
    refresh: () => refresh(app, cache),
  };
  Object.assign(app, createReadings(app, cache));
  app.layers = createLayers(app);
  app.tasks = createTasks(city.code, (finished) => (finished.result?.dry_run ? undefined : app.refresh()));
  return app;
}

/**
 * What several parts ask for: regions of all levels, the grids of the plan, the histogram.
 * @param {any} app
 * @param {ReturnType<typeof createCache>} cache
 */
function createReadings(app, cache) {
  /** @type {any[]} */
  let regions = [];
  /** @type {any} */
  let list = null;
  return {
    async regions() {
      const sets = await Promise.all(app.city.levels.map((/** @type {string} */ level) => cache.read(withQuery(app.path("regions"), { level }), readRegions)));
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
    async *histogram() {
      const { category } = app.store.get();
      const [first, last] = [format.day(app.city.incidents.first, app.city.tz), format.day(app.city.incidents.last, app.city.tz)];
      for (const { day, end } of steps(first, last)) {
        const window = { from: format.startOfDay(day, app.city.tz), to: format.startOfDay(end, app.city.tz) };
        const path = withQuery(app.path("heat"), { ...window, category, res: Math.max(0, app.city.resolution - 3) });
        yield { day, end, n: await cache.read(path, async (address) => root.GezhiPayload.decode(await binary(address)).meta.n ?? 0) };
      }
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
  app.setLanguage = (/** @type {i18n.Language} */ language) => {
    document.cookie = `gezhi_language=${language}; path=/; max-age=31536000; samesite=lax`;
    i18n.use(language).catch(() => location.reload());
  };
  if (!address.view && address.selection) showSelected(app, address.selection);
}

/** @param {boolean} open */
function showLayers(open) {
  byId("map-layers").hidden = !open;
}

/**
 * Go to what the address selects when it names no view.
 * @param {any} app
 * @param {url.Selection} selection
 */
async function showSelected(app, { kind, id }) {
  if (kind === "grid") app.grids().then((/** @type {any} */ list) => app.goTo(list.grids.find((/** @type {any} */ grid) => String(grid.label) === id) ?? {}), () => undefined);
  if (kind === "region") app.regions().then((/** @type {any[]} */ regions) => app.goTo(regions.find((one) => one.id === id) ?? {}), () => undefined);
  if (kind === "cell" && root.h3.isValidCell(id)) {
    const [lat, lng] = root.h3.cellToLatLng(id);
    app.goTo({ lat, lng });
  }
}

/** What this browser remembers: layers per job, choices, whether the list is open. @param {any} app */
function keepMemory(app) {
  const { store, city } = app;
  store.on(["layers"], () => remembered(`layers.${city.code}.${store.get().job}`, {}).set(store.get().layers));
  store.on(["choices"], () => remembered(`choices.${city.code}`, {}).set(store.get().choices));
  store.on(["layersOpen"], () => remembered("layers.open", false).set(store.get().layersOpen));
}

/** The address follows what is shown, without filling the history. @param {any} app */
function keepAddress(app) {
  const { store, map } = app;
  let timer = 0;
  const write = () => {
    const { job, layers, selection, plan, from, to, category, per } = store.get();
    const { lat, lng } = map.getCenter();
    const text = url.build({
      job, view: { lat, lng, zoom: map.getZoom() }, layers, selection: selection ?? undefined,
      plan: plan === "current" ? undefined : plan, from: from ?? undefined, to: to ?? undefined,
      category: category ?? undefined, per: per === "raw" ? undefined : per, language: i18n.language(),
    });
    history.replaceState(null, "", location.pathname + text);
  };
  const soon = () => {
    clearTimeout(timer);
    timer = window.setTimeout(write, 150);
  };
  store.on(["job", "layers", "selection", "plan", "from", "to", "category", "per"], soon);
  i18n.onLanguage(soon);
  map.on("moveend", soon);
}

/**
 * The rail: one job at a time, each a module that is loaded when it is first opened.
 * @param {any} app
 */
function connectJobs(app) {
  const { store } = app;
  /** @type {(() => void) | null} */
  let unmount = null;
  let turn = 0;
  const links = /** @type {HTMLAnchorElement[]} */ ([...document.querySelectorAll(".rail-job")]);
  for (const link of links) {
    const job = link.dataset.job ?? "";
    if (!app.can(JOBS[job])) /** @type {HTMLElement} */ (link.closest("li")).hidden = true;
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      app.openJob(job);
    });
  }
  app.openJob = (/** @type {string} */ job) => {
    if (job === store.get().job) return app.work.childElementCount ? app.foldWork() : undefined;
    const preset = PRESETS[job];
    const layers = preset ? remembered(`layers.${app.city.code}.${job}`, preset).get() : store.get().layers;
    const selection = store.get().selection;
    return store.set({ job, layers, selection: selection?.kind === "city" && job !== "map" ? null : selection });
  };
  app.hideWork = () => {
    app.work.replaceChildren();
    app.work.hidden = true;
    app.resized();
  };
  app.foldWork = () => {
    app.work.hidden = !app.work.hidden;
    app.resized();
  };
  const mount = async () => {
    const { job } = store.get();
    const mine = (turn += 1);
    document.body.dataset.job = job;
    for (const link of links) {
      if (link.dataset.job === job) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    unmount?.();
    unmount = null;
    app.work.hidden = job === "map";
    try {
      const module = await import(`./jobs/${job}.mjs`);
      if (mine !== turn) return;
      unmount = module.mount(app);
    } catch (failure) {
      app.work.replaceChildren(problem(failure, mount));
    }
    app.resized();
  };
  store.on(["job"], mount);
  mount();
}
