/** The approval form on paper: what is proposed, before and after, the handover, and room to sign and seal each step. */

import { request } from "../api.mjs";
import { byId, h } from "../dom.mjs";
import * as format from "../format.mjs";
import { pick, t } from "../i18n.mjs";
import { handover } from "../parts/handover.mjs";
import { failed } from "../parts/toasts.mjs";
import { say } from "./words.mjs";

const MOST_MOVES = 18;

/**
 * Lay the form out and print it.
 * @param {any} app
 * @param {string} id of the plan
 */
export async function printForm(app, id) {
  try {
    const [plan, review] = await Promise.all([
      request(app.path(`plans/${encodeURIComponent(id)}`)),
      request(app.planPath("review", id)),
    ]);
    const other = plan.parent ?? "current";
    const found = await request(`${app.planPath("compare", other)}?other=${encodeURIComponent(id)}`);
    const form = formOf(app, plan, review, found);
    const open = document.querySelector("dialog[open]");
    document.querySelector(".approval-form")?.remove();
    document.body.append(form);
    document.body.classList.add("on-form");
    byId("stage").inert = true;
    window.print();
    byId("stage").inert = false;
    document.body.classList.remove("on-form");
    /** @type {HTMLElement | null} */ (open?.querySelector("button"))?.focus();
  } catch (failure) {
    failed(failure);
  }
}

/**
 * @param {any} app
 * @param {any} plan
 * @param {any} review as GET …/review answers
 * @param {any} found as GET …/compare answers: from the plan before to this one
 */
export function formOf(app, plan, review, found) {
  const reason = review.steps[0]?.opinion ?? "";
  return h(
    "article.approval-form",
    { "aria-label": say(plan.kind, "form.title") },
    h("h1", {}, say(plan.kind, "form.title")),
    h(
      "p.form-line",
      {},
      h("span", {}, t("form.city", { city: app.city.name })),
      h("span", {}, say(plan.kind, "form.plan", { version: plan.version })),
      h("span", {}, t("form.printed", { date: format.moment(new Date().toISOString(), app.city.tz) })),
    ),
    h("h2", {}, t("form.reason")),
    h("p.form-space", {}, reason),
    h("h2", {}, t("form.figures")),
    figures(found),
    h("h2", {}, t("compare.handover")),
    handover(found.moves, { most: MOST_MOVES, note: "p" }),
    h("h2", {}, t("form.steps")),
    review.steps.map((/** @type {any} */ step) => stepOf(app, step)),
    h("p.form-foot", {}, t("form.foot", { hash: plan.hash.slice(0, 16) })),
  );
}

/** @param {any} found */
function figures(found) {
  const show = /** @type {[string, (n: number) => string][]} */ ([
    ["grids", (n) => format.number(n)],
    ["in_band", (n) => format.percent(n)],
    ["whole", (n) => format.percent(n)],
    ["worst_deviation", (n) => format.percent(n)],
    ["outside", (n) => format.number(Math.round(n))],
  ]);
  return h(
    "table",
    {},
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("th"),
        h("th.num", {}, t("form.before", { version: found.a.version })),
        h("th.num", {}, t("form.after", { version: found.b.version })),
      ),
    ),
    h(
      "tbody",
      {},
      show.map(([name, words]) =>
        h(
          "tr",
          {},
          h("th", { scope: "row" }, say(found.b.kind, `compare.${name}`)),
          found.measures[name].map((/** @type {number} */ value) => h("td.num", {}, words(value))),
        ),
      ),
      h(
        "tr",
        {},
        h("th", { scope: "row" }, t("form.moved")),
        h(
          "td.num",
          { colspan: 2 },
          t("compare.moved", {
            households: format.number(Math.round(found.moved_households)),
            cells: format.number(found.moved_cells),
            share: format.percent(found.share),
          }),
        ),
      ),
    ),
  );
}

/** @param {any} app @param {any} step */
function stepOf(app, step) {
  return h(
    "section.form-step",
    {},
    h("h3", {}, pick(step)),
    h("p", {}, `${t("review.post")}：${step.post ?? ""}`),
    h("p", {}, `${t("review.document")}：${step.document ?? ""}`),
    h("p.form-space", {}, `${t("review.opinion")}：${step.opinion ?? ""}`),
    h(
      "div.form-sign",
      {},
      h("span", {}, t("form.signature")),
      h("span", {}, t("form.seal")),
      h("span", {}, step.at ? format.day(step.at, app.city.tz) : t("form.date")),
    ),
  );
}
