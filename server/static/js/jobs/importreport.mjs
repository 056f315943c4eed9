/** What an import came to: counts that add up, how the file was understood, and every kind of fault with its rows. */

import { all } from "../api.mjs";
import { h, icon } from "../dom.mjs";
import * as format from "../format.mjs";
import { known, language, pick, t, tOr } from "../i18n.mjs";
import { block, facts } from "../parts/figures.mjs";
import { failed } from "../parts/toasts.mjs";

const ROWS_SHOWN = 4;
const KEEP_MS = 60_000;

/**
 * @param {any} app
 * @param {any} one report of the API
 */
export function report(app, one) {
  const faults = one.faults ?? [];
  return h(
    "div.report",
    {},
    h(
      "dl.counts",
      {},
      ["rows", "accepted", "rejected", "duplicate"].map((name) =>
        h("div", {}, h("dt", {}, t(`import.${name}`)), h("dd", {}, format.number(one[name]))),
      ),
    ),
    one.personal?.length
      ? h(
          "p.fault-line.warn",
          {},
          icon("warning"),
          h("span", {}, t("import.personal", { columns: one.personal.map(columnName).join(", ") })),
        )
      : null,
    faults.length
      ? block(
          t("import.faults"),
          faultTable(faults),
          format.number(faults.reduce((/** @type {number} */ sum, /** @type {any} */ fault) => sum + fault.count, 0)),
        )
      : null,
    one.import && one.rejected ? refusedButton(app, one) : null,
    block(
      t("import.understood"),
      facts([
        [t("import.format"), [one.format, one.bytes ? format.bytes(one.bytes) : ""].filter(Boolean).join(" · ")],
        [t("import.encoding"), textOf(one.encoding)],
        [t("import.crs"), textOf(one.crs)],
        [t("import.datum"), textOf(one.datum)],
        [
          t("import.time"),
          one.time && typeof one.time === "object"
            ? [one.time.format, one.time.tz].filter(Boolean).join(" · ")
            : textOf(one.time),
        ],
        [
          t("import.mapping"),
          (one.mapping ?? []).map((/** @type {any} */ map) => `${map.ours} ← ${map.theirs}`).join(", "),
        ],
        [t("import.ignored"), (one.ignored ?? []).map(columnName).join(", ")],
        ...consequences(one),
        [t("import.notes"), (one.notes ?? []).map((/** @type {any} */ note) => textOf(note)).join(" ")],
      ]),
    ),
  );
}

/**
 * What the rows came to in the city, where that is not what one would take for granted.
 * @param {any} one report of the API
 * @returns {[string, string][]}
 */
export function consequences(one) {
  const { outside, alike, corrections, counted, households } = one;
  const told = /** @type {[string, boolean, Record<string, number>][]} */ ([
    ["import.outside", outside > 0, { n: outside, rows: one.rows }],
    ["import.lost", households?.outside > 0, { n: households?.outside, given: households?.given }],
    ["import.corrections", corrections > 0, { n: corrections, counted }],
    ["import.alike", alike > 0, { n: alike }],
  ]);
  return told
    .filter(([, so]) => so)
    .map(([key, , values]) => [
      t(key),
      t(`${key}.what`, Object.fromEntries(Object.entries(values).map(([name, n]) => [name, format.number(n)]))),
    ]);
}

/**
 * Every refused row with its reasons, to save as a table.
 * @param {any} app
 * @param {any} one report of the API
 */
function refusedButton(app, one) {
  const save = async () => {
    button.disabled = true;
    try {
      const items = await all(app.path(`imports/${one.import}/rejected`));
      const body = new Blob([refusedTable(items)], { type: "text/csv" });
      const link = h("a", { href: URL.createObjectURL(body), download: `refused-${one.import}.csv` });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), KEEP_MS);
    } catch (failure) {
      failed(failure);
    }
    button.disabled = false;
  };
  const button = h("button.button", { type: "button", on: { click: save } }, t("import.refused_rows"));
  return h("p.block", {}, button);
}

/**
 * The table of refused rows as CSV, with the mark by which Excel knows UTF-8: whoever mends the file may read another
 * language than whoever imported it, so every row says why in both, and by a code for programs.
 * @param {{row: number, field: string, code: string, words: {zh: string}, reason: string}[]} items
 */
export function refusedTable(items) {
  const quoted = (/** @type {string} */ text) => `"${text.replaceAll('"', '""')}"`;
  const lines = items.map(({ row, field, code, words, reason }) =>
    [row, ...[field, code, words.zh, reason].map(quoted)].join(","),
  );
  return ["\ufeffrow,field,code,原因,reason", ...lines, ""].join("\r\n");
}

/** @param {any[]} faults */
function faultTable(faults) {
  return h(
    "div.scroll",
    {},
    h(
      "table",
      {},
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("th", { scope: "col" }, t("import.what")),
          h("th.num", { scope: "col" }, t("import.n")),
          h("th", { scope: "col" }, t("import.first_rows")),
        ),
      ),
      h(
        "tbody",
        {},
        faults.map((fault) =>
          h(
            "tr",
            {},
            h(
              "td",
              {},
              h(
                "span",
                { class: `tag ${fault.rejects ? "bad" : "warn"}` },
                tOr(`import.code.${fault.code}`, fault.code),
              ),
              fault.field ? ` ${fieldName(fault.field)}` : "",
              language() === "en" || !known(`import.code.${fault.code}`)
                ? h("span.note", { style: { display: "block" } }, fault.reason)
                : null,
            ),
            h("td.num", {}, format.number(fault.count)),
            h("td", {}, rowsOf(fault)),
          ),
        ),
      ),
    ),
  );
}

/** The first rows that a fault was found in; there may be more. @param {any} fault */
function rowsOf(fault) {
  const rows = (fault.first_rows ?? []).slice(0, ROWS_SHOWN);
  return rows.join(", ") + (fault.count > rows.length ? " …" : "");
}

/** Our columns in words, one or several with commas between. @param {string} field */
function fieldName(field) {
  return field
    .split(",")
    .map((one) => tOr(`field.${one}`, one))
    .join(" ");
}

/** @param {any} column */
function columnName(column) {
  return typeof column === "string" ? column : (column?.name ?? column?.column ?? "");
}

/** A value of the report that may be text, words in both languages, or a small record. @param {any} value */
function textOf(value) {
  if (value === null || value === undefined || value === "") return "";
  if (typeof value !== "object") return String(value);
  if ("zh" in value || "en" in value) return pick(value);
  return Object.entries(value)
    .filter(([, part]) => part !== null && part !== undefined && typeof part !== "object")
    .map(([name, part]) => `${name}: ${part}`)
    .join(", ");
}
