/**
 * The only way by which text and elements enter the page. Text is always a text node, never markup;
 * styles are set through the CSSOM, so that the page needs no inline style attribute.
 */

const SVG = "http://www.w3.org/2000/svg";
const SPRITE = new URL("../icons/icons.svg", import.meta.url).pathname;

/** @typedef {Node | string | number | null | undefined | false | Child[]} Child */

/**
 * Make an HTML element.
 * @param {string} tag such as "button" or "p.note.small" (classes after dots)
 * @param {Record<string, any>} [props] attributes; `on` holds listeners, `style` and `data` are objects, booleans toggle
 * @param {...Child} children strings and numbers become text nodes; null and false are left out
 * @returns {any} the element, loosely typed: callers know their tag
 */
export function h(tag, props = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name);
  if (classes.length) element.className = classes.join(" ");
  return fill(element, props, children);
}

/**
 * Make an SVG element. Arguments as for {@link h}.
 * @param {string} tag
 * @param {Record<string, any>} [props]
 * @param {...Child} children
 * @returns {any}
 */
export function s(tag, props = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

/**
 * An icon of the sprite; decorative unless a label is given.
 * @param {string} name id in icons.svg
 * @param {string} [label] read by screen readers
 */
export function icon(name, label) {
  const shown = label ? { role: "img", "aria-label": label } : { "aria-hidden": "true" };
  return s("svg", { class: "icon", viewBox: "0 0 20 20", ...shown }, s("use", { href: `${SPRITE}#${name}` }));
}

/**
 * Replace everything inside an element.
 * @param {Element} element
 * @param {...Child} children
 */
export function replace(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

/**
 * The element with this id, which the templates promise to exist.
 * @param {string} id
 * @returns {any}
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no element #${id}`);
  return element;
}

/**
 * @template {Element} T
 * @param {T} element
 * @param {Record<string, any>} props
 * @param {Child[]} children
 * @returns {T}
 */
function fill(element, props, children) {
  for (const [name, value] of Object.entries(props)) set(/** @type {any} */ (element), name, value);
  append(element, children);
  return element;
}

/**
 * @param {any} element
 * @param {string} name
 * @param {any} value
 */
function set(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name === "on") {
    for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
  } else if (name === "style") {
    for (const [property, text] of Object.entries(value)) element.style.setProperty(property, String(text));
  } else if (name === "data") {
    Object.assign(element.dataset, value);
  } else if (name === "class") {
    for (const word of String(value).split(" ")) if (word) element.classList.add(word);
  } else if (name === "value" || name === "checked" || name === "selected" || name === "indeterminate") {
    element[name] = value;
  } else {
    element.setAttribute(name, value === true ? "" : String(value));
  }
}

/**
 * @param {Element} element
 * @param {Child[]} children
 */
function append(element, children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (Array.isArray(child)) append(element, child);
    else element.append(child instanceof Node ? child : String(child));
  }
}
