/** 机构队伍: centres of four tiers with what is missing, workers and who has no grid yet. */

import { h, icon, replace } from "../dom.mjs";
import * as format from "../format.mjs";
import { onLanguage, t, tOr } from "../i18n.mjs";
import { tierName } from "../panel/common.mjs";
import { request } from "../api.mjs";
import { button, pressList } from "../parts/controls.mjs";
import { block, figures } from "../parts/figures.mjs";
import { empty, loadInto } from "../parts/states.mjs";
import { failed } from "../parts/toasts.mjs";
import { byTier, openWork, tabs } from "./common.mjs";

const SHOWN = 150;

/** @param {any} app */
export function mount(app) {
  let tab = "centres";
  const draw = () => {
    const body = openWork(app, "job.centres");
    const place = h("div");
    const offered = /** @type {[string, string][]} */ ([
      ["centres", t("kinds.centres")],
      ...(app.can("worker.read") ? [["workers", t("kinds.workers")]] : []),
    ]);
    replace(
      body,
      tabs(offered, tab, (id) => {
        tab = id;
        draw();
      }),
      place,
    );
    loadInto(place, () => (tab === "centres" ? centres(app) : workers(app)));
  };
  const stops = [onLanguage(draw), app.store.on(["plan", "dataVersion"], draw)];
  draw();
  return () => stops.forEach((stop) => stop());
}

/** @param {any} app */
async function centres(app) {
  const { items, missing = [], skipped = [] } = await app.read(app.path("centres"));
  if (!items.length && !missing.length) return empty(t("centres.none"), importButton(app));
  const tiers = byTier(items);
  /** @type {Map<string, number>} */
  const lacking = new Map();
  for (const one of missing) lacking.set(one.tier, (lacking.get(one.tier) ?? 0) + 1);
  const shown = ["city", "county", "town", "community"].map((tier) => {
    const have = tiers.find(([name]) => name === tier)?.[1].length ?? 0;
    const lack = lacking.get(tier) ?? 0;
    return have + lack
      ? {
          label: tierName(tier),
          value: format.number(have),
          beside: lack
            ? t("centres.complete", { share: format.percent(have / (have + lack)), n: format.number(lack) })
            : t("centres.all"),
          why: t("why.complete"),
        }
      : null;
  });
  return h(
    "div",
    {},
    block(t("centres.tiers"), figures(/** @type {any[]} */ (shown.filter(Boolean)))),
    missing.length ? block(t("centres.missing"), regionList(app, missing), format.number(missing.length)) : null,
    skipped.length ? block(t("centres.skipped"), skippedList(app, skipped), format.number(skipped.length)) : null,
    tiers.map(([tier, some]) => tierBlock(app, tier, some)),
  );
}

/**
 * The centres of a tier; those of the communities, which are many, folded.
 * @param {any} app
 * @param {string} tier
 * @param {any[]} some
 */
function tierBlock(app, tier, some) {
  const list = () => thingList(app, "centre", some, (one) => t("centre.serves", { n: format.number(one.grids ?? 0) }));
  if (tier !== "community") return block(tierName(tier), list(), format.number(some.length));
  const place = h("div");
  const open = (/** @type {any} */ event) => (event.target.open ? replace(place, list()) : undefined);
  const head = h("summary.item", {}, icon("chevron"), h("h3.grow", {}, tierName(tier)), h("span.tag", {}, format.number(some.length)));
  return h("details.block", { on: { toggle: open } }, head, place);
}

/**
 * Regions that lack a centre of their tier.
 * @param {any} app
 * @param {any[]} missing
 */
function regionList(app, missing) {
  const go = async (/** @type {any} */ one) => {
    const regions = await app.regions();
    const found = regions.find((/** @type {any} */ region) => region.code === one.region?.code);
    if (!found) return;
    app.goTo(found);
    app.select({ kind: "region", id: found.id });
  };
  return h(
    "ul.items",
    {},
    missing
      .slice(0, SHOWN)
      .map((one) =>
        h(
          "li",
          {},
          h(
            "button.item",
            { type: "button", on: { click: () => go(one) } },
            h("span.tag.warn", {}, tierName(one.tier)),
            h("span.grow", {}, one.region?.name ?? ""),
            icon("target"),
          ),
        ),
      ),
  );
}

/**
 * Centres that hang from a tier further up than the next.
 * @param {any} app
 * @param {any[]} skipped
 */
function skippedList(app, skipped) {
  return h(
    "ul.items",
    {},
    skipped.slice(0, SHOWN).map((one) => {
      const centre = one.centre ?? one;
      const open = () => app.select({ kind: "centre", id: String(centre.id) });
      return h(
        "li",
        {},
        h(
          "button.item",
          { type: "button", on: { click: open } },
          h("span.grow", {}, centre.name ?? one.region?.name ?? ""),
          h("span.note", {}, one.tier ? tierName(one.tier) : ""),
          icon("chevron"),
        ),
      );
    }),
  );
}

/** @param {any} app */
async function workers(app) {
  const [items, list] = await Promise.all([app.items("workers"), app.grids().catch(() => null)]);
  if (!items.length) return empty(t("workers.none"), importButton(app));
  const busy = items.filter((/** @type {any} */ one) => one.grids?.length);
  const idle = items.filter((/** @type {any} */ one) => !one.grids?.length);
  const unfilled = (list?.grids ?? []).filter((/** @type {any} */ grid) => !grid.worker);
  const line = (/** @type {any} */ one) => (one.grids?.length ? one.grids.join(" · ") : t("worker.no_grid"));
  return h(
    "div",
    {},
    block(t("panel.figures"), figures(workerFigures(busy.length, idle.length, unfilled.length, list?.grids.length))),
    list && app.can("plan.staff")
      ? h(
          "p.block",
          {},
          button("", t("plan.staff"), () => staff(app)),
        )
      : null,
    unfilled.length ? block(t("workers.unfilled"), gridList(app, unfilled.slice(0, SHOWN))) : null,
    block(t("workers.list"), thingList(app, "worker", [...idle, ...busy], line), format.number(items.length)),
    h("p.note", {}, t("worker.note")),
  );
}

/**
 * @param {number} busy
 * @param {number} idle
 * @param {number} unfilled grids
 * @param {number | undefined} grids
 */
function workerFigures(busy, idle, unfilled, grids) {
  const list = [
    {
      label: t("kinds.workers"),
      value: format.number(busy + idle),
      beside: t("workers.idle", { n: format.number(idle) }),
    },
    { label: t("workers.busy"), value: format.number(busy) },
  ];
  if (grids === undefined) return list;
  const beside = t("region.of", { n: format.number(grids - unfilled), all: format.number(grids) });
  return [...list, { label: t("workers.unfilled"), value: format.number(unfilled), beside, why: t("why.with_worker") }];
}

/** @param {any} app */
async function staff(app) {
  try {
    app.tasks.follow(await request(app.planPath("staff"), { method: "POST", json: {} }), "tasks.staff");
  } catch (failure) {
    failed(failure);
  }
}

/**
 * @param {any} app
 * @param {any[]} grids
 */
function gridList(app, grids) {
  return pressList(
    grids,
    (grid) => [h("span.grow", {}, grid.name || grid.code), h("span.note", {}, grid.region?.name ?? ""), icon("target")],
    (grid) => {
      app.goTo(grid);
      app.select({ kind: "grid", id: String(grid.label) });
    },
  );
}

/**
 * @param {any} app
 * @param {string} kind
 * @param {any[]} items
 * @param {(one: any) => string} line
 */
function thingList(app, kind, items, line) {
  const open = (/** @type {any} */ one) => () => {
    app.goTo(one);
    app.select({ kind, id: String(one.id) });
  };
  return h(
    "ul.items",
    {},
    items
      .slice(0, SHOWN)
      .map((one) =>
        h(
          "li",
          {},
          h(
            "button.item",
            { type: "button", on: { click: open(one) } },
            h("span.grow", {}, one.name || tOr(`post.${one.post}`, one.post ?? ""), h("span.note", {}, line(one))),
            icon("chevron"),
          ),
        ),
      ),
    items.length > SHOWN ? h("li.note", {}, t("table.rest", { n: format.number(items.length - SHOWN) })) : null,
  );
}

/** @param {any} app */
function importButton(app) {
  return app.can("import.run")
    ? h("button.button.primary", { type: "button", on: { click: () => app.openJob("data") } }, t("data.import"))
    : null;
}
