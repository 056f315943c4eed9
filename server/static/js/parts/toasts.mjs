/** Short messages at the foot of the page. Good news leaves by itself; bad news stays until it is closed. */

import { ApiError } from "../api.mjs";
import { byId, h, icon } from "../dom.mjs";
import { t } from "../i18n.mjs";

const STAY_MS = 5000;

/**
 * @param {string} text
 * @param {{bad?: boolean, requestId?: string | null, action?: {label: string, run: () => void}}} [options]
 */
export function toast(text, { bad = false, requestId = null, action } = {}) {
  const known = [...byId("toasts").children].find((one) => one.dataset.text === text);
  known?.remove();
  const close = () => element.remove();
  const element = h(
    `div.toast${bad ? ".bad" : ""}`,
    { data: { text }, ...(bad ? { role: "alert" } : {}) },
    h("span.grow", {}, text, requestId ? h("code", {}, `${t("error.request_id")} ${requestId}`) : null),
    action
      ? h(
          "button.button",
          {
            type: "button",
            on: {
              click: () => {
                close();
                action.run();
              },
            },
          },
          action.label,
        )
      : null,
    h("button.button.square", { type: "button", "aria-label": t("action.close"), on: { click: close } }, icon("close")),
  );
  byId("toasts").append(element);
  if (!bad) setTimeout(close, action ? 2 * STAY_MS : STAY_MS);
  return close;
}

/**
 * Say that something failed.
 * @param {unknown} failure
 */
export function failed(failure) {
  if (/** @type {any} */ (failure)?.name === "AbortError") return;
  if (failure instanceof ApiError) toast(failure.message, { bad: true, requestId: failure.requestId });
  else {
    console.error(failure);
    toast(t("error.page"), { bad: true });
  }
}
