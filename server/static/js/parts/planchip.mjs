/** Says on the map which plan is looked at when it is not the one in force, and leads back. */

import { h, replace } from "../dom.mjs";
import { onLanguage, t } from "../i18n.mjs";
import { planWords } from "../panel/common.mjs";

/**
 * @param {any} app
 * @param {HTMLElement} place
 */
export function createPlanChip(app, place) {
  const chip = h("div.plan-chip", { role: "status", hidden: true });
  place.append(chip);
  const draw = () => {
    chip.hidden = app.store.get().plan === "current";
    if (chip.hidden) return replace(chip);
    return replace(
      chip,
      h("b.grow", {}, planWords(app)),
      h("button.button.quiet", { type: "button", on: { click: () => app.showPlan("current") } }, t("plan.back")),
    );
  };
  app.store.on(["plan", "hasPlan", "legendTurn"], draw);
  onLanguage(draw);
  draw();
}
