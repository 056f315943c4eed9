/** The rule of the alerts: as it stands, beside the default, and for those who may a form to change it. */

import { request } from "../../api.mjs";
import { h, replace } from "../../dom.mjs";
import * as format from "../../format.mjs";
import { t } from "../../i18n.mjs";
import { button, select } from "../../parts/controls.mjs";
import { facts } from "../../parts/figures.mjs";
import { problem } from "../../parts/states.mjs";
import { toast } from "../../parts/toasts.mjs";
import { labelled } from "../common.mjs";

const TESTS = /** @type {Record<string, string[]>} */ ({
  cusum: ["allowance", "yellow_sum", "red_sum"],
  ewma: ["weight", "yellow_ewma", "red_ewma"],
});
const BEFORE = ["period_days", "baseline", "watched", "least"];
const AFTER = ["due_days", "yellow_overdue", "red_overdue"];
/** Smallest, largest and step of each number; shares are typed in percent. */
const BOUNDS = /** @type {Record<string, [number, number, number | "any"]>} */ ({
  period_days: [1, 92, 1], baseline: [4, 104, 1], watched: [1, 52, 1], least: [1, 10_000, 1], due_days: [1, 365, 1],
  allowance: [0, 10, "any"], yellow_sum: [0.1, 100, "any"], red_sum: [0.1, 100, "any"],
  weight: [0.01, 1, "any"], yellow_ewma: [0.1, 100, "any"], red_ewma: [0.1, 100, "any"],
  yellow_overdue: [0, 100, "any"], red_overdue: [0, 100, "any"],
});

/**
 * @param {any} app
 * @param {any} found the alerts of a day, with `rule` and `default`
 */
export function ruleBlock(app, found) {
  const body = app.can("alert.rule") ? ruleForm(app, found) : facts(ruleRows(found.rule));
  return h("details.block", { open: found.enough ? null : true }, h("summary.button.link", {}, t("alerts.rule")), body);
}

/**
 * The rule in words, with the numbers of its test alone.
 * @param {any} rule
 * @returns {[string, string][]}
 */
function ruleRows(rule) {
  const numbers = [...BEFORE, ...TESTS[rule.test], ...AFTER].map(
    (name) => /** @type {[string, string]} */ ([t(`alerts.rule.${name}`), ruleText(name, rule[name])]),
  );
  return [[t("alerts.rule.test"), t(`alerts.rule.test.${rule.test}`)], ...numbers];
}

/**
 * @param {any} app
 * @param {any} found
 */
function ruleForm(app, found) {
  const fields = new Map([...BEFORE, ...TESTS.cusum, ...TESTS.ewma, ...AFTER].map((name) => [name, numberField(name, found)]));
  let test = found.rule.test;
  const lines = h("div.form");
  const state = h("div", { "aria-live": "polite" });
  const element = (/** @type {string} */ name) => /** @type {any} */ (fields.get(name)).element;
  const tests = Object.keys(TESTS).map((id) => /** @type {[string, string]} */ ([id, t(`alerts.rule.test.${id}`)]));
  const drawLines = () =>
    replace(lines, h("p.note", {}, t(`alerts.rule.test.${test}.why`)), rows(TESTS[test].map(element)));
  const choose = (/** @type {string} */ id) => {
    test = id;
    drawLines();
  };
  const chooser = select(tests, test, choose);
  const toDefault = () => {
    chooser.value = found.default.test;
    choose(found.default.test);
    for (const [name, { input }] of fields) input.value = shown(name, found.default[name]);
  };
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const changes = changed(found.rule, test, fields);
    if (!Object.keys(changes).length) return replace(state, h("p.note", {}, t("alerts.rule.same")));
    if (falls([...TESTS[test], ...AFTER], fields))
      return replace(state, h("p.fault-line", { role: "alert" }, t("alerts.rule.falls")));
    save.disabled = true;
    replace(state, h("p.note", {}, t("alerts.rule.saving")));
    try {
      await request(app.path("alerts/rule"), { method: "PATCH", json: changes });
      toast(t("alerts.rule.saved"));
      await app.refresh();
    } catch (failure) {
      replace(state, problem(failure));
    } finally {
      save.disabled = false;
    }
    return undefined;
  };
  const save = h("button.button.primary", { type: "submit" }, t("alerts.rule.save"));
  drawLines();
  return h("form.form", { on: { submit } },
    h("p.note", {}, t("alerts.rule.hint")),
    h("div.pair", {}, BEFORE.map(element)),
    labelled(t("alerts.rule.test"), chooser),
    lines,
    rows(AFTER.map(element)),
    h("p.row.wrap", {}, save, button("", t("alerts.rule.to_default"), toDefault)),
    state);
}

/** Three fields: one alone, then the yellow and the red line side by side. @param {HTMLElement[]} three */
function rows([alone, ...pair]) {
  return [h("div.pair", {}, alone), h("div.pair", {}, pair)];
}

/**
 * Whether a yellow line lies above its red one.
 * @param {string[]} names
 * @param {Map<string, {input: any}>} fields
 */
function falls(names, fields) {
  const number = (/** @type {string} */ name) => Number(/** @type {any} */ (fields.get(name)).input.value);
  const yellow = names.filter((name) => name.startsWith("yellow_"));
  return yellow.some((name) => number(name) > number(name.replace("yellow_", "red_")));
}

/**
 * A number of the rule with the default beneath.
 * @param {string} name
 * @param {any} found
 */
function numberField(name, found) {
  const [min, max, step] = BOUNDS[name];
  const input = h("input.field", { type: "number", name, min, max, step, value: shown(name, found.rule[name]), required: true });
  const usual = h("span.note", {}, t("alerts.rule.default", { value: ruleText(name, found.default[name]) }));
  const label = isShare(name) ? `${t(`alerts.rule.${name}`)} (%)` : t(`alerts.rule.${name}`);
  const element = labelled(label, input);
  element.append(usual);
  return { input, element };
}

/**
 * What differs from the rule as it stands; of the lines only those of the test that is chosen.
 * @param {any} rule
 * @param {string} test
 * @param {Map<string, {input: any}>} fields
 */
function changed(rule, test, fields) {
  const changes = /** @type {Record<string, any>} */ (test === rule.test ? {} : { test });
  for (const name of [...BEFORE, ...TESTS[test], ...AFTER]) {
    const text = String(/** @type {any} */ (fields.get(name)).input.value);
    if (text === shown(name, rule[name])) continue;
    changes[name] = isShare(name) ? Number(text) / 100 : Number(text);
  }
  return changes;
}

/** @param {string} name */
function isShare(name) {
  return name.endsWith("_overdue");
}

/**
 * A number as it is typed.
 * @param {string} name
 * @param {number} value
 */
function shown(name, value) {
  return String(isShare(name) ? Math.round(value * 10_000) / 100 : value);
}

/**
 * @param {string} name
 * @param {number} value
 */
function ruleText(name, value) {
  return isShare(name) ? format.percent(value) : format.figure(value);
}
