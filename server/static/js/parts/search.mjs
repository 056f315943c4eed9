/** Search by grid code, community or place: type, choose with the arrows, Enter goes there. */

import { request, withQuery } from "../api.mjs";
import { h, icon, replace } from "../dom.mjs";
import { onLanguage, t, tOr } from "../i18n.mjs";
import { addKey } from "./keys.mjs";

const WAIT_MS = 160;
const CLOSE_MS = 150;

/**
 * @param {any} app
 * @param {HTMLElement} place
 */
export function createSearch(app, place) {
  const list = h("ul.search-list", { id: "search-list", role: "listbox", hidden: true });
  const none = h("p.search-none", { role: "status", hidden: true });
  const input = makeInput();
  const choose = (/** @type {any} */ result) => {
    input.value = result.label;
    shown.clear();
    input.blur();
    app.goTo(result);
    if (result.kind !== "place") app.select({ kind: result.kind, id: String(result.id) });
  };
  const shown = createResults(input, list, none, choose);
  const city = h(
    "button.search-city",
    { type: "button", title: t("panel.city"), on: { click: () => app.select({ kind: "city", id: app.city.code }) } },
    app.city.name,
  );
  replace(
    place,
    h("div.search", { role: "search" }, h("div.search-line", {}, city, icon("search"), input), list, none),
  );
  listen(input, shown, createAsker(app, input, shown));
  addKey({ key: "/", text: "keys.search", run: () => input.focus() });
  onLanguage(shown.draw);
}

/** @returns {any} */
function makeInput() {
  return h("input", {
    type: "search",
    role: "combobox",
    autocomplete: "off",
    spellcheck: "false",
    maxlength: 100,
    "aria-controls": "search-list",
    "aria-expanded": "false",
    "aria-autocomplete": "list",
    "data-t-placeholder": "search.placeholder",
    placeholder: t("search.placeholder"),
    "data-t-label": "search.label",
    "aria-label": t("search.label"),
  });
}

/**
 * The results below the field, one of them chosen.
 * @param {any} input
 * @param {any} list
 * @param {any} none
 * @param {(result: any) => void} choose
 */
function createResults(input, list, none, choose) {
  /** @type {any[]} */
  let results = [];
  let at = 0;
  const draw = () => {
    replace(
      list,
      results.map((result, i) => row(result, i === at, () => choose(result))),
    );
    list.hidden = results.length === 0;
    input.setAttribute("aria-expanded", String(results.length > 0));
    if (results.length) input.setAttribute("aria-activedescendant", "search-chosen");
    else input.removeAttribute("aria-activedescendant");
    list.children[at]?.scrollIntoView({ block: "nearest" });
  };
  const show = (/** @type {any[]} */ found, message = "") => {
    results = found;
    at = 0;
    none.hidden = !message;
    none.textContent = message;
    draw();
  };
  return {
    draw,
    show,
    clear: () => show([]),
    hide() {
      list.hidden = true;
      none.hidden = true;
    },
    reopen() {
      list.hidden = results.length === 0;
    },
    /** @param {number} step */
    move(step) {
      if (!results.length) return;
      at = (at + step + results.length) % results.length;
      draw();
    },
    enter: () => results[at] && choose(results[at]),
  };
}

/**
 * Asks the server for what is typed; a newer question ends the one before.
 * @param {any} app
 * @param {any} input
 * @param {ReturnType<typeof createResults>} shown
 */
function createAsker(app, input, shown) {
  /** @type {AbortController | null} */
  let asking = null;
  return async () => {
    const q = input.value.trim();
    asking?.abort();
    if (!q) return shown.clear();
    asking = new AbortController();
    try {
      const { results } = await request(withQuery(app.path("search"), { q }), { signal: asking.signal });
      return shown.show(results, results.length ? "" : t("search.none", { text: q }));
    } catch (failure) {
      if (/** @type {any} */ (failure)?.name === "AbortError") return undefined;
      return shown.show([], /** @type {Error} */ (failure).message);
    }
  };
}

/**
 * @param {any} input
 * @param {ReturnType<typeof createResults>} shown
 * @param {() => void} ask
 */
function listen(input, shown, ask) {
  let timer = 0;
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(ask, WAIT_MS);
  });
  input.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      input.value = "";
      shown.clear();
      input.blur();
    } else if (event.key === "Enter") shown.enter();
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      shown.move(event.key === "ArrowDown" ? 1 : -1);
    }
  });
  input.addEventListener("blur", () => setTimeout(shown.hide, CLOSE_MS));
  input.addEventListener("focus", () => {
    input.select();
    shown.reopen();
  });
}

/**
 * @param {any} result
 * @param {boolean} chosen
 * @param {() => void} go
 */
function row(result, chosen, go) {
  return h(
    "li",
    {
      role: "option",
      "aria-selected": String(chosen),
      id: chosen ? "search-chosen" : null,
      on: {
        mousedown: (/** @type {Event} */ event) => {
          event.preventDefault();
          go();
        },
      },
    },
    h("span.tag", {}, tOr(`kind.${result.kind}`, result.kind)),
    h(
      "span.grow",
      {},
      result.label,
      result.sub
        ? h("span.note", {}, result.kind === "place" ? tOr(`place.${result.sub}`, result.sub) : result.sub)
        : null,
    ),
  );
}
