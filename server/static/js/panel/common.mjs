/** What several panels share: crumbs, lists of grids, faults in words, months. */

import { h, icon } from "../dom.mjs";
import * as format from "../format.mjs";
import { known, t, tOr } from "../i18n.mjs";
import { columns } from "../parts/charts.mjs";
import { say } from "../redraw/words.mjs";

/**
 * The way down from the city: each step is a button, the last one is where we are.
 * @param {any} app
 * @param {{kind: string, id: string, name: string}[]} steps
 */
export function crumbs(app, steps) {
  const all = [{ kind: "city", id: app.city.code, name: app.city.name }, ...steps];
  return h(
    "nav.crumbs",
    { "aria-label": t("panel.path") },
    all.map((step, i) => [
      i ? icon("chevron") : null,
      h(
        "button.button.link",
        { type: "button", on: { click: () => app.select({ kind: step.kind, id: step.id }) } },
        step.name,
      ),
    ]),
  );
}

/**
 * Who made something: an account by its name, what is none in words.
 * @param {{boot: {accounts?: string[]}}} app with the accounts whose names also stand for none
 * @param {string} name
 */
export function author({ boot }, name) {
  return boot.accounts?.includes(name) ? name : tOr(`author.${name}`, name);
}

/**
 * The regions above a region, from the top.
 * @param {any[]} regions every region of the city
 * @param {string | null | undefined} id the lowest, included
 */
export function chainOf(regions, id) {
  const byId = new Map(regions.map((one) => [one.id, one]));
  const steps = [];
  for (let at = byId.get(id); at && steps.length < 6; at = byId.get(at.parent))
    steps.unshift({ kind: "region", id: at.id, name: at.name });
  return steps;
}

/**
 * What is wrong, one line each, in words; or that nothing is.
 * @param {string[]} codes
 */
export function faultLines(codes) {
  if (!codes.length) return h("p.fault-line.good", {}, icon("tick"), h("span", {}, t("fault.none")));
  return codes.map((code) =>
    h("p", { class: `fault-line ${SOFT.has(code) ? "warn" : ""}` }, icon("warning"), h("span", {}, faultText(code))),
  );
}

const SOFT = new Set(["below_band", "above_band", "under_band", "over_band", "no_worker", "no_centre"]);

/**
 * A fault's name in words.
 * @param {string} code
 */
export function faultText(code) {
  return known(`fault.${code}`) ? t(`fault.${code}`) : code.replaceAll("_", " ");
}

/**
 * Grids as a table: code, households against the band, worker. A row selects its grid.
 * @param {any} app
 * @param {any[]} grids
 * @param {number} [most] rows shown at first
 */
export function gridTable(app, grids, most = 60) {
  const body = h("tbody");
  let shown = 0;
  const more = h("button.button.quiet.wide", { type: "button", on: { click: () => add() } });
  const add = () => {
    for (const grid of grids.slice(shown, shown + most)) body.append(gridRow(app, grid));
    shown = Math.min(grids.length, shown + most);
    more.hidden = shown >= grids.length;
    more.textContent = t("table.more", { n: format.number(grids.length - shown) });
  };
  add();
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
          h("th", { scope: "col" }, t("grid.code")),
          h("th.num", { scope: "col" }, t("grid.households")),
          h("th.num", { scope: "col" }, t("grid.deviation")),
        ),
      ),
      body,
    ),
    more,
  );
}

/**
 * @param {any} app
 * @param {any} grid
 */
function gridRow(app, grid) {
  const go = () => {
    app.goTo(grid);
    app.select({ kind: "grid", id: String(grid.label) });
  };
  const onKey = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Enter") go();
  };
  return h(
    "tr",
    { tabindex: 0, on: { click: go, keydown: onKey } },
    h(
      "td",
      {},
      h("span", {}, grid.name || grid.code),
      grid.name ? h("span.note", { style: { display: "block" } }, grid.code) : null,
    ),
    h("td.num", {}, format.number(grid.households)),
    h("td.num", {}, h("span", { class: `tag ${deviationKind(grid)}` }, format.signed(grid.deviation))),
  );
}

/** @param {any} grid */
export function deviationKind(grid) {
  if (!grid.deviation) return "good";
  return Math.abs(grid.deviation) > 0.2 ? "bad" : "warn";
}

/**
 * Counts by month as columns.
 * @param {{month: string, n: number | null}[]} months
 */
export function monthChart(months) {
  const last = months.length - 1;
  return columns(
    months.map(({ month, n }, i) => ({
      value: n ?? 0,
      label: i === 0 || i === last || month.endsWith("-01") ? month : "",
      hint: `${month}: ${n === null ? t("figure.suppressed") : format.number(n)}`,
    })),
    { label: t("grid.months") },
  );
}

/**
 * A button row of what can be done.
 * @param {any} app
 * @param {any} target with lat, lng and bbox
 * @param {...import("../dom.mjs").Child} more
 */
export function actions(app, target, ...more) {
  const share = async () => {
    try {
      await navigator.clipboard.writeText(location.href);
      app.toast(t("action.link_copied"));
    } catch {
      app.toast(t("action.link_failed"));
    }
  };
  return h(
    "div.row.wrap",
    {},
    h("button.button", { type: "button", on: { click: () => app.goTo(target) } }, icon("target"), t("action.zoom")),
    h("button.button", { type: "button", on: { click: share } }, icon("link"), t("action.copy_link")),
    ...more,
  );
}

/**
 * The name of a tier or level.
 * @param {string} tier
 */
export function tierName(tier) {
  return tOr(`tier.${tier}`, tier);
}

/** @param {any} app */
export function planWords(app) {
  const plan = app.planInfo?.();
  if (!plan) return t("plan.none_yet");
  const status = say(plan.kind, `plan.status.${plan.status}`);
  const words = say(plan.kind, "plan.words", { version: plan.version, status });
  return [words, bandWords(plan.workload)].filter(Boolean).join(" · ");
}

/**
 * What the band of a plan counts, where that is not households; else nothing.
 * @param {string | null | undefined} workload
 */
export function bandWords(workload) {
  return workload && workload !== "households" ? t("plan.workload", { name: workload }) : "";
}
