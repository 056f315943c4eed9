/**
 * Which layers there are, which are on, how strong, and how they fare. Sets of layers are remembered per job;
 * of the layers that colour cells one is shown at a time, and the grids then keep only their lines.
 */

import { ApiError } from "../api.mjs";
import { t } from "../i18n.mjs";
import { failed } from "../parts/toasts.mjs";
import { createGrids } from "./grids.mjs";
import { createGround } from "./ground.mjs";
import { createLabels } from "./labels.mjs";
import { createCameras, createCentres, createWorkers } from "./points.mjs";
import { createCoverage, createGaps, createHeat, createService } from "./values.mjs";

/**
 * @typedef {object} Kind
 * @property {string} id
 * @property {string} group
 * @property {string} needs action
 * @property {number} opacity what it starts with
 * @property {string[]} [choices]
 * @property {boolean} [plain] has no opacity of its own
 * @property {boolean} [fills] colours cells
 * @property {boolean} [timed] depends on the window and category
 * @property {boolean} [zoomed] depends on the zoom
 */

/** @type {Kind[]} */
export const KINDS = [
  { id: "grids", group: "grids", needs: "grid.read", opacity: 0.6, choices: ["colour", "deviation", "households", "outline"] },
  { id: "grid-names", group: "grids", needs: "grid.read", opacity: 1, choices: ["name", "code", "households", "worker"], plain: true },
  { id: "regions", group: "grids", needs: "region.read", opacity: 1, plain: true },
  { id: "centres", group: "people", needs: "centre.read", opacity: 1 },
  { id: "service", group: "people", needs: "centre.read", opacity: 0.5, choices: ["community", "town", "county", "city"], fills: true },
  { id: "workers", group: "people", needs: "worker.read", opacity: 1 },
  { id: "heat", group: "incidents", needs: "heat.read", opacity: 0.7, fills: true, timed: true, zoomed: true },
  { id: "cameras", group: "cameras", needs: "camera.read", opacity: 1 },
  { id: "coverage", group: "cameras", needs: "coverage.read", opacity: 0.7, fills: true, zoomed: true },
  { id: "gaps", group: "cameras", needs: "gap.read", opacity: 0.7, fills: true, timed: true, zoomed: true },
  { id: "ground", group: "ground", needs: "ground.read", opacity: 1 },
];

/** What each job shows until the reader chooses otherwise: id → opacity. */
export const PRESETS = /** @type {Record<string, Record<string, number>>} */ ({
  map: { ground: 1, grids: 0.6, "grid-names": 1, regions: 1 },
  redraw: { ground: 1, grids: 0.65, "grid-names": 1, regions: 1 },
  incidents: { ground: 1, grids: 0.6, regions: 1, heat: 0.7 },
  coverage: { ground: 1, grids: 0.6, regions: 1, coverage: 0.65, cameras: 1 },
  centres: { ground: 1, grids: 0.45, regions: 1, centres: 1, workers: 1 },
});

/**
 * The layers after one is switched: a layer that colours cells takes the place of another.
 * @param {Record<string, number>} layers
 * @param {string} id
 * @param {boolean} on
 */
export function switched(layers, id, on) {
  const kind = KINDS.find((one) => one.id === id);
  if (!kind) return layers;
  const others = Object.entries(layers).filter(([other]) => other !== id && !(on && kind.fills && KINDS.find((one) => one.id === other)?.fills));
  return Object.fromEntries(on ? [...others, [id, layers[id] ?? kind.opacity]] : others);
}

/** @param {any} app */
export function createLayers(app) {
  const { store } = app;
  const grids = createGrids(app);
  const labels = createLabels(app);
  /** @type {Record<string, any>} */
  const makers = { heat: createHeat, coverage: createCoverage, gaps: createGaps, service: createService, centres: createCentres, workers: createWorkers, cameras: createCameras, ground: createGround };
  /** @type {Record<string, any>} */
  const made = {};
  /** @type {Set<string>} */
  const shown = new Set();

  const say = (/** @type {string} */ id, /** @type {any} */ state) => {
    const { [id]: _, ...rest } = store.get().layerStates;
    store.set({ layerStates: state ? { ...rest, [id]: state } : rest });
  };
  const fault = (/** @type {string} */ id, /** @type {unknown} */ failure) => {
    if (/** @type {any} */ (failure)?.name === "AbortError") return;
    say(id, { bad: true, text: failure instanceof ApiError ? failure.message : t("error.page") });
    failed(failure);
  };
  const doing = async (/** @type {string} */ id, /** @type {() => Promise<any>} */ work) => {
    const slow = setTimeout(() => say(id, { text: t("state.loading") }), 150);
    try {
      await work();
      say(id, null);
    } catch (failure) {
      fault(id, failure);
    } finally {
      clearTimeout(slow);
      app.legendsChanged();
    }
  };

  const drawGrids = () => {
    const { layers, choices } = store.get();
    const covered = KINDS.some((kind) => kind.fills && layers[kind.id] !== undefined);
    grids.look({ on: layers.grids !== undefined, regions: layers.regions !== undefined, opacity: layers.grids ?? 0.6, choice: choices.grids ?? "colour", covered });
    labels.look({ grids: layers["grid-names"] === undefined ? null : (choices["grid-names"] ?? "name"), regions: layers.regions !== undefined });
  };

  const sync = () => {
    const { layers, choices } = store.get();
    drawGrids();
    for (const kind of KINDS) {
      const make = makers[kind.id];
      if (!make || !app.can(kind.needs)) continue;
      const opacity = layers[kind.id];
      if (opacity === undefined) {
        if (shown.delete(kind.id)) made[kind.id].hide();
        continue;
      }
      const layer = (made[kind.id] ??= make(app));
      layer.fade?.(opacity);
      if (shown.has(kind.id)) continue;
      shown.add(kind.id);
      doing(kind.id, async () => {
        const choice = kind.choices && choices[kind.id];
        if (choice && layer.choose) await layer.choose(choice);
        await layer.show();
        if (!shown.has(kind.id)) layer.hide();
      });
    }
    app.legendsChanged();
  };

  const refresh = (/** @type {(kind: Kind) => boolean} */ which) => {
    for (const kind of KINDS) if (shown.has(kind.id) && which(kind)) doing(kind.id, () => made[kind.id].refresh());
  };

  const loadGrids = () => doing("grids", async () => {
    store.set({ hasPlan: await grids.load() });
    await labels.refresh();
    drawGrids();
  });

  store.on(["layers"], sync);
  store.on(["from", "to", "category", "per", "smooth"], () => refresh((kind) => Boolean(kind.timed)));
  store.on(["plan", "dataVersion"], () => {
    loadGrids();
    refresh((kind) => kind.id !== "ground");
  });
  app.map.on("zoomend", () => refresh((kind) => Boolean(kind.zoomed)));

  return {
    kinds: KINDS,
    grids,
    fault,
    start: () => {
      sync();
      return loadGrids();
    },
    /** @param {string} id @param {boolean} on */
    toggle(id, on) {
      store.set({ layers: switched(store.get().layers, id, on) });
    },
    /** @param {string} id @param {number} opacity */
    fade(id, opacity) {
      store.set({ layers: { ...store.get().layers, [id]: opacity } });
    },
    /** @param {string} id @param {string} choice */
    choose(id, choice) {
      store.set({ choices: { ...store.get().choices, [id]: choice } });
      if (made[id]?.choose) doing(id, () => made[id].choose(choice));
      else drawGrids();
      app.legendsChanged();
    },
    /** The legends of everything that is on, the cells first. */
    legends() {
      const order = KINDS.filter((kind) => shown.has(kind.id)).sort((a, b) => Number(b.fills ?? false) - Number(a.fills ?? false));
      return [...order.flatMap((kind) => made[kind.id].legend()), ...grids.legend()];
    },
    /** @param {string} id */
    layer: (id) => made[id],
  };
}
