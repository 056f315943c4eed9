/** Dialogs: the browser's own element, so focus stays inside and Esc closes. */

import { h, icon } from "../dom.mjs";
import { t } from "../i18n.mjs";

/**
 * @param {string} title
 * @param {import("../dom.mjs").Child} body
 * @param {import("../dom.mjs").Child} [foot]
 * @returns {HTMLDialogElement}
 */
export function openDialog(title, body, foot) {
  const close = () => dialog.close();
  const dialog = h(
    "dialog",
    { "aria-label": title, on: { close: () => dialog.remove() } },
    h(
      "div.dialog-head",
      {},
      h("h2", {}, title),
      h(
        "button.button.quiet.square",
        { type: "button", "aria-label": t("action.close"), on: { click: close } },
        icon("close"),
      ),
    ),
    h("div.dialog-body", {}, body),
    foot ? h("div.dialog-foot", {}, foot) : null,
  );
  dialog.addEventListener("click", (/** @type {MouseEvent} */ event) => {
    if (event.target === dialog) close();
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/**
 * Ask before something that others will see. Resolves to whether the reader agreed.
 * @param {{title: string, text: import("../dom.mjs").Child, yes: string}} question
 * @returns {Promise<boolean>}
 */
export function ask({ title, text, yes }) {
  return new Promise((resolve) => {
    let agreed = false;
    const end = (/** @type {boolean} */ answer) => {
      agreed = answer;
      dialog.close();
    };
    const dialog = openDialog(title, text, [
      h("button.button", { type: "button", on: { click: () => end(false) } }, t("action.cancel")),
      h("button.button.primary", { type: "button", on: { click: () => end(true) } }, yes),
    ]);
    dialog.addEventListener("close", () => resolve(agreed));
  });
}
