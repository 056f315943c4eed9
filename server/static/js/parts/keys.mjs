/** The keyboard: one table of what each key does, and the page that lists it. */

import { t } from "../i18n.mjs";
import { openDialog } from "./dialogs.mjs";
import { h } from "../dom.mjs";

/** @typedef {{key: string, shown?: string, ctrl?: boolean, shift?: boolean, text: string, run: () => void}} Key */

/** @type {Key[]} */
const table = [];

/**
 * Add a key. Returns a function that takes it away again.
 * @param {Key} entry `key` as in KeyboardEvent.key, `text` a catalogue key
 */
export function addKey(entry) {
  table.push(entry);
  return () => {
    const at = table.indexOf(entry);
    if (at >= 0) table.splice(at, 1);
  };
}

/** Listen to the keyboard; typing into a field is left alone. */
export function listen() {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.altKey || document.querySelector("dialog[open]")) return;
    const typing =
      event.target instanceof HTMLElement &&
      event.target.matches("input:not([type=checkbox]):not([type=radio]):not([type=range]), textarea, select");
    if (typing && event.key !== "Escape") return;
    const found = table.findLast(
      (one) =>
        one.key.toLowerCase() === event.key.toLowerCase() &&
        !!one.ctrl === (event.ctrlKey || event.metaKey) &&
        (one.shift === undefined || one.shift === event.shiftKey),
    );
    if (!found) return;
    event.preventDefault();
    found.run();
  });
}

/** The list of keys. */
export function showKeys() {
  const rows = table.map((one) => h("div", {}, h("span", {}, t(one.text)), h("kbd", {}, one.shown ?? one.key)));
  const map = [
    ["← ↑ → ↓", "keys.pan"],
    ["+ −", "keys.zoom"],
    ["Tab", "keys.tab"],
  ];
  rows.push(...map.map(([key, text]) => h("div", {}, h("span", {}, t(text)), h("kbd", {}, key))));
  openDialog(t("keys.title"), h("div.keys", {}, rows));
}
