/**
 * The layers on the map: which are shown, how they load, what their legends say. Sets of layers are remembered per
 * job; of the layers that colour cells one is shown at a time, and the grids then keep only their lines.
 */

import { ApiError } from "../api.mjs";
import { t } from "../i18n.mjs";
import { failed } from "../parts/toasts.mjs";
import { createAreas } from "./areas.mjs";
import { createBorders } from "./borders.mjs";
import { createGrids } from "./grids.mjs";
import { createGround } from "./ground.mjs";
import { createHeat } from "./heat.mjs";
import { covered, KINDS, switched } from "./kinds.mjs";
import { createLabels } from "./labels.mjs";
import { createCameras, createCentres, createWorkers } from "./points.mjs";
import { createHotspots } from "./spots.mjs";
import { createCoverage, createGaps, createService } from "./values.mjs";

const SLOW_MS = 150;
const MAKERS = /** @type {Record<string, (app: any) => any>} */ ({
  heat: createHeat,
  hotspots: createHotspots,
  areas: createAreas,
  coverage: createCoverage,
  gaps: createGaps,
  service: createService,
  centres: createCentres,
  workers: createWorkers,
  cameras: createCameras,
  ground: createGround,
});

/** @param {any} app */
export function createLayers(app) {
  const { store } = app;
  const report = createReport(app);
  const plan = createPlanLayers(app, report);
  const others = createOthers(app, report);
  const sync = () => {
    plan.draw();
    others.sync();
    app.legendsChanged();
  };
  store.on(["layers"], sync);
  store.on(["from", "to", "category", "per", "smooth", "hours", "weekdays"], () =>
    others.refresh((kind) => Boolean(kind.timed)),
  );
  store.on(["frame", "step"], () => others.refresh((kind) => Boolean(kind.framed)));
  store.on(["areaLevel", "against"], () => others.refresh((kind) => kind.id === "areas"));
  store.on(["plan", "dataVersion"], () => {
    plan.load();
    others.refresh((kind) => kind.id !== "ground");
  });
  app.map.on("zoomend", () => others.refresh((kind) => Boolean(kind.zoomed)));
  return {
    kinds: KINDS,
    grids: plan.grids,
    fault: report.fault,
    layer: others.layer,
    start() {
      sync();
      return plan.load();
    },
    /** @param {string} id @param {boolean} on */
    toggle: (id, on) => store.set({ layers: switched(store.get().layers, id, on) }),
    /** @param {string} id @param {number} opacity */
    fade: (id, opacity) => store.set({ layers: { ...store.get().layers, [id]: opacity } }),
    /** @param {string} id @param {string} choice */
    choose(id, choice) {
      store.set({ choices: { ...store.get().choices, [id]: choice } });
      if (!others.choose(id, choice)) plan.draw();
      app.legendsChanged();
    },
    /** The legends of everything that is on, the cells first. */
    legends: () => [...others.legends(), ...plan.grids.legend()],
  };
}

/**
 * How each layer fares, beside its name in the list; what goes wrong is also said once.
 * @param {any} app
 */
function createReport(app) {
  const { store } = app;
  const say = (/** @type {string} */ id, /** @type {any} */ state) => {
    if (!state && !(id in store.get().layerStates)) return;
    const { [id]: _, ...rest } = store.get().layerStates;
    store.set({ layerStates: state ? { ...rest, [id]: state } : rest });
  };
  const fault = (/** @type {string} */ id, /** @type {unknown} */ failure) => {
    if (/** @type {any} */ (failure)?.name === "AbortError") return;
    say(id, { bad: true, text: failure instanceof ApiError ? failure.message : t("error.page") });
    failed(failure);
  };
  return {
    fault,
    /** @param {string} id @param {() => Promise<any>} work */
    async doing(id, work) {
      const slow = setTimeout(() => say(id, { text: t("state.loading") }), SLOW_MS);
      try {
        await work();
        say(id, null);
      } catch (failure) {
        fault(id, failure);
      } finally {
        clearTimeout(slow);
        app.legendsChanged();
      }
    },
  };
}

/**
 * Grids, their names and the borders of regions.
 * @param {any} app
 * @param {ReturnType<typeof createReport>} report
 */
function createPlanLayers(app, report) {
  const { store } = app;
  const labels = createLabels(app);
  const grids = createGrids(app, () => {
    labels.draw();
    app.legendsChanged();
  });
  const borders = createBorders(app);
  const draw = () => {
    const { layers, choices, hasPlan } = store.get();
    const regions = layers.regions !== undefined;
    const on = layers.grids !== undefined;
    const choice = choices.grids ?? "colour";
    grids.look({ on, regions, opacity: layers.grids ?? 0, choice, covered: covered(layers) });
    borders.look(regions && !hasPlan)?.catch(failed);
    labels.look({ grids: layers["grid-names"] === undefined ? null : (choices["grid-names"] ?? "name"), regions });
  };
  const load = () =>
    report.doing("grids", async () => {
      try {
        const hasPlan = await grids.load();
        if (hasPlan !== null) store.set({ hasPlan });
      } finally {
        await labels.refresh();
        draw();
      }
    });
  return { grids, draw, load };
}

/**
 * Every other layer: made when it is first switched on, kept when it is switched off.
 * @param {any} app
 * @param {ReturnType<typeof createReport>} report
 */
function createOthers(app, report) {
  const { store } = app;
  /** @type {Record<string, any>} */
  const made = {};
  /** @type {Set<string>} */
  const shown = new Set();
  const show = (/** @type {import("./kinds.mjs").Kind} */ kind) =>
    report.doing(kind.id, async () => {
      const choice = kind.choices && store.get().choices[kind.id];
      if (choice) await made[kind.id].choose(choice);
      await made[kind.id].show();
      if (!shown.has(kind.id)) made[kind.id].hide();
    });
  return {
    layer: (/** @type {string} */ id) => made[id],
    sync() {
      const { layers } = store.get();
      for (const kind of KINDS.filter((one) => MAKERS[one.id] && app.can(one.needs))) {
        const opacity = layers[kind.id];
        if (opacity === undefined) {
          if (shown.delete(kind.id)) made[kind.id].hide();
          continue;
        }
        made[kind.id] ??= MAKERS[kind.id](app);
        made[kind.id].fade(opacity);
        if (shown.has(kind.id)) continue;
        shown.add(kind.id);
        show(kind);
      }
    },
    /** @param {(kind: import("./kinds.mjs").Kind) => boolean} which */
    refresh(which) {
      for (const kind of KINDS)
        if (shown.has(kind.id) && which(kind)) report.doing(kind.id, () => made[kind.id].refresh());
    },
    /** Whether the layer is one of these. @param {string} id @param {string} choice */
    choose(id, choice) {
      if (!made[id]?.choose) return false;
      report.doing(id, () => made[id].choose(choice));
      return true;
    },
    legends() {
      const order = KINDS.filter((kind) => shown.has(kind.id));
      order.sort((a, b) => Number(b.fills ?? false) - Number(a.fills ?? false));
      return order.flatMap((kind) => made[kind.id].legend());
    },
  };
}
