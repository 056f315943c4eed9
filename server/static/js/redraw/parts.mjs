/** Small parts of the workbench: its buttons, the log, and who is told what. */

import { h, icon } from "../dom.mjs";
import * as format from "../format.mjs";
import { t, tOr } from "../i18n.mjs";

const SHOWN = 12;

/**
 * @param {string} text
 * @param {() => any} run
 * @param {{pressed?: boolean, disabled?: boolean, title?: string, primary?: boolean}} [how]
 */
export function button(text, run, { pressed, disabled, title, primary } = {}) {
  return h(
    `button.button${primary ? ".primary" : ""}`,
    {
      type: "button",
      disabled: disabled ?? false,
      title: title ?? null,
      "aria-pressed": pressed === undefined ? null : String(pressed),
      on: { click: run },
    },
    text,
  );
}

/**
 * What an entry of the log was, in words.
 * @param {any} entry
 */
export function entryText(entry) {
  return tOr(`redraw.op.${entry.op}`, entry.op);
}

/**
 * The last changes of a draft, newest first.
 * @param {any} history as GET …/history answers
 * @param {string} tz
 */
export function logList(history, tz) {
  if (!history.items.length) return h("p.note", {}, t("redraw.no_log"));
  return h(
    "ol.items",
    {},
    history.items
      .slice(0, SHOWN)
      .map((/** @type {any} */ one) =>
        h(
          "li.item",
          { title: format.moment(one.at, tz) },
          h(
            `span.grow${one.undone ? ".undone" : ""}`,
            {},
            entryText(one),
            h(
              "span.note",
              {},
              [one.by, one.grids.slice(0, 3).join(", "), one.n ? t("redraw.cells", { n: one.n }) : ""]
                .filter(Boolean)
                .join(" · "),
            ),
          ),
          h("span.note", {}, one.undone ? t("redraw.undone") : icon("tick")),
        ),
      ),
  );
}

/**
 * A change has been made: the log as it is now, without asking for it again.
 * @param {any} history
 * @param {any} result as POST …/edits answers
 */
export function logged(history, result) {
  const items = history.items.map((/** @type {any} */ one) => ({ ...one }));
  if (result.entry.kind === "undo") {
    const last = items.find((/** @type {any} */ one) => one.kind === "edit" && !one.undone);
    if (last) last.undone = true;
  } else if (result.entry.kind === "redo") {
    const first = items.filter((/** @type {any} */ one) => one.kind === "edit" && one.undone).at(-1);
    if (first) first.undone = false;
  }
  return { items: [result.entry, ...items], can_undo: result.can_undo, can_redo: result.can_redo };
}
