/** A region (county, town, community): its totals, what lies below it, its grids from the worst. */

import { h, icon } from "../dom.mjs";
import * as format from "../format.mjs";
import { language, t } from "../i18n.mjs";
import { distribution } from "../parts/charts.mjs";
import { block, figures } from "../parts/figures.mjs";
import { actions, chainOf, crumbs, gridTable, planWords, tierName } from "./common.mjs";
import { regionSheets } from "./outputs.mjs";
import { reportsBlock } from "./reports.mjs";

/**
 * @param {any} app
 * @param {string} id
 * @returns {Promise<import("./index.mjs").Content>}
 */
export async function regionPanel(app, id) {
  const [regions, list] = await Promise.all([app.regions(), app.grids().catch(() => null)]);
  const region = regions.find((/** @type {any} */ one) => one.id === id);
  if (!region) return { title: t("kind.region"), body: h("p.empty", {}, t("advice.gone")) };
  const below = regions.filter((/** @type {any} */ one) => one.parent === id);
  const inside = within(regions, id);
  const grids = (list?.grids ?? []).filter((/** @type {any} */ grid) => inside.has(grid.region?.id));
  const chain = chainOf(regions, id);
  return {
    title: region.name,
    above: crumbs(app, chain.slice(0, -1)),
    body: h(
      "div",
      {},
      h(
        "p.row.wrap",
        {},
        h("span.tag", {}, tierName(region.level)),
        h("code", {}, region.code),
        h("span.note", {}, planWords(app)),
      ),
      block(t("panel.figures"), figures(totals(app, region, grids, list?.band))),
      reportsBlock(app, region.level, id),
      grids.length > 4
        ? block(t("region.distribution"), spread(grids, list.band), t("region.distribution_unit"))
        : null,
      below.length ? block(t("region.below"), regionList(app, below), format.number(below.length)) : null,
      grids.length ? block(t("region.grids"), gridTable(app, worstFirst(grids)), format.number(grids.length)) : null,
      regionSheets(app, region, grids.length),
      block(t("panel.can_do"), actions(app, region)),
    ),
  };
}

/**
 * Ids of a region and everything below it.
 * @param {any[]} regions
 * @param {string} id
 */
export function within(regions, id) {
  const found = new Set([id]);
  for (let before = -1; before !== found.size;) {
    before = found.size;
    for (const one of regions) if (found.has(one.parent)) found.add(one.id);
  }
  return found;
}

/** @param {any[]} grids */
export function worstFirst(grids) {
  return [...grids].sort(
    (a, b) => (b.faults?.length ?? 0) - (a.faults?.length ?? 0) || Math.abs(b.deviation) - Math.abs(a.deviation),
  );
}

/**
 * Regions as a list with their households; pressing one selects it.
 * @param {any} app
 * @param {any[]} regions
 */
export function regionList(app, regions) {
  return h(
    "ul.items",
    {},
    regions.map((one) =>
      h(
        "li",
        {},
        h(
          "button.item",
          {
            type: "button",
            on: {
              click: () => {
                app.goTo(one);
                app.select({ kind: "region", id: one.id });
              },
            },
          },
          h(
            "span.grow",
            {},
            one.name,
            h("span.note", {}, t("region.line", { grids: format.number(one.grids), cells: format.number(one.cells) })),
          ),
          h("span.num", {}, format.householdCount(one.households, language())),
          icon("chevron"),
        ),
      ),
    ),
  );
}

/**
 * @param {any[]} grids
 * @param {[number, number]} band
 */
export function spread(grids, [low, high]) {
  return distribution(
    grids.map((grid) => grid.load),
    {
      low,
      high,
      label: t("region.distribution"),
      hint: (from, to, n) => t("region.bin", { from: format.number(from), to: format.number(to), n: format.number(n) }),
    },
  );
}

/**
 * @param {any} app
 * @param {any} region
 * @param {any[]} grids
 * @param {[number, number] | undefined} band
 */
function totals(app, region, grids, band) {
  const source = t("why.source", { version: app.planInfo()?.version ?? "–", data: app.city.data_version });
  const inBand = grids.filter((grid) => grid.deviation === 0).length;
  const withWorker = grids.filter((grid) => grid.worker).length;
  const list = [
    {
      label: t("grid.households"),
      value: format.householdCount(region.households, language()),
      why: `${t("why.households")} ${source}`,
    },
    {
      label: t("region.grid_count"),
      value: format.number(grids.length || region.grids),
      beside: grids.length ? t("region.mean", { n: format.number(region.households / grids.length) }) : "",
    },
    {
      label: t("grid.area"),
      value: format.figure(region.area_km2),
      beside: t("grid.area_beside", { n: format.number(region.cells) }),
      why: `${t("why.area", { res: app.city.resolution })} ${source}`,
    },
  ];
  if (grids.length && band)
    list.push({
      label: t("region.in_band"),
      value: format.percent(inBand / grids.length),
      beside: t("region.of", { n: format.number(inBand), all: format.number(grids.length) }),
      why: `${t("why.in_band", { low: band[0], high: band[1] })} ${source}`,
    });
  if (grids.length && app.can("worker.read"))
    list.push({
      label: t("region.with_worker"),
      value: format.percent(withWorker / grids.length),
      beside: t("region.of", { n: format.number(withWorker), all: format.number(grids.length) }),
      why: `${t("why.with_worker")} ${source}`,
    });
  return list;
}
