/** 网格划分: the health check of the grids, each fault with its place, and drawing a new plan. */

import { ApiError } from "../api.mjs";
import { h, replace } from "../dom.mjs";
import * as format from "../format.mjs";
import { onLanguage, t } from "../i18n.mjs";
import { planWords } from "../panel/common.mjs";
import { faultList } from "../panel/faults.mjs";
import { spread } from "../panel/region.mjs";
import { block, figures } from "../parts/figures.mjs";
import { empty, loadInto, problem } from "../parts/states.mjs";
import { isBorders } from "../redraw/words.mjs";
import { mountBorders } from "./borders.mjs";
import { openWork, tabs } from "./common.mjs";
import { mountEditor } from "./editor.mjs";
import { drawForm } from "./drawform.mjs";
import { planActions } from "./plansteps.mjs";

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
    else if (tab === "edit" && app.hasNoPlan()) replace(place, noPlan(app, () => choose("draw")));
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
function noPlan(app, goDraw) {
  const draw = h("button.button.primary", { type: "button", on: { click: goDraw } }, t("draw.start"));
  return empty(t("city.no_plan"), app.can("plan.draw") ? draw : null);
}

/**
 * @param {any} app
 * @param {() => void} goDraw
 */
async function check(app, goDraw) {
  let plan;
  let list;
  try {
    [plan, list] = await Promise.all([app.plan(), app.grids()]);
  } catch (failure) {
    if (!(failure instanceof ApiError && failure.status === 404)) throw failure;
    return noPlan(app, goDraw);
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
