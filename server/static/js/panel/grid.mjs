/** A management grid: its figures beside the target, its people, its months, what is wrong, what can be done. */

import { h, icon } from "../dom.mjs";
import * as format from "../format.mjs";
import { language, t, tOr } from "../i18n.mjs";
import { gauge } from "../parts/charts.mjs";
import { block, facts, figures } from "../parts/figures.mjs";
import { actions, bandWords, chainOf, crumbs, faultLines, monthChart, planWords, tierName } from "./common.mjs";
import { gridSheet, whyBlock } from "./outputs.mjs";

const PLACES_SHOWN = 12;
const KINDS = /** @type {[string, RegExp][]} */ ([
  ["dedicated", /dedicated|专属/i],
  ["professional", /professional|专业/i],
  ["micro", /micro|微网格/i],
  ["basic", /basic|综合|基础/i],
]);
/** Kinds without a band; imported grids keep the word of their source. */
const DEDICATED = /dedicated|专属/i;

/**
 * @param {any} app
 * @param {string} id label of the grid
 * @returns {Promise<import("./index.mjs").Content>}
 */
export async function gridPanel(app, id) {
  const [grid, list, regions] = await Promise.all([app.read(app.planPath(`grids/${id}`)), app.grids(), app.regions()]);
  const [low, high] = list.band;
  const dedicated = DEDICATED.test(grid.kind ?? "");
  return {
    title: grid.name || grid.code,
    above: crumbs(app, chainOf(regions, grid.region?.id)),
    body: h(
      "div",
      {},
      h(
        "p.row.wrap",
        {},
        h("code", {}, grid.code),
        h("span.tag", {}, kindName(grid.kind)),
        h("span.note", {}, planWords(app)),
      ),
      block(t("panel.figures"), [
        figures(gridFigures(app, grid, low, high, dedicated)),
        dedicated
          ? null
          : h(
              "div.gauge",
              {},
              gauge({
                value: grid.load,
                low,
                high,
                text: (value) => format.number(value),
                label: t(weighed(app) ? "grid.gauge_load" : "grid.gauge", {
                  n: format.number(grid.load),
                  low: format.number(low),
                  high: format.number(high),
                }),
              }),
            ),
      ]),
      block(t("panel.wrong"), faultLines(grid.faults ?? [])),
      whyBlock(app, id),
      block(t("panel.people"), people(app, grid)),
      grid.months?.length ? block(t("grid.months"), monthChart(grid.months), t("incidents.reports")) : null,
      grid.places?.length ? block(t("grid.places"), placeList(grid.places), format.number(grid.places.length)) : null,
      grid.neighbours?.length ? block(t("grid.neighbours"), neighbourList(app, grid.neighbours, list.grids)) : null,
      block(t("panel.can_do"), actions(app, grid, gridSheet(app, id))),
    ),
  };
}

/** Whether the band of the plan counts something else than households. @param {any} app */
function weighed(app) {
  return Boolean(bandWords(app.planInfo()?.workload));
}

/** The kind in the page's language; a word that is not ours stays as the source has it. @param {string | null} kind */
function kindName(kind) {
  const known = KINDS.find(([, words]) => words.test(kind ?? "basic"));
  return known ? t(`grid.kind.${known[0]}`) : String(kind);
}

/**
 * @param {any} app
 * @param {any} grid
 * @param {number} low
 * @param {number} high
 * @param {boolean} dedicated
 */
function gridFigures(app, grid, low, high, dedicated) {
  const tongue = language();
  const source = t("why.source", { version: app.planInfo()?.version ?? "–", data: app.city.data_version });
  const cameras = Array.isArray(grid.cameras) ? grid.cameras.length : (grid.cameras?.n ?? grid.cameras);
  const incidents = (grid.months ?? []).reduce(
    (/** @type {number} */ sum, /** @type {any} */ one) => sum + (one.n ?? 0),
    0,
  );
  const target = t("grid.target", { low: format.number(low), high: format.number(high) });
  const list = [
    {
      label: t("grid.households"),
      value: format.householdCount(grid.households, tongue),
      beside: dedicated ? t("grid.no_band") : weighed(app) ? "" : target,
      why: `${t("why.households")} ${source}`,
    },
    ...(weighed(app) && !dedicated
      ? [{ label: t("grid.load"), value: format.number(grid.load), beside: target, why: `${t("why.load")} ${source}` }]
      : []),
    {
      label: t("grid.deviation"),
      value: dedicated ? "–" : format.signed(grid.deviation),
      beside: dedicated ? "" : t(grid.deviation > 0 ? "grid.above" : grid.deviation < 0 ? "grid.below" : "grid.inside"),
      why: `${t("why.deviation")} ${source}`,
    },
    {
      label: t("grid.area"),
      value: format.figure(grid.area_km2),
      beside: t("grid.area_beside", { n: format.number(grid.cells) }),
      why: `${t("why.area", { res: app.city.resolution })} ${source}`,
    },
  ];
  if (grid.months?.length)
    list.push({
      label: t("grid.incidents"),
      value: format.number(incidents),
      beside: t("grid.incidents_over", { n: grid.months.length }),
      why: `${t("why.incidents")} ${source}`,
    });
  if (typeof cameras === "number")
    list.push({
      label: t("grid.cameras"),
      value: format.number(cameras),
      beside: "",
      why: `${t("why.cameras")} ${source}`,
    });
  return list;
}

/**
 * @param {any} app
 * @param {any} grid
 */
function people(app, grid) {
  const worker = grid.worker
    ? h(
        "button.button.link",
        { type: "button", on: { click: () => app.select({ kind: "worker", id: grid.worker.id }) } },
        grid.worker.name || t("worker.unnamed"),
      )
    : app.can("worker.read")
      ? h("span.tag.warn", {}, t("grid.no_worker"))
      : null;
  return [
    facts([[t("grid.worker"), worker]]),
    grid.chain?.length
      ? h(
          "ul.chain",
          {},
          grid.chain.map((/** @type {any} */ centre) =>
            h(
              "li",
              {},
              h("span.tag", {}, tierName(centre.tier)),
              centre.id
                ? h(
                    "button.button.link",
                    { type: "button", on: { click: () => app.select({ kind: "centre", id: String(centre.id) }) } },
                    centre.name,
                  )
                : h("span.note", {}, t("centre.missing")),
            ),
          ),
        )
      : h("p.note", {}, t("centre.none_chain")),
  ];
}

/** @param {any[]} places */
function placeList(places) {
  const rest = places.length - PLACES_SHOWN;
  return h(
    "ul",
    {},
    places
      .slice(0, PLACES_SHOWN)
      .map((place) =>
        h("li.row", {}, h("span.grow", {}, place.name), h("span.note", {}, tOr(`place.${place.kind}`, place.kind))),
      ),
    rest > 0 ? h("li.note", {}, t("table.rest", { n: format.number(rest) })) : null,
  );
}

/**
 * @param {any} app
 * @param {any[]} neighbours
 * @param {any[]} grids
 */
function neighbourList(app, neighbours, grids) {
  const byLabel = new Map(grids.map((grid) => [String(grid.label), grid]));
  const known = neighbours.map((one) => byLabel.get(String(one.label ?? one))).filter(Boolean);
  return h(
    "ul.items",
    {},
    known.map((grid) =>
      h(
        "li",
        {},
        h(
          "button.item",
          { type: "button", on: { click: () => app.select({ kind: "grid", id: String(grid.label) }) } },
          h("span.grow", {}, grid.name || grid.code),
          h("span.num", {}, format.households(grid.households, language())),
          icon("chevron"),
        ),
      ),
    ),
  );
}
