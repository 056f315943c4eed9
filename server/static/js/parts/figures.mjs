/** Figures that can be traced: each has its value, what it is held against, and how it came about. */

import { h, icon } from "../dom.mjs";
import { t } from "../i18n.mjs";

/**
 * @typedef {object} Figure
 * @property {string} label
 * @property {import("../dom.mjs").Child} value
 * @property {import("../dom.mjs").Child} [beside] the target, or a share
 * @property {string} [why] how it is computed, from which data, when
 */

/**
 * A grid of figures. Pressing a figure's mark opens how it is computed below.
 * @param {Figure[]} list
 */
export function figures(list) {
  const explained = h("p.explained", { hidden: true, role: "status" });
  const items = list.map(({ label, value, beside, why }) =>
    h(
      "div",
      {},
      h("dt", {}, label, why ? whyButton(label, why, explained) : null),
      h("dd", {}, value, beside ? h("small", {}, beside) : null),
    ),
  );
  return h("div", {}, h("dl.figures", {}, items), explained);
}

/**
 * A titled part of a panel.
 * @param {string} title
 * @param {import("../dom.mjs").Child} body
 * @param {import("../dom.mjs").Child} [note] at the right of the title
 */
export function block(title, body, note) {
  return h("section.block", {}, h("h3", {}, h("span", {}, title), note ? h("span.note", {}, note) : null), body);
}

/**
 * Name and value in two columns; rows without a value are left out.
 * @param {[string, import("../dom.mjs").Child][]} rows
 */
export function facts(rows) {
  const shown = rows.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return h(
    "dl.facts",
    {},
    shown.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]),
  );
}

/**
 * @param {string} label
 * @param {string} why
 * @param {HTMLElement} place
 */
function whyButton(label, why, place) {
  const toggle = () => {
    const same = !place.hidden && place.dataset.of === label;
    place.hidden = same;
    place.dataset.of = label;
    place.textContent = why;
  };
  return h(
    "button.why",
    { type: "button", "aria-label": t("figure.why", { figure: label }), title: t("figure.how"), on: { click: toggle } },
    icon("info"),
  );
}
