/** Staffing, reviewing and publishing a plan, wherever it is offered. */

import { request, versioned } from "../api.mjs";
import { h, icon } from "../dom.mjs";
import * as format from "../format.mjs";
import { t } from "../i18n.mjs";
import { ask } from "../parts/dialogs.mjs";
import { failed } from "../parts/toasts.mjs";
import { faultList } from "../panel/faults.mjs";
import { exportLinks } from "../panel/outputs.mjs";
import { overtaken, rollBack } from "../redraw/conflicts.mjs";
import { review } from "../redraw/review.mjs";
import { say } from "../redraw/words.mjs";
import { labelled } from "./common.mjs";

/**
 * What can be done with a plan: staff it, publish it, take it away as a file.
 * @param {any} app
 * @param {any} plan
 */
export function planActions(app, plan) {
  const staff = async () => {
    try {
      app.tasks.follow(await request(app.planPath("staff", plan.id), { method: "POST", json: {} }), "tasks.staff");
    } catch (failure) {
      failed(failure);
    }
  };
  return [
    h(
      "div.row.wrap",
      {},
      app.can("plan.staff") ? h("button.button", { type: "button", on: { click: staff } }, t("plan.staff")) : null,
      app.can("plan.publish") && plan.status === "draft"
        ? h("button.button.primary", { type: "button", on: { click: () => publish(app, plan) } }, t("plan.publish"))
        : null,
      app.can("plan.draw") && plan.status === "draft"
        ? h("button.button", { type: "button", on: { click: () => review(app, plan) } }, t("redraw.review"))
        : null,
      plan.parent
        ? h("button.button", { type: "button", on: { click: () => beside(app, plan) } }, t("redraw.compare"))
        : null,
      app.can("plan.publish") && plan.status === "in_force" && plan.parent
        ? h("button.button", { type: "button", on: { click: () => rollBack(app, plan) } }, t("rollback.do"))
        : null,
    ),
    app.can("plan.export")
      ? h(
          "details",
          {},
          h("summary.button.link", {}, icon("chevron"), t("plan.export")),
          h("div.row.wrap", { role: "group", "aria-label": t("plan.export") }, exportLinks(app, plan)),
        )
      : null,
  ];
}

/** Compare a plan with the one it was begun from. @param {any} app @param {any} plan */
function beside(app, plan) {
  app.store.set({ plan: plan.status === "in_force" ? "current" : plan.id, beside: plan.parent, selection: null });
}

/**
 * Publishing is the step that asks: it changes what everybody sees.
 * @param {any} app
 * @param {any} plan
 */
export async function publish(app, plan) {
  try {
    const { body, tag } = await versioned(app.path(`plans/${encodeURIComponent(plan.id)}`));
    const faults = body.violations?.length ?? 0;
    const grids = faults ? (await request(app.planPath("grids", plan.id))).grids : [];
    const leave = (/** @type {any} */ event) => {
      event.target.closest("dialog").close();
      if (app.planInfo()?.id !== plan.id) app.showPlan(plan.id);
    };
    const from = h("input.field", { type: "date" });
    const text = [
      h("p", {}, say(plan.kind, "publish.what", { version: plan.version, grids: format.number(plan.grids) })),
      h("p.note", {}, faults ? t("publish.faults", { n: format.number(faults) }) : t("publish.no_faults")),
      faults ? h("div", {}, faultList(app, body.violations, grids, { folded: true, leave }), h("p.note", {}, t("publish.look"))) : null,
      labelled(t("publish.from"), from),
      h("p.note", {}, say(plan.kind, "publish.undo")),
    ];
    if (!(await ask({ title: t("publish.title"), text: h("div.stack", {}, text), yes: t("plan.publish") }))) return;
    await request(app.planPath("publish", plan.id), {
      method: "POST",
      json: from.value ? { effective_from: format.startOfDay(from.value, app.city.tz) } : {},
      ifMatch: body.tag ? `"${body.tag}"` : (tag ?? ""),
    });
    app.toast(say(plan.kind, "publish.done", { version: plan.version }));
    app.store.set({ plan: "current" });
    await app.refresh();
  } catch (failure) {
    const { code, detail } = /** @type {any} */ (failure);
    if (code === "overtaken") overtaken(app, plan, detail[0]?.id);
    else failed(failure);
  }
}
