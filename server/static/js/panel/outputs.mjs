/** What leaves the page as paper or file: sheets, wall maps, the card for a chat, exports and reports; and why. */

import { withQuery } from "../api.mjs";
import { h, icon } from "../dom.mjs";
import { language, t } from "../i18n.mjs";
import { block } from "../parts/figures.mjs";
import { loadInto } from "../parts/states.mjs";

const FORMATS = /** @type {[string, string][]} */ ([
  ["geojson", "GeoJSON"],
  ["gpkg", "GeoPackage"],
  ["shapefile", "Shapefile"],
  ["kml", "KML"],
  ["csv", "CSV"],
]);
const REPORTS = ["proposal", "compare", "handover", "ledger"];

/**
 * A link to sheets that open beside the map.
 * @param {any} app
 * @param {Record<string, string | number | null>} asked
 * @param {string} text
 */
function sheets(app, asked, text) {
  const path = `/city/${encodeURIComponent(app.city.code)}/sheets`;
  const { plan } = app.store.get();
  return h(
    "a.button",
    { href: withQuery(path, { ...asked, plan, lang: language() }), target: "_blank", rel: "noopener" },
    icon("print"),
    text,
  );
}

/**
 * The sheet of one grid.
 * @param {any} app
 * @param {string | number} label
 */
export function gridSheet(app, label) {
  return sheets(app, { kind: "grid", grids: label }, t("sheets.one"));
}

/**
 * Wall map, card and, where they are few enough, the sheets of a region's grids; of the city without a region.
 * @param {any} app
 * @param {{code: string} | null} region
 * @param {number} grids how many it has
 */
export function regionSheets(app, region, grids) {
  if (!grids) return null;
  const code = region?.code ?? null;
  return block(
    t("sheets.title"),
    h(
      "div.row.wrap",
      {},
      sheets(app, { kind: "wall", region: code, size: "a3" }, t("sheets.wall")),
      sheets(app, { kind: "card", region: code }, t("sheets.card")),
      grids <= 80 ? sheets(app, { kind: "grid", region: code }, t("sheets.all", { n: grids })) : null,
    ),
  );
}

/**
 * Why a grid is as it is, in sentences.
 * @param {any} app
 * @param {string | number} label
 */
export function whyBlock(app, label) {
  const place = h("div");
  loadInto(place, async () => {
    const told = await app.read(app.planPath(`grids/${label}/why`));
    const tongue = language();
    return told.reasons.length
      ? told.reasons.map((/** @type {any} */ one) =>
          h("p.note", {}, one[tongue], one.proved ? [" ", h("span.tag", { title: t("why.proved") }, t("redraw.is_proved"))] : null),
        )
      : h("p.note", {}, t("why.nothing"));
  });
  return block(t("why.title"), place);
}

/**
 * Every format and report of a plan.
 * @param {any} app
 * @param {any} plan
 */
export function exportLinks(app, plan) {
  const link = (/** @type {string} */ end, /** @type {Record<string, string>} */ asked, /** @type {string} */ text) =>
    h(
      "a.button",
      { href: withQuery(app.planPath(end, plan.id), { ...asked, lang: language() }), download: "" },
      text,
    );
  const compares = plan.status === "draft" || plan.parent;
  return [
    ...FORMATS.map(([format, name]) => link("export", { format }, name)),
    ...REPORTS.filter((kind) => kind === "ledger" || compares).map((kind) =>
      link("report", { kind }, t(`report.${kind}`)),
    ),
  ];
}
