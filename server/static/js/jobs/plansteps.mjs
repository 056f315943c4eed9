/** Drawing, staffing and publishing a plan: the three steps, wherever they are offered. */

import { request, versioned } from "../api.mjs";
import { h } from "../dom.mjs";
import * as format from "../format.mjs";
import { t } from "../i18n.mjs";
import { ask } from "../parts/dialogs.mjs";
import { failed } from "../parts/toasts.mjs";
import { remembered } from "../store.mjs";
import { exportLinks } from "../panel/outputs.mjs";
import { overtaken, rollBack } from "../redraw/conflicts.mjs";
import { review } from "../redraw/review.mjs";
import { say } from "../redraw/words.mjs";
import { labelled } from "./common.mjs";

const SECONDS = [5, 15, 30, 60, 180];

/**
 * The form that draws a new plan.
 * @param {any} app
 */
export function drawForm(app) {
  const wish = remembered(`draw.${app.city.code}`, { low: 300, high: 500, seconds: 15, seed: 1 });
  const { low, high, seconds, seed } = wish.get();
  const number = (/** @type {number} */ value, /** @type {number} */ min) =>
    h("input.field", { type: "number", value, min, step: 1, inputmode: "numeric" });
  const [from, to, start] = [number(low, 1), number(high, 2), number(seed, 0)];
  const time = h(
    "select.field",
    {},
    SECONDS.map((one) => h("option", { value: one, selected: one === seconds }, t("draw.seconds", { n: one }))),
  );
  const fault = h("p.fault", { role: "alert", hidden: true });
  const button = h("button.button.primary.wide", { type: "submit" }, t("draw.start"));
  const busy = () => {
    button.disabled = app.tasks.busy("tasks.draw");
  };
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const band = [Number(from.value), Number(to.value)];
    fault.hidden = band[0] > 0 && band[1] > band[0];
    if (!fault.hidden) {
      fault.textContent = t("draw.band_fault");
      return from.focus();
    }
    wish.set({ low: band[0], high: band[1], seconds: Number(time.value), seed: Number(start.value) });
    button.disabled = true;
    try {
      const accepted = await request(app.path("plans"), {
        method: "POST",
        json: { band, seconds: Number(time.value), seed: Number(start.value) },
      });
      app.tasks.follow(accepted, "tasks.draw");
    } catch (failure) {
      failed(failure);
      busy();
    }
    return undefined;
  };
  app.tasks.watch(busy);
  busy();
  return h(
    "form.form",
    { on: { submit } },
    h("div.pair", {}, labelled(t("draw.low"), from), labelled(t("draw.high"), to)),
    h("div.pair", {}, labelled(t("draw.time"), time), labelled(t("draw.seed"), start)),
    fault,
    button,
    h("p.note", {}, t("draw.note")),
  );
}

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
          "div.row.wrap",
          { role: "group", "aria-label": t("plan.export") },
          h("span.note", {}, t("plan.export")),
          exportLinks(app, plan),
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
    const from = h("input.field", { type: "date" });
    const text = [
      h("p", {}, say(plan.kind, "publish.what", { version: plan.version, grids: format.number(plan.grids) })),
      h("p.note", {}, faults ? t("publish.faults", { n: format.number(faults) }) : t("publish.no_faults")),
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
