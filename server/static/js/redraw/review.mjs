/** A draft on its way through the approval steps: where it is, what is decided, and the form that is printed and signed. */

import { request } from "../api.mjs";
import { h, icon } from "../dom.mjs";
import * as format from "../format.mjs";
import { pick, t } from "../i18n.mjs";
import { openDialog } from "../parts/dialogs.mjs";
import { failed } from "../parts/toasts.mjs";
import { labelled } from "../jobs/common.mjs";
import { printForm } from "./form.mjs";
import { button } from "./parts.mjs";

/** @param {any} app @param {any} plan */
export async function review(app, plan) {
  /** @type {any} */
  let now;
  try {
    now = await request(app.planPath("review", plan.id));
  } catch (failure) {
    return failed(failure);
  }
  const post = h("input.field", { type: "text", maxlength: 200 });
  const number = h("input.field", { type: "text", maxlength: 200 });
  const opinion = h("textarea.field", { rows: 2, maxlength: 2000 });
  const send = async (/** @type {string} */ path, /** @type {any} */ json) => {
    if (!post.value.trim()) {
      post.setAttribute("aria-invalid", "true");
      return post.focus();
    }
    try {
      await request(app.planPath(path, plan.id), { method: "POST", json });
      dialog.close();
      app.toast(t("review.done"));
      review(app, plan);
    } catch (failure) {
      failed(failure);
    }
    return undefined;
  };
  const decide = (/** @type {string} */ decision) =>
    send("decide", { decision, post: post.value, document: number.value, opinion: opinion.value });
  const submit = () => send("submit", { post: post.value, opinion: opinion.value });
  const step = now.under_review ? now.steps[now.next] : now.steps[0];
  const mine = !step || decides(app, step);
  const canApprove = now.next !== null && mine && app.can("plan.publish");
  const dialog = openDialog(
    t("redraw.review"),
    h(
      "div.stack",
      {},
      h(
        "ol.items",
        {},
        now.steps.map((/** @type {any} */ step, /** @type {number} */ i) => stepOf(app, step, i === now.next)),
      ),
      now.faults ? h("p.fault-line", {}, icon("warning"), h("span", {}, t("review.faults", { n: now.faults }))) : null,
      now.approved
        ? h("p.fault-line.good", {}, icon("tick"), h("span", {}, t("review.all_approved")))
        : null,
      mine
        ? null
        : h("p.note", {}, t("review.not_you", { role: t(`approval.role.${step.role}`) })),
      labelled(t("review.post"), post),
      now.under_review ? labelled(t("review.document"), number) : null,
      labelled(t(now.under_review ? "review.opinion" : "review.reason"), opinion),
    ),
    [
      button(t("review.form"), () => printForm(app, plan.id)),
      now.under_review ? button(t("review.withdraw"), () => decide("withdrawn")) : null,
      now.under_review && !now.approved && mine ? button(t("review.return"), () => decide("returned")) : null,
      now.under_review && canApprove ? button(t("review.approve"), () => decide("approved"), { primary: true }) : null,
      now.under_review ? null : button(t("review.submit"), submit, { primary: true, disabled: now.faults > 0 || !mine }),
    ],
  );
  return undefined;
}

/** Whether this user's role decides a step. @param {any} app @param {any} step */
function decides(app, step) {
  return step.role !== "admin" || app.user?.role === "admin";
}

/** @param {any} app @param {any} step @param {boolean} next */
function stepOf(app, step, next) {
  const told = [step.post, step.document, step.opinion, step.at ? format.moment(step.at, app.city.tz) : ""];
  return h(
    "li.item",
    {},
    h(
      "span.grow",
      {},
      pick(step),
      step.decision ? h("span.note", {}, told.filter(Boolean).join(" · ")) : null,
    ),
    h(
      `span.tag${step.decision === "approved" ? ".good" : next ? ".warn" : ""}`,
      {},
      step.decision ? t(`review.${step.decision}`) : t(next ? "review.is_next" : "review.waits"),
    ),
  );
}
