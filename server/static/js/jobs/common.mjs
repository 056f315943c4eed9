/** What several jobs share: the head of the job's column, forms, the drawing of plans. */

import { h, icon, replace } from "../dom.mjs";
import { t } from "../i18n.mjs";

const TIERS = ["city", "county", "town", "community"];

/**
 * Fill the job's column: a title, a way to fold it, and a body to put things into.
 * @param {any} app
 * @param {string} title catalogue key
 * @returns {HTMLElement} the body
 */
export function openWork(app, title) {
  const body = h("div.work-body", { tabindex: 0, role: "region", "aria-label": t(title) });
  const fold = h(
    "button.button.quiet.square",
    { type: "button", "aria-label": t("work.fold"), title: t("work.fold"), on: { click: () => app.foldWork() } },
    icon("back"),
  );
  replace(app.work, h("div.work-head", {}, h("h2.grow", {}, t(title)), fold), body);
  return body;
}

/**
 * Things by tier, from the city down; tiers without any are left out.
 * @param {any[]} items
 * @returns {[string, any[]][]}
 */
export function byTier(items) {
  return TIERS.map(
    (tier) => /** @type {[string, any[]]} */ ([tier, items.filter((item) => item.tier === tier)]),
  ).filter(([, some]) => some.length);
}

/**
 * A labelled control.
 * @param {string} label
 * @param {any} control gets an id when it has none
 */
export function labelled(label, control) {
  control.id ||= `c${(counter += 1)}`;
  return h("div", {}, h("label.over", { for: control.id }, label), control);
}

let counter = 0;

/**
 * One of a few, as a row of buttons.
 * @param {{name: string, legend: string, options: [string, string][], value: string, onChange: (value: string) => void}} how
 */
export function choice({ name, legend, options, value, onChange }) {
  return h(
    "fieldset",
    {},
    h("legend.note", {}, legend),
    h(
      "div.choice",
      {},
      options.map(([id, text]) =>
        h(
          "label",
          {},
          h("input", { type: "radio", name, value: id, checked: id === value, on: { change: () => onChange(id) } }),
          text,
        ),
      ),
    ),
  );
}

/**
 * Tabs: a list of buttons, one chosen. Choosing draws the job again; the tab that is chosen then has the focus.
 * @param {[string, string][]} tabs id and text
 * @param {string} chosen
 * @param {(id: string) => void} onChoose
 */
export function tabs(tabs, chosen, onChoose) {
  const onKey = (/** @type {KeyboardEvent} */ event) => {
    const at = tabs.findIndex(([id]) => id === chosen);
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step) choose(tabs[(at + step + tabs.length) % tabs.length][0]);
  };
  const choose = (/** @type {string} */ id) => {
    onChoose(id);
    const now = list.isConnected ? list : document.querySelector(".work-body [role=tablist]");
    /** @type {HTMLElement | null | undefined} */ (now?.querySelector("[aria-selected=true]"))?.focus({ preventScroll: true });
  };
  const list = h(
    "div.tabs",
    { role: "tablist", on: { keydown: onKey } },
    tabs.map(([id, text]) =>
      h(
        "button",
        {
          type: "button",
          role: "tab",
          "aria-selected": String(id === chosen),
          tabindex: id === chosen ? 0 : -1,
          on: { click: () => choose(id) },
        },
        text,
      ),
    ),
  );
  return list;
}
