/**
 * Coverage as a file: bands that hold no site, for everyone; the exact sites only for those who may, for an audience that
 * they name. The server marks and records each exact export.
 */

import { file, withQuery } from "../api.mjs";
import { h, icon, replace } from "../dom.mjs";
import { t } from "../i18n.mjs";
import { select } from "../parts/controls.mjs";
import { block } from "../parts/figures.mjs";
import { loadInto } from "../parts/states.mjs";
import { labelled } from "./common.mjs";

const FORMATS = /** @type {[string, string][]} */ ([
  ["csv", "CSV"],
  ["geojson", "GeoJSON"],
]);
const KEEP_MS = 10_000;

/**
 * Whether an exported file holds anything besides its heading.
 * @param {string} format
 * @param {string} text
 */
export function holdsRows(format, text) {
  return format === "geojson" ? JSON.parse(text).features.length > 0 : /\n[^\r\n]/.test(text);
}

/** @param {any} app */
export function exportBlock(app) {
  const exact = app.can("camera.export")
    ? h("details", {}, h("summary.button.link", {}, icon("chevron"), t("coverage.export.exact")), exactForm(app))
    : null;
  return block(t("coverage.export"), h("div", {}, safeForm(app), exact));
}

/** @param {any} app */
function safeForm(app) {
  return form({
    note: t("coverage.export.safe_note"),
    button: h("button.button.primary", { type: "submit" }, t("coverage.export.safe")),
    path: (format) => withQuery(app.path("coverage/export"), { format }),
    saved: "coverage.export.saved",
    nothing: "coverage.export.nothing",
  });
}

/** @param {any} app */
function exactForm(app) {
  const audience = h("input.field", {
    type: "text", required: true, maxlength: 200, pattern: ".*\\S.*", autocomplete: "off",
    placeholder: t("coverage.export.example"), title: t("coverage.export.audience"),
  });
  return form({
    first: labelled(t("coverage.export.audience"), audience),
    note: t("coverage.export.exact_note"),
    button: h("button.button", { type: "submit" }, t("coverage.export.take")),
    path: (format) => withQuery(app.path("coverage/register"), { format, audience: audience.value.trim() }),
    saved: "coverage.export.saved_exact",
    nothing: "coverage.export.nothing_exact",
  });
}

/**
 * A form that asks for a format, takes the file and says what came of it.
 * @param {object} how
 * @param {import("../dom.mjs").Child} [how.first] what is asked before the format
 * @param {string} how.note
 * @param {any} how.button
 * @param {(format: string) => string} how.path
 * @param {string} how.saved catalogue key
 * @param {string} how.nothing catalogue key, for a file without rows
 */
function form({ first = null, note, button, path, saved, nothing }) {
  const format = select(FORMATS, "csv", () => undefined);
  const place = h("div", { role: "status" });
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const [chosen, from] = [format.value, path(format.value)];
    button.disabled = true;
    await loadInto(place, async () => h("p.note", {}, await take(from, chosen, { saved, nothing })), 1);
    button.disabled = false;
  };
  format.addEventListener("change", () => replace(place));
  return h("form.form", { on: { submit } },
    first, labelled(t("coverage.export.format"), format), h("p.note", {}, note), h("div.row.wrap", {}, button), place);
}

/**
 * Ask for a file and hand it to the browser to save, unless there is nothing in it.
 * @param {string} path
 * @param {string} format
 * @param {{saved: string, nothing: string}} keys
 */
async function take(path, format, { saved, nothing }) {
  const made = await file(path);
  if (!holdsRows(format, await made.body.text())) return t(nothing);
  const link = h("a", { href: URL.createObjectURL(made.body), download: made.name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEEP_MS);
  return t(saved, { file: made.name });
}
