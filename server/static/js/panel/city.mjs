/** The city: its figures, its plan, its regions. What is missing says what to do next. */

import { h, icon } from "../dom.mjs";
import * as format from "../format.mjs";
import { language, t } from "../i18n.mjs";
import { block, facts, figures } from "../parts/figures.mjs";
import { empty } from "../parts/states.mjs";
import { gridTable, planWords } from "./common.mjs";
import { netsBlock } from "./net.mjs";
import { regionSheets } from "./outputs.mjs";
import { regionList, spread, worstFirst } from "./region.mjs";
import { whoseBlock } from "./whose.mjs";

const COUNTED = ["workers", "centres", "cameras", "places", "buildings", "roads"];

/**
 * @param {any} app
 * @returns {Promise<import("./index.mjs").Content>}
 */
export async function cityPanel(app) {
  const { city } = app;
  const [regions, list, { cities }] = await Promise.all([
    app.regions(),
    app.grids().catch(() => null),
    app.read("/api/cities"),
  ]);
  const others = cities.filter((/** @type {any} */ one) => one.code !== city.code);
  const top = regions.filter((/** @type {any} */ one) => one.level === city.levels[0]);
  const grids = list?.grids ?? [];
  return {
    title: city.name,
    body: h(
      "div",
      {},
      h("p.row.wrap", {}, h("code", {}, city.code), h("span.note", {}, planWords(app))),
      block(t("panel.figures"), figures(totals(app, top, grids))),
      whoseBlock(app),
      grids.length
        ? block(t("region.distribution"), spread(grids, list.band), t("region.distribution_unit"))
        : next(app),
      top.length ? block(t(`level.${city.levels[0]}`), regionList(app, top), format.number(top.length)) : null,
      grids.length
        ? block(
            t("city.worst"),
            gridTable(
              app,
              worstFirst(grids.filter((/** @type {any} */ grid) => grid.faults?.length || grid.deviation)),
              12,
            ),
          )
        : null,
      others.length
        ? block(
            t("city.others"),
            h(
              "ul.items",
              {},
              others.map((/** @type {any} */ one) =>
                h(
                  "li",
                  {},
                  h(
                    "a.item",
                    { href: `/city/${encodeURIComponent(one.code)}` },
                    h("span.grow", {}, one.name),
                    icon("chevron"),
                  ),
                ),
              ),
            ),
          )
        : null,
      grids.length ? netsBlock(app) : null,
      regionSheets(app, null, grids.length),
      block(t("city.data"), dataFacts(city)),
    ),
  };
}

/**
 * @param {any} app
 * @param {any[]} top
 * @param {any[]} grids
 */
function totals(app, top, grids) {
  const { city } = app;
  const source = t("why.source", { version: app.planInfo()?.version ?? "–", data: city.data_version });
  const households = grids.length
    ? grids.reduce((sum, grid) => sum + grid.households, 0)
    : top.reduce((sum, one) => sum + one.households, 0);
  const inBand = grids.filter((grid) => grid.deviation === 0).length;
  const list = [
    {
      label: t("grid.households"),
      value: format.householdCount(households, language()),
      why: `${t("why.households")} ${source}`,
    },
    {
      label: t("region.grid_count"),
      value: format.number(grids.length),
      beside: grids.length ? t("region.mean", { n: format.number(households / grids.length) }) : t("plan.none_yet"),
    },
    {
      label: t("city.cells"),
      value: format.number(city.cells),
      beside: t("city.resolution", { res: city.resolution }),
      why: t("why.area", { res: city.resolution }),
    },
  ];
  if (grids.length)
    list.push({
      label: t("region.in_band"),
      value: format.percent(inBand / grids.length),
      beside: t("region.of", { n: format.number(inBand), all: format.number(grids.length) }),
      why: `${t("why.in_band", { low: app.band()[0], high: app.band()[1] })} ${source}`,
    });
  if (city.incidents?.n)
    list.push({
      label: t("grid.incidents"),
      value: format.number(city.incidents.n),
      beside: `${format.day(city.incidents.first, city.tz)} – ${format.day(city.incidents.last, city.tz)}`,
      why: `${t("why.incidents")} ${source}`,
    });
  if (city.counts?.cameras && app.can("camera.read"))
    list.push({
      label: t("grid.cameras"),
      value: format.number(city.counts.cameras),
      beside: "",
      why: `${t("why.cameras")} ${source}`,
    });
  return list;
}

/** @param {any} app */
function next(app) {
  if (!app.can("plan.draw")) return empty(t("plan.none_yet"));
  return empty(
    t("city.no_plan"),
    h("button.button.primary", { type: "button", on: { click: () => app.openJob("redraw") } }, t("draw.start")),
  );
}

/** @param {any} city */
function dataFacts(city) {
  const rows = COUNTED.map(
    (kind) => /** @type {[string, string]} */ ([t(`kinds.${kind}`), format.number(city.counts?.[kind] ?? 0)]),
  );
  return facts([...rows, [t("city.zone"), city.tz], [t("city.data_version"), String(city.data_version)]]);
}
