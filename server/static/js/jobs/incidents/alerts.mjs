/** Three-colour alerts: red and yellow areas with the reason in a sentence, and the rule they come from. */

import { h, replace } from "../../dom.mjs";
import * as format from "../../format.mjs";
import { pick, t } from "../../i18n.mjs";
import { alertsOf, areaSelection } from "../../layers/asked.mjs";
import { block } from "../../parts/figures.mjs";
import { empty, loadInto } from "../../parts/states.mjs";
import { failed } from "../../parts/toasts.mjs";
import { ruleBlock } from "./alertrule.mjs";
import { levelField, levelsOf, netLevels } from "./areas.mjs";

/**
 * @param {any} app
 * @param {HTMLElement} place
 */
export function mountAlerts(app, place) {
  const { areaLevel } = app.store.get();
  const net = areaLevel.startsWith("net:") && app.can("exact.read");
  if (!net && !levelsOf(app).includes(areaLevel)) app.store.set({ areaLevel: levelsOf(app)[0] });
  const asked = h("div.form");
  const list = h("div");
  const draw = () => {
    replace(asked, levelField(app));
    loadInto(list, async () => alertList(app, await app.read(alertsOf(app, app.store.get().areaLevel))), 6);
  };
  replace(place, asked, list, h("p.note", {}, t("alerts.note")));
  draw();
  netLevels(app).then((found) => found.length && replace(asked, levelField(app))).catch(failed);
  return app.store.on(["areaLevel", "category", "plan", "dataVersion"], draw);
}

/**
 * @param {any} app
 * @param {any} found
 */
function alertList(app, found) {
  if (!found.enough) return h("div", {}, empty(t("alerts.no_history")), ruleBlock(app, found));
  const of = (/** @type {string} */ colour) => found.items.filter((/** @type {any} */ one) => one.colour === colour);
  const calm = of("blue").length;
  const raised = ["red", "yellow"].map((colour) => {
    const items = of(colour);
    return items.length
      ? block(t(`alerts.${colour}`), h("ul.items", {}, items.map((/** @type {any} */ one) => line(app, found, one))), format.number(items.length))
      : null;
  });
  return h(
    "div",
    {},
    h("p.note", {}, t("alerts.as_of", { day: found.day })),
    ...raised,
    h("p.fault-line.good", {}, h("span", {}, t("alerts.calm", { n: format.number(calm) }))),
    ruleBlock(app, found),
  );
}

/**
 * @param {any} app
 * @param {any} found
 * @param {any} one
 */
function line(app, found, one) {
  const go = () => {
    app.goTo(one);
    app.select(areaSelection(found, one));
  };
  return h(
    "li",
    {},
    h(
      "button.item",
      { type: "button", on: { click: go } },
      h("i", { class: `alert-dot ${one.colour}`, "aria-hidden": "true" }),
      h("span.grow", {}, [one.inside, one.name || one.code].filter(Boolean).join(" · "), h("span.note", {}, pick(one.reason))),
    ),
  );
}
