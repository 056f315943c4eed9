/** 社区边界: versions and drafts of the community borders, the desk for a draft, and the grids within new borders. */

import { request, versioned } from "../api.mjs";
import { h, icon, replace } from "../dom.mjs";
import * as format from "../format.mjs";
import { t } from "../i18n.mjs";
import { author } from "../panel/common.mjs";
import { block } from "../parts/figures.mjs";
import { failed } from "../parts/toasts.mjs";
import { rollBack } from "../redraw/conflicts.mjs";
import { button } from "../redraw/parts.mjs";
import { review } from "../redraw/review.mjs";
import { say } from "../redraw/words.mjs";
import { mountEditor } from "./editor.mjs";
import { publish } from "./plansteps.mjs";

/**
 * @param {any} app
 * @param {HTMLElement} place
 * @returns {Promise<() => void>} what takes it away again
 */
export async function mountBorders(app, place) {
  const state = await request(app.path("borders"));
  const shown = state.items.find((/** @type {any} */ one) => one.id === app.store.get().plan);
  if (!shown || shown.status !== "draft" || !shown.usable) {
    replace(place, ...overview(app, state));
    return () => undefined;
  }
  const desk = h("div.stack");
  const back = () => app.showPlan("current");
  replace(place, h("p.row", {}, h("button.button.quiet", { type: "button", on: { click: back } }, icon("back"), t("borders.all"))), desk);
  return mountEditor(app, desk);
}

/**
 * @param {any} app
 * @param {any} state as GET …/borders answers
 */
function overview(app, state) {
  const across = h("input", { type: "checkbox" });
  const open = async () => {
    try {
      const made = await request(app.path("borders"), { method: "POST", json: { across: across.checked } });
      await app.refresh();
      app.showPlan(made.id);
    } catch (failure) {
      failed(failure);
    }
  };
  return [
    h(
      "div.stack",
      {},
      h("p", {}, t("borders.about")),
      h("p.note", {}, t("borders.now", { base: state.base, n: format.number(state.communities) })),
      app.can("border.cross") ? h("label.row", {}, across, h("span", {}, t("borders.across"))) : null,
      h("p.row", {}, button(t("borders.open"), open, { primary: true })),
    ),
    following(app, state.grids),
    block(
      t("borders.versions"),
      state.items.length
        ? h("ul.items.plan-list", {}, state.items.map((/** @type {any} */ one) => h("li", {}, card(app, one))))
        : h("p.note", {}, t("borders.none")),
    ),
  ];
}

/**
 * The grids in force were drawn within older borders: what follows them.
 * @param {any} app
 * @param {any} grids
 */
function following(app, { plan, behind, successor }) {
  if (!behind) return null;
  const told = successor
    ? t("borders.successor", {
        version: successor.version,
        cut: format.number(successor.cut.length),
        made: format.number(successor.made.length),
        cells: format.number(successor.moved_cells),
        faults: format.number(successor.faults),
      })
    : "";
  return h(
    "section.block.stack",
    { role: "status" },
    h("p.fault-line.warn", {}, icon("warning"), h("span", {}, t("borders.behind"))),
    told ? h("p", {}, told) : null,
    h(
      "p.row",
      {},
      successor
        ? button(t("borders.look"), () => app.showPlan(successor.id), { primary: true })
        : button(t("borders.follow"), () => carry(app, plan), { primary: true }),
    ),
  );
}

/**
 * Make of a plan of older borders a draft within those of today, and show it.
 * @param {any} app
 * @param {string} id
 */
async function carry(app, id) {
  try {
    const made = await request(app.planPath("carry", id), { method: "POST", json: {} });
    app.toast(t("borders.carried", { version: made.version }));
    await app.refresh();
    app.showPlan(made.id);
  } catch (failure) {
    failed(failure);
  }
}

/** @param {any} app @param {any} plan */
function card(app, plan) {
  const tone = { in_force: "good", draft: "warn", superseded: "" }[/** @type {"draft"} */ (plan.status)] ?? "";
  const draft = plan.status === "draft";
  const compare = () => app.store.set({ plan: plan.id, beside: plan.parent, selection: null });
  const back = async () => rollBack(app, (await versioned(app.path(`plans/${encodeURIComponent(plan.id)}`))).body);
  const facts = [
    t("plan.made", { at: format.moment(plan.created_at, app.city.tz), by: author(app, plan.created_by) }),
    plan.moved ? t("borders.moved", { n: format.number(plan.moved) }) : "",
    plan.across_towns ? t("borders.is_across") : "",
    plan.usable ? "" : t("borders.old"),
  ];
  return h(
    "article.plan",
    {},
    h(
      "div.row.spread",
      {},
      h("h3", {}, say(plan.kind, "plan.version", { version: plan.version }), plan.name ? ` · ${plan.name}` : ""),
      h("span", { class: `tag ${tone}` }, say(plan.kind, `plan.status.${plan.status}`)),
    ),
    h("p.note", {}, facts.filter(Boolean).join(" · ")),
    h(
      "div.row.wrap",
      {},
      draft && plan.usable
        ? [
            button(t("borders.edit"), () => app.showPlan(plan.id), { primary: true }),
            button(t("redraw.review"), () => review(app, plan)),
            app.can("border.publish") ? button(t("plan.publish"), () => publish(app, plan)) : null,
          ]
        : button(t("borders.show"), () => app.showPlan(plan.id)),
      draft && !plan.usable ? button(t("borders.carry"), () => carry(app, plan.id)) : null,
      plan.parent ? button(t("redraw.compare"), compare) : null,
      plan.status === "in_force" && plan.parent && app.can("border.publish") ? button(t("rollback.do"), back) : null,
    ),
  );
}
