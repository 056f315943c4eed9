/** 网格划分: the health check of the grids, each fault with its place, and drawing a new plan. */

import { ApiError } from "../api.mjs";
import { h, icon, replace } from "../dom.mjs";
import * as format from "../format.mjs";
import { language, onLanguage, t } from "../i18n.mjs";
import { faultText, planWords } from "../panel/common.mjs";
import { spread } from "../panel/region.mjs";
import { block, figures } from "../parts/figures.mjs";
import { empty, loadInto, problem } from "../parts/states.mjs";
import { isBorders } from "../redraw/words.mjs";
import { mountBorders } from "./borders.mjs";
import { openWork, tabs } from "./common.mjs";
import { mountEditor } from "./editor.mjs";
import { drawForm } from "./drawform.mjs";
import { planActions } from "./plansteps.mjs";

/** @type {any} */
const root = globalThis;
const SHOWN = 40;

/** @param {any} app */
export function mount(app) {
  let tab = "check";
  let last = app.store.get().plan;
  /** @type {() => void} */
  let leave = () => undefined;
  const draw = () => {
    leave();
    leave = () => undefined;
    tab = app.store.get().tab ?? tab;
    app.store.set({ tab: null });
    const body = openWork(app, "job.redraw");
    const offered = /** @type {[string, string][]} */ ([
      ["check", t("redraw.check")],
      ...(app.can("plan.draw") ? [["edit", t("redraw.edit")], ["draw", t("redraw.draw")]] : []),
      ...(app.can("border.draw") ? [["borders", t("borders.tab")]] : []),
    ]);
    const place = h("div");
    const choose = (/** @type {string} */ id) => {
      const away = tab === "borders" && id !== tab && isBorders(app);
      tab = id;
      if (away) app.showPlan("current");
      else draw();
    };
    replace(body, tabs(offered, tab, choose), place);
    if (tab === "draw") replace(place, drawForm(app));
    else if (tab === "edit") hold(place, mountEditor);
    else if (tab === "borders") hold(place, mountBorders);
    else loadInto(place, () => check(app, () => choose("draw")), 8);
    asked(place);
  };
  /** A plan of communities is looked at on its own tab, and one of grids on theirs, however it came to be shown. */
  const asked = async (/** @type {HTMLElement} */ place) => {
    const { plan } = app.store.get();
    const fresh = plan !== last && plan !== "current";
    last = plan;
    await app.grids().catch(() => null);
    const other = isBorders(app) ? "borders" : "edit";
    if (!place.isConnected || tab === other || (isBorders(app) ? tab === "draw" : tab !== "borders" || !fresh)) return;
    tab = other;
    draw();
  };
  const hold = (/** @type {HTMLElement} */ place, /** @type {typeof mountEditor} */ mount) => {
    let left = false;
    leave = () => {
      left = true;
    };
    mount(app, place).then((stop) => {
      if (left) stop();
      else leave = stop;
    }).catch((failure) => replace(place, problem(failure, draw)));
  };
  const stops = [onLanguage(draw), app.store.on(["plan", "dataVersion"], draw)];
  draw();
  return () => {
    leave();
    stops.forEach((stop) => stop());
  };
}

/**
 * @param {any} app
 * @param {() => void} goDraw
 */
async function check(app, goDraw) {
  let plan;
  let list;
  try {
    [plan, list] = await Promise.all([app.read(app.path(`plans/${app.store.get().plan}`)), app.grids()]);
  } catch (failure) {
    if (!(failure instanceof ApiError && failure.status === 404)) throw failure;
    return empty(
      t("city.no_plan"),
      app.can("plan.draw")
        ? h("button.button.primary", { type: "button", on: { click: goDraw } }, t("draw.start"))
        : null,
    );
  }
  const inBand = list.grids.filter((/** @type {any} */ grid) => grid.deviation === 0).length;
  const whole = list.grids.filter((/** @type {any} */ grid) => grid.pieces <= 1).length;
  const n = list.grids.length;
  return h(
    "div",
    {},
    h("p.note", {}, planWords(app)),
    block(
      t("redraw.health"),
      figures([
        {
          label: t("region.in_band"),
          value: format.percent(inBand / n),
          beside: t("region.of", { n: format.number(inBand), all: format.number(n) }),
          why: t("why.in_band", { low: list.band[0], high: list.band[1] }),
        },
        {
          label: t("redraw.whole"),
          value: format.percent(whole / n),
          beside: t("region.of", { n: format.number(whole), all: format.number(n) }),
          why: t("why.whole"),
        },
        {
          label: t("redraw.faults"),
          value: format.number(plan.violations.length),
          beside: t("redraw.proved", {
            n: format.number(plan.violations.filter((/** @type {any} */ one) => one.proved).length),
          }),
          why: t("why.proved"),
        },
        { label: t("region.grid_count"), value: format.number(n) },
      ]),
    ),
    block(t("region.distribution"), spread(list.grids, list.band), t("region.distribution_unit")),
    block(t("redraw.fault_list"), faultList(app, plan.violations, list.grids), format.number(plan.violations.length)),
    app.can("plan.staff") || app.can("plan.export") ? block(t("panel.can_do"), planActions(app, plan)) : null,
  );
}

/**
 * Faults grouped by kind; each can be gone to.
 * @param {any} app
 * @param {any[]} violations
 * @param {any[]} grids
 */
function faultList(app, violations, grids) {
  if (!violations.length) return h("p.fault-line.good", {}, icon("tick"), h("span", {}, t("fault.none")));
  const byLabel = new Map(grids.map((grid) => [grid.label, grid]));
  /** @type {Map<string, any[]>} */
  const groups = new Map();
  for (const one of violations) groups.set(one.code, [...(groups.get(one.code) ?? []), one]);
  return [...groups].map(([code, some]) =>
    h(
      "details",
      { open: groups.size === 1 || null },
      h(
        "summary.item",
        {},
        icon("chevron"),
        h("span.grow", {}, faultText(code)),
        h("span.tag", {}, format.number(some.length)),
      ),
      h(
        "ul.items",
        {},
        some.slice(0, SHOWN).map((one) => h("li", {}, faultRow(app, one, byLabel.get(one.label)))),
      ),
      some.length > SHOWN ? h("p.note", {}, t("table.rest", { n: format.number(some.length - SHOWN) })) : null,
    ),
  );
}

/**
 * @param {any} app
 * @param {any} violation
 * @param {any} grid
 */
function faultRow(app, violation, grid) {
  const go = () => {
    if (grid) {
      app.goTo(grid);
      app.select({ kind: "grid", id: String(grid.label) });
    } else if (violation.cells.length) {
      const points = violation.cells.map((/** @type {string} */ cell) => root.h3.cellToLatLng(cell));
      const lats = points.map((/** @type {number[]} */ point) => point[0]);
      const lngs = points.map((/** @type {number[]} */ point) => point[1]);
      app.goTo({
        bbox: [
          Math.min(...lngs) - 0.002,
          Math.min(...lats) - 0.002,
          Math.max(...lngs) + 0.002,
          Math.max(...lats) + 0.002,
        ],
      });
      app.markCells(violation.cells);
    }
  };
  const name = grid ? grid.name || grid.code : (violation.region?.name ?? "");
  const detail =
    language() === "en"
      ? violation.reason
      : grid
        ? format.households(grid.households, "zh")
        : t("grid.cells", { n: violation.n_cells ?? violation.cells.length });
  return h(
    "button.item",
    { type: "button", on: { click: go } },
    h("span.grow", {}, name, h("span.note", {}, [violation.region?.name, detail].filter(Boolean).join(" · "))),
    violation.proved ? h("span.tag", { title: t("why.proved") }, t("redraw.is_proved")) : null,
    icon("target"),
  );
}
