/**
 * The words of the page. One catalogue per language, shared with the server's templates: flat keys,
 * `{name}` stands for a value. Changing the language keeps the page: whoever shows text listens.
 */

/** @typedef {"zh" | "en"} Language */

/** @type {Map<string, Record<string, string>>} */
const catalogues = new Map();
/** @type {Set<() => void>} */
const listeners = new Set();
/** @type {Language} */
let current = "zh";
let address = "/i18n/{language}.json";

/**
 * Load a language and make it the page's.
 * @param {Language} language
 * @param {string} [url] address of the catalogues with `{language}` in it
 */
export async function use(language, url) {
  if (url) address = url;
  if (!catalogues.has(language)) {
    const answer = await fetch(address.replace("{language}", language));
    if (!answer.ok) throw new Error(`catalogue ${language}: ${answer.status}`);
    catalogues.set(language, await answer.json());
  }
  current = language;
  if (typeof document !== "undefined") {
    document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
    translate(document);
  }
  for (const listener of listeners) listener();
}

/**
 * Give a catalogue directly (tests, and pages that carry theirs).
 * @param {Language} language
 * @param {Record<string, string>} messages
 */
export function provide(language, messages) {
  catalogues.set(language, messages);
  current = language;
}

/** @returns {Language} */
export function language() {
  return current;
}

/**
 * The text of a key in the page's language. An unknown key is shown as it is: visible, never empty.
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function t(key, values) {
  return fillIn(catalogues.get(current)?.[key] ?? key, values ?? {});
}

/**
 * Whether the catalogue knows a key; for keys that come from data (fault codes, categories).
 * @param {string} key
 */
export function known(key) {
  return catalogues.get(current)?.[key] !== undefined;
}

/**
 * The text of a key made from data, or a fallback where the catalogue has none.
 * @param {string} key
 * @param {string} fallback
 */
export function tOr(key, fallback) {
  return known(key) ? t(key) : fallback;
}

/**
 * A value that the server gives in both languages.
 * @param {{zh?: string, en?: string} | string | null | undefined} both
 */
export function pick(both) {
  if (!both) return "";
  return typeof both === "string" ? both : (both[current] ?? both.zh ?? both.en ?? "");
}

/**
 * Put the values into a message.
 * @param {string} text
 * @param {Record<string, string | number>} values
 */
export function fillIn(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/**
 * Call when the language has changed. Returns a function that stops it.
 * @param {() => void} listener
 */
export function onLanguage(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/**
 * Translate the marked elements under a root: data-t is the text, data-t-title and data-t-label the
 * tooltip and the name for screen readers, data-t-placeholder the placeholder.
 * @param {ParentNode} root
 */
export function translate(root) {
  for (const element of root.querySelectorAll("[data-t]")) {
    element.textContent = t(/** @type {HTMLElement} */ (element).dataset.t ?? "");
  }
  for (const [mark, attribute] of [
    ["title", "title"],
    ["label", "aria-label"],
    ["placeholder", "placeholder"],
  ]) {
    for (const element of root.querySelectorAll(`[data-t-${mark}]`)) {
      element.setAttribute(attribute, t(element.getAttribute(`data-t-${mark}`) ?? ""));
    }
  }
}
