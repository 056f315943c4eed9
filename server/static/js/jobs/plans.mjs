/** 方案: every plan of the city, newest first: look at it, staff it, publish it, take it away. */

import { all } from "../api.mjs";
import { h, replace } from "../dom.mjs";
import * as format from "../format.mjs";
import { onLanguage, t } from "../i18n.mjs";
import { author, bandWords } from "../panel/common.mjs";
import { empty, loadInto } from "../parts/states.mjs";
import { openWork } from "./common.mjs";
import { planActions } from "./plansteps.mjs";

const MOST = 200;

/** @param {any} app */
export function mount(app) {
  const draw = () => {
    const body = openWork(app, "job.plans");
    const place = h("div");
    replace(body, place);
    loadInto(place, () => list(app));
  };
  const stops = [onLanguage(draw), app.store.on(["plan", "dataVersion"], draw)];
  draw();
  return () => stops.forEach((stop) => stop());
}

/** @param {any} app */
async function list(app) {
  const plans = await all(app.path("plans"), MOST);
  const begin = (/** @type {string} */ look) =>
    app.can("plan.draw")
      ? h(look, { type: "button", on: { click: () => app.openJob("redraw") } }, t("draw.start"))
      : null;
  if (!plans.length) return empty(t("city.no_plan"), begin("button.button.primary"));
  const { plan: chosen } = app.store.get();
  const current = () => (plans.find((plan) => plan.status === "in_force") ?? plans.find((plan) => plan.status === "draft"))?.id;
  const shown = chosen === "current" ? current() : chosen;
  return h(
    "div",
    {},
    begin("button.button"),
    h(
      "ul.items.plan-list",
      {},
      plans.map((plan) => h("li", {}, card(app, plan, plan.id === shown))),
    ),
  );
}

/**
 * @param {any} app
 * @param {any} plan
 * @param {boolean} shown
 */
function card(app, plan, shown) {
  const tone = { in_force: "good", draft: "warn", superseded: "" }[/** @type {"draft"} */ (plan.status)] ?? "";
  const measures = plan.measures ?? {};
  const facts = [
    t("plan.grids", { n: format.number(plan.grids) }),
    t("plan.band", { low: format.number(plan.band[0]), high: format.number(plan.band[1]) }),
    bandWords(measures.workload),
    measures.in_band === undefined ? "" : t("plan.in_band", { share: format.percent(measures.in_band) }),
  ].filter(Boolean);
  const open = () => app.showPlan(plan.status === "in_force" ? "current" : plan.id);
  return h(
    "article.plan",
    { "aria-current": shown ? "true" : null },
    h(
      "div.row.spread",
      {},
      h("h3", {}, t("plan.version", { version: plan.version }), plan.name ? ` · ${plan.name}` : ""),
      h("span", { class: `tag ${tone}` }, t(`plan.status.${plan.status}`)),
    ),
    h("p", {}, facts.join(" · ")),
    h(
      "p.note",
      { title: app.city.tz },
      t("plan.made", { at: format.moment(plan.created_at, app.city.tz), by: author(app, plan.created_by) }),
    ),
    h(
      "div.stack",
      {},
      shown
        ? h("p.note", {}, t("plan.is_shown"))
        : h("button.button", { type: "button", on: { click: open } }, t("plan.show")),
      planActions(app, plan),
    ),
  );
}
