/** Small controls that many parts build: a button, a choice from a list, a row that can be pressed. */

import { h } from "../dom.mjs";

/**
 * @param {string} look classes with dots, such as ".primary"; "" for the plain one
 * @param {import("../dom.mjs").Child} text
 * @param {() => void} run
 * @param {Record<string, any>} [more] attributes
 */
export function button(look, text, run, more = {}) {
  return h(`button.button${look}`, { type: "button", on: { click: run }, ...more }, text);
}

/**
 * @param {[string | number, string][]} options value and text
 * @param {string | number | null} value the chosen one
 * @param {(value: string) => void} onChange
 */
export function select(options, value, onChange) {
  const change = (/** @type {any} */ event) => onChange(event.target.value);
  const rows = options.map(([id, text]) => h("option", { value: id, selected: id === (value ?? "") }, text));
  return h("select.field", { on: { change } }, rows);
}

/**
 * A list whose rows can be pressed.
 * @template T
 * @param {T[]} items
 * @param {(item: T) => import("../dom.mjs").Child[]} content of a row
 * @param {(item: T) => void} run
 */
export function pressList(items, content, run) {
  const row = (/** @type {T} */ item) =>
    h("li", {}, h("button.item", { type: "button", on: { click: () => run(item) } }, ...content(item)));
  return h("ul.items", {}, items.map(row));
}
