/** Search by grid code, community or place: type, choose with the arrows, Enter goes there. */

import { request, withQuery } from "../api.mjs";
import { h, icon, replace } from "../dom.mjs";
import { onLanguage, t, tOr } from "../i18n.mjs";
import { addKey } from "./keys.mjs";

const WAIT_MS = 160;

/**
 * @param {any} app
 * @param {HTMLElement} place
 */
export function createSearch(app, place) {
  /** @type {any[]} */
  let results = [];
  let chosen = 0;
  let timer = 0;
  /** @type {AbortController | null} */
  let asking = null;

  const list = h("ul.search-list", { id: "search-list", role: "listbox", hidden: true });
  const input = h("input", {
    type: "search", role: "combobox", autocomplete: "off", spellcheck: "false", maxlength: 100,
    "aria-controls": "search-list", "aria-expanded": "false", "aria-autocomplete": "list",
    "data-t-placeholder": "search.placeholder", "data-t-label": "search.label", placeholder: t("search.placeholder"), "aria-label": t("search.label"),
  });
  const city = h("button.search-city", { type: "button", title: t("panel.city"), on: { click: () => app.select({ kind: "city", id: app.city.code }) } }, app.city.name);
  const none = h("p.search-none", { role: "status", hidden: true });
  replace(place, h("div.search", { role: "search" }, h("div.search-line", {}, city, icon("search"), input), list, none));

  const show = () => {
    replace(list, results.map((result, i) => row(result, i === chosen, () => go(result))));
    list.hidden = results.length === 0;
    input.setAttribute("aria-expanded", String(results.length > 0));
    if (results.length) input.setAttribute("aria-activedescendant", "search-chosen");
    else input.removeAttribute("aria-activedescendant");
    list.children[chosen]?.scrollIntoView({ block: "nearest" });
  };

  const clear = () => {
    results = [];
    none.hidden = true;
    show();
  };

  const go = (/** @type {any} */ result) => {
    input.value = result.label;
    clear();
    input.blur();
    app.goTo(result);
    if (result.kind !== "place") app.select({ kind: result.kind, id: String(result.id) });
  };

  const ask = async () => {
    const q = input.value.trim();
    asking?.abort();
    if (!q) return clear();
    asking = new AbortController();
    try {
      const answer = await request(withQuery(app.path("search"), { q }), { signal: asking.signal });
      results = answer.results;
      chosen = 0;
      show();
      none.hidden = results.length > 0;
      none.textContent = t("search.none", { text: q });
    } catch (failure) {
      if (/** @type {any} */ (failure)?.name === "AbortError") return;
      results = [];
      show();
      none.hidden = false;
      none.textContent = /** @type {Error} */ (failure).message;
    }
  };

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(ask, WAIT_MS);
  });
  input.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      input.value = "";
      clear();
      input.blur();
    } else if (event.key === "Enter" && results[chosen]) go(results[chosen]);
    else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && results.length) {
      event.preventDefault();
      chosen = (chosen + (event.key === "ArrowDown" ? 1 : results.length - 1)) % results.length;
      show();
    }
  });
  input.addEventListener("blur", () => setTimeout(() => (list.hidden = none.hidden = true), 150));
  input.addEventListener("focus", () => {
    input.select();
    if (results.length) list.hidden = false;
  });
  addKey({ key: "/", text: "keys.search", run: () => input.focus() });
  onLanguage(show);
}

/**
 * @param {any} result
 * @param {boolean} chosen
 * @param {() => void} go
 */
function row(result, chosen, go) {
  return h("li", { role: "option", "aria-selected": String(chosen), id: chosen ? "search-chosen" : null, on: { mousedown: (/** @type {Event} */ event) => { event.preventDefault(); go(); } } },
    h("span.tag", {}, tOr(`kind.${result.kind}`, result.kind)),
    h("span.grow", {}, result.label, result.sub ? h("span.note", {}, result.sub) : null));
}
