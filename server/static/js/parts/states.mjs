/** What stands where figures will be: the shape of what comes, what to do when there is nothing, what went wrong. */

import { ApiError } from "../api.mjs";
import { h, icon, replace } from "../dom.mjs";
import { t } from "../i18n.mjs";

/**
 * Grey bars in the shape of what is being loaded.
 * @param {number} [lines]
 */
export function skeleton(lines = 5) {
  const widths = ["62%", "88%", "74%", "94%", "56%"];
  const bars = Array.from({ length: lines }, (_, i) => h("span.skeleton", { style: { width: widths[i % 5] } }));
  return h("div.stack", { role: "status", "aria-label": t("state.loading") }, h("span.skeleton.tall"), bars);
}

/**
 * Nothing here yet, and what to do next.
 * @param {string} text
 * @param {...import("../dom.mjs").Child} actions
 */
export function empty(text, ...actions) {
  return h(
    "div.empty",
    {},
    h("p", {}, text),
    actions.length ? h("p.row.wrap", { style: { "justify-content": "center" } }, ...actions) : null,
  );
}

/**
 * What happened, what to try, and the id to quote.
 * @param {unknown} failure
 * @param {(() => void) | null} [retry]
 */
export function problem(failure, retry = null) {
  const known = failure instanceof ApiError;
  if (!known) console.error(failure);
  const message = known ? failure.message : t("error.page");
  const detail = known ? failure.detail.slice(0, 5).map(detailText).filter(Boolean) : [];
  return h(
    "div.problem",
    { role: "alert" },
    h("h3", {}, icon("warning"), h("span", {}, message)),
    detail.length
      ? h(
          "ul",
          {},
          detail.map((line) => h("li.note", {}, line)),
        )
      : null,
    h("p", {}, advice(failure)),
    known && failure.requestId ? h("p.note", {}, `${t("error.request_id")} `, h("code", {}, failure.requestId)) : null,
    retry ? h("button.button", { type: "button", on: { click: retry } }, t("action.retry")) : null,
  );
}

/**
 * Show the skeleton in a place, then what `make` returns, or the problem with a way to try again.
 * A newer call for the same place wins.
 * @param {Element} place
 * @param {() => Promise<import("../dom.mjs").Child>} make
 * @param {number} [lines]
 */
export async function loadInto(place, make, lines = 5) {
  const turn = Symbol("turn");
  turns.set(place, turn);
  const timer = setTimeout(() => turns.get(place) === turn && replace(place, skeleton(lines)), 90);
  try {
    const made = await make();
    if (turns.get(place) === turn) replace(place, made);
  } catch (failure) {
    if (/** @type {any} */ (failure)?.name === "AbortError") return;
    if (turns.get(place) === turn)
      replace(
        place,
        problem(failure, () => loadInto(place, make, lines)),
      );
  } finally {
    clearTimeout(timer);
  }
}

/** @type {WeakMap<Element, symbol>} */
const turns = new WeakMap();

/** @param {any} detail */
function detailText(detail) {
  if (typeof detail === "string") return detail;
  if (detail && typeof detail === "object")
    return Object.values(detail)
      .filter((value) => typeof value !== "object")
      .join(" · ");
  return "";
}

/** @param {unknown} failure */
function advice(failure) {
  if (!(failure instanceof ApiError)) return t("advice.reload");
  if (failure.code === "offline") return t("advice.offline");
  if (failure.status === 401) return t("advice.sign_in");
  if (failure.status === 403) return t("advice.role");
  if (failure.status === 404) return t("advice.gone");
  if (failure.status === 412 || failure.status === 409) return t("advice.conflict");
  if (failure.status >= 500) return t("advice.server");
  return t("advice.check");
}
