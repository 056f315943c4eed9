/** The steps that drafts go through before they come into force: their order, names and who decides; a form to change them. */

import { request } from "../api.mjs";
import { h, icon, replace } from "../dom.mjs";
import { t } from "../i18n.mjs";
import { button, select } from "../parts/controls.mjs";
import { loadInto, problem } from "../parts/states.mjs";
import { toast } from "../parts/toasts.mjs";

const MOST = 9;
const FRESH = { zh: "", en: "", role: "planner" };

/** @typedef {{zh: string, en: string, role: string}} Step */

/** @param {any} app */
export function approvalSteps(app) {
  const place = h("div");
  loadInto(place, async () => form(app, await request(app.path("approval-steps"))));
  return place;
}

/**
 * @param {any} app
 * @param {{steps: Step[], default: Step[], roles: string[]}} found
 */
function form(app, found) {
  let steps = found.steps.map((step) => ({ ...step }));
  const list = h("ol.approval-steps");
  const state = h("div", { "aria-live": "polite" });
  const add = button("", t("approval.add"), () => change([...steps, { ...FRESH }], steps.length));
  /** @param {Step[]} next @param {number} [focus] */
  const change = (next, focus) => {
    steps = next;
    replace(
      list,
      steps.map((step, i) => row(step, i, steps, found.roles, change)),
    );
    add.disabled = steps.length >= MOST;
    if (focus !== undefined) /** @type {any} */ (list.children[focus])?.querySelector("input").focus();
  };
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    save.disabled = true;
    replace(state, h("p.note", {}, t("approval.saving")));
    try {
      const kept = await request(app.path("approval-steps"), { method: "PUT", json: { steps } });
      change(kept.steps.map((/** @type {Step} */ step) => ({ ...step })));
      replace(state);
      toast(t("approval.saved"));
    } catch (failure) {
      replace(state, problem(failure));
    } finally {
      save.disabled = false;
    }
  };
  const save = h("button.button.primary", { type: "submit" }, t("approval.save"));
  change(steps);
  return h(
    "form.form",
    { on: { submit } },
    h("p.note", {}, t("approval.hint")),
    list,
    h(
      "p.row.wrap",
      {},
      save,
      add,
      button("", t("approval.to_default"), () => change(found.default.map((step) => ({ ...step })))),
    ),
    state,
  );
}

/**
 * A step: its names, who decides it, and its place in the order.
 * @param {Step} step changed by its fields
 * @param {number} i
 * @param {Step[]} steps
 * @param {string[]} roles
 * @param {(next: Step[], focus?: number) => void} change
 */
function row(step, i, steps, roles, change) {
  const field = (/** @type {"zh" | "en"} */ tongue) =>
    h("input.field", {
      type: "text",
      value: step[tongue],
      required: true,
      maxlength: 60,
      lang: tongue === "zh" ? "zh-CN" : "en",
      placeholder: t(`approval.name.${tongue}`),
      "aria-label": `${t("approval.step", { n: i + 1 })} · ${t(`approval.name.${tongue}`)}`,
      on: {
        input: (/** @type {any} */ event) => {
          step[tongue] = event.target.value;
        },
      },
    });
  const who = select(
    roles.map((role) => /** @type {[string, string]} */ ([role, t(`approval.role.${role}`)])),
    step.role,
    (role) => {
      step.role = role;
    },
  );
  who.setAttribute("aria-label", `${t("approval.step", { n: i + 1 })} · ${t("approval.who")}`);
  const swapped = () => steps.map((one, k) => (k === i - 1 ? steps[i] : k === i ? steps[i - 1] : one));
  const small = (/** @type {string} */ look, /** @type {string} */ text, /** @type {() => void} */ run, disabled = false) =>
    h(
      "button.button.quiet.square",
      { type: "button", "aria-label": t(text, { n: i + 1 }), title: t(text, { n: i + 1 }), disabled, on: { click: run } },
      icon(look),
    );
  return h(
    "li",
    {},
    h("div.pair", {}, field("zh"), field("en")),
    h(
      "div.row",
      {},
      h("span.grow", {}, who),
      small("up", "approval.up", () => change(swapped(), i - 1), i === 0),
      small("close", "approval.remove", () => change(steps.filter((_, k) => k !== i)), steps.length === 1),
    ),
    i === 0 ? h("p.note", {}, t("approval.first")) : null,
  );
}
