/** Which column of a file is which of ours: as it was guessed, and set right by the reader. */

import { h } from "../dom.mjs";
import { t } from "../i18n.mjs";
import { block } from "../parts/figures.mjs";

/** Our columns of each kind, in the order in which they are offered. */
export const FIELDS = /** @type {Record<string, string[]>} */ ({
  incidents: ["id", "time", "category", "lat", "lng", "status", "weight", "revision"],
  grids: ["code", "name", "community", "kind", "cell", "worker_id", "centre_id", "band_low", "band_high"],
  households: ["households", "lat", "lng"],
  buildings: ["id", "floors", "height_m", "households", "use", "compound"],
  roads: ["id", "class", "name", "oneway"],
  barriers: ["kind", "name", "cost"],
  cameras: [
    ...["id", "code", "name", "lat", "lng", "kind", "heading", "angle", "range", "height", "status", "tilt"],
    ...["owner", "purpose", "legal_basis", "sign", "networked", "masked", "since", "review"],
  ],
  workers: ["id", "name", "post", "skills", "capacity", "lat", "lng"],
  centres: ["id", "name", "tier", "lat", "lng", "region"],
  places: ["id", "name", "kind", "lat", "lng"],
  regions: ["code", "name", "parent", "level"],
  nets: ["code", "name", "department", "community", "cell"],
});

/**
 * The columns of a file that was read: what was guessed can be set right.
 * @param {any} asked
 * @param {any} report
 */
export function columnsFound(asked, report) {
  return block(t("import.columns"), columns(asked, report.mapping ?? [], theirsOf(report)));
}

/**
 * Where a file needs a column that none of its own was taken for: its columns, to choose from.
 * @param {any} asked
 * @param {any} fault
 */
export function columnsAskedFor(asked, fault) {
  const { columns: theirs, missing } = fault?.detail?.[0] ?? {};
  if (!theirs || !missing) return null;
  return block(t("import.columns"), columns(asked, [], theirs, missing));
}

/** Every column of the file that may be read. @param {any} report */
function theirsOf(report) {
  const named = [
    ...(report.mapping ?? []).map((/** @type {any} */ map) => map.theirs),
    ...(report.ignored ?? []).map((/** @type {any} */ one) => (typeof one === "string" ? one : one.name)),
  ];
  return [...new Set(named)].filter(Boolean);
}

/**
 * The columns of the file beside ours.
 * @param {any} asked
 * @param {{ours: string, theirs: string}[]} mapping as guessed
 * @param {string[]} theirs
 * @param {string[]} [missing] ours that the file cannot do without
 */
function columns(asked, mapping, theirs, missing = []) {
  const guessed = new Map(mapping.map((map) => [map.ours, map.theirs]));
  const row = (/** @type {string} */ field) => {
    const now = asked.fields[field] ?? guessed.get(field) ?? "";
    const change = (/** @type {any} */ event) => {
      if (event.target.value) asked.fields[field] = event.target.value;
      else delete asked.fields[field];
    };
    const needed = missing.includes(field) ? h("span.tag.bad", {}, t("import.needed")) : null;
    return h(
      "tr",
      {},
      h("td", {}, t(`field.${field}`), h("span.note", {}, ` ${field} `), needed),
      h(
        "td",
        {},
        h(
          "select.field",
          { "aria-label": t(`field.${field}`), on: { change } },
          h("option", { value: "" }, "–"),
          theirs.map((name) => h("option", { value: name, selected: name === now }, name)),
        ),
      ),
    );
  };
  const shape = missing.includes("geometry") ? ["geometry"] : [];
  return h(
    "table",
    {},
    h(
      "thead",
      {},
      h("tr", {}, h("th", { scope: "col" }, t("import.ours")), h("th", { scope: "col" }, t("import.theirs"))),
    ),
    h("tbody", {}, [...FIELDS[asked.kind], ...shape].map(row)),
  );
}
