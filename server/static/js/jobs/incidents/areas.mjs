/** The same figures for every area: counts, rates, change with its interval; two areas side by side; borders. */

import { departmentName } from "../../departments.mjs";
import { h, icon, replace } from "../../dom.mjs";
import * as format from "../../format.mjs";
import { t } from "../../i18n.mjs";
import { withQuery } from "../../api.mjs";
import { areaSelection, figuresOf, windowOf } from "../../layers/asked.mjs";
import { changeCell } from "../../parts/change.mjs";
import { select } from "../../parts/controls.mjs";
import { block } from "../../parts/figures.mjs";
import { empty, loadInto } from "../../parts/states.mjs";
import { failed } from "../../parts/toasts.mjs";
import { choice, labelled } from "../common.mjs";
import { filters } from "./filters.mjs";

const SHOWN = 40;
const COLOURINGS = ["n", "per_km2", "per_1000", "change"];

/**
 * @param {any} app
 * @param {HTMLElement} place
 */
export function mountAreas(app, place) {
  const asked = h("div");
  const table = h("div");
  const beside = h("div");
  const borders = h("div");
  const drawAsked = () => replace(asked, filters(app, {}), h("div.form", {}, levelAndAgainst(app), colouring(app)));
  const drawTable = () => {
    loadInto(table, async () => areaTable(app, await app.read(figuresOf(app, app.store.get().areaLevel))), 8);
    loadInto(beside, async () => pair(app, await app.read(figuresOf(app, app.store.get().areaLevel))));
    loadInto(borders, () => borderList(app), 3);
  };
  replace(place, asked, table, beside, borders, h("p.note", {}, t("incidents.note")));
  drawAsked();
  drawTable();
  netLevels(app).then((found) => found.length && drawAsked()).catch(failed);
  const stops = [
    app.store.on(["from", "to", "category", "areaLevel", "against", "choices"], drawAsked),
    app.store.on(["from", "to", "category", "areaLevel", "against", "plan", "dataVersion"], drawTable),
  ];
  return () => stops.forEach((stop) => stop());
}

/** The levels that there are. @param {any} app */
export function levelsOf(app) {
  const grids = app.can("exact.read") && app.store.get().hasPlan !== false ? ["grid"] : [];
  return [...grids, ...[...app.city.levels].reverse()];
}

/**
 * Departments whose nets lay areas of their own over the city (patrol areas), as levels; for those who see exact figures.
 * @param {any} app
 * @returns {Promise<string[]>}
 */
export async function netLevels(app) {
  if (!app.can("exact.read")) return [];
  const { items } = await app.read(app.path("nets"));
  app.netLevels = items.map((/** @type {any} */ one) => `net:${one.department}`);
  return app.netLevels;
}

/** The name of a level; a department's net has that of the department. @param {string} level */
function levelName(level) {
  return level.startsWith("net:") ? t("areas.level.net", { name: departmentName(level.slice(4)) }) : t(`areas.level.${level}`);
}

/** @param {any} app */
export function levelField(app) {
  const levels = [...levelsOf(app), ...(app.netLevels ?? [])].map((id) => /** @type {[string, string]} */ ([id, levelName(id)]));
  return labelled(
    t("areas.level"),
    select(levels, app.store.get().areaLevel, (value) => app.store.set({ areaLevel: value })),
  );
}

/** @param {any} app */
function levelAndAgainst(app) {
  const against = ["previous", "year"].map((id) => /** @type {[string, string]} */ ([id, t(`areas.against.${id}`)]));
  const field = select(against, app.store.get().against, (value) => app.store.set({ against: value }));
  return h("div.pair", {}, levelField(app), labelled(t("areas.against"), field));
}

/** @param {any} app */
function colouring(app) {
  const options = COLOURINGS.map((id) => /** @type {[string, string]} */ ([id, t(`layer.areas.${id}`)]));
  return choice({
    name: "areas-by",
    legend: t("areas.colour"),
    options,
    value: app.store.get().choices.areas ?? "n",
    onChange: (id) => app.layers.choose("areas", id),
  });
}

/**
 * @param {any} app
 * @param {any} found
 */
function areaTable(app, found) {
  if (!found.items.length) return empty(t("areas.none"));
  const compared = Boolean(found.before);
  const order = (/** @type {any} */ a, /** @type {any} */ b) => rank(b) - rank(a) || b.n - a.n;
  const items = [...found.items].sort(order);
  const without = items.filter((one) => one.n === 0);
  const body = h("tbody", {}, items.slice(0, SHOWN).map(areaRow(app, found)));
  const more = h("button.button.quiet.wide", {
    type: "button",
    on: {
      click: () => {
        body.append(...items.slice(SHOWN).map(areaRow(app, found)));
        more.hidden = true;
      },
    },
  });
  more.textContent = t("table.more", { n: format.number(items.length - SHOWN) });
  more.hidden = items.length <= SHOWN;
  const heads = [t("areas.name"), t("areas.n"), t(compared ? "areas.change" : "areas.per_1000")];
  const head = h("tr", {}, heads.map((text, i) => h(i ? "th.num" : "th", { scope: "col" }, text)));
  return h(
    "div",
    {},
    block(
      t("areas.table"),
      h("div", {}, h("p.note", {}, saying(app, found)), shared(found), h("div.scroll", {}, h("table", {}, h("thead", {}, head), body), more)),
      `n = ${format.number(found.n)}`,
    ),
    without.length
      ? h(
          "details.block",
          {},
          h("summary.button.link", {}, t("areas.without", { n: format.number(without.length) })),
          h("p", {}, without.map((one) => one.name || one.code).join("、")),
        )
      : null,
  );
}

/** Areas of a net may overlap, and need not reach everywhere. @param {any} found */
function shared(found) {
  if (!found.net) return null;
  const values = { shared: format.number(found.shared), outside: format.number(found.left_out) };
  return h("p.note", {}, t("areas.net_note", values));
}

/** What changed comes first. @param {any} one */
function rank(one) {
  return one.verdict === "up" ? 2 : one.verdict === "down" ? 1 : 0;
}

/**
 * How many changed beyond normal variation, or why nothing is compared.
 * @param {any} app
 * @param {any} found
 */
function saying(app, found) {
  const day = (/** @type {string} */ at, back = 0) =>
    format.day(new Date(Date.parse(at) - back).toISOString(), app.city.tz);
  if (!found.before) {
    const { from, to } = app.store.get();
    return t(from && to ? "areas.no_history" : "areas.no_window");
  }
  const count = (/** @type {string} */ verdict) =>
    found.items.filter((/** @type {any} */ one) => one.verdict === verdict).length;
  return t("areas.changed", {
    from: day(found.before[0]),
    to: day(found.before[1], 1),
    up: format.number(count("up")),
    down: format.number(count("down")),
    same: format.number(count("same")),
    few: format.number(count("few")),
    share: format.percent(found.false_share),
  });
}

/**
 * @param {any} app
 * @param {any} found
 */
function areaRow(app, found) {
  const compared = Boolean(found.before);
  return (/** @type {any} */ one) => {
    const go = () => {
      app.goTo(one);
      app.select(areaSelection(found, one));
    };
    const onKey = (/** @type {KeyboardEvent} */ event) => event.key === "Enter" && go();
    return h(
      "tr",
      { tabindex: 0, on: { click: go, keydown: onKey } },
      h(
        "td",
        {},
        h("span", {}, one.name || one.code),
        one.inside || one.partial
          ? h("span.note", { style: { display: "block" } }, one.partial ? t("areas.partial") : one.inside)
          : null,
      ),
      h("td.num", {}, format.number(one.n)),
      h("td.num", {}, compared ? changeCell(one) : one.per_1000 === null ? "–" : format.figure(one.per_1000)),
    );
  };
}

/**
 * My area beside another.
 * @param {any} app
 * @param {any} found
 */
function pair(app, found) {
  if (found.items.length < 2) return null;
  const { selection } = app.store.get();
  const start = found.items.findIndex((/** @type {any} */ one) => {
    const own = areaSelection(found, one);
    return own.kind === selection?.kind && own.id === selection.id;
  });
  const chosen = [Math.max(0, start), start === 1 ? 0 : 1];
  const options = found.items.map(
    (/** @type {any} */ one, /** @type {number} */ i) => /** @type {[number, string]} */ ([i, one.name || one.code]),
  );
  const figures = h("div");
  const draw = () => replace(figures, pairTable(app, chosen.map((i) => found.items[i])));
  const field = (/** @type {number} */ side, /** @type {string} */ text) =>
    labelled(
      text,
      select(options, chosen[side], (value) => {
        chosen[side] = Number(value);
        draw();
      }),
    );
  draw();
  return block(
    t("areas.pair"),
    h("div.form", {}, h("div.pair", {}, field(0, t("areas.mine")), field(1, t("areas.other"))), figures),
  );
}

/**
 * @param {any} app
 * @param {any[]} two
 */
function pairTable(app, two) {
  const line = (/** @type {string} */ name, /** @type {(one: any) => any} */ of) =>
    h("tr", {}, h("th", { scope: "row" }, name), two.map((one) => h("td.num", {}, of(one))));
  const figure = (/** @type {string} */ name) => (/** @type {any} */ one) =>
    one[name] === null ? "–" : format.figure(one[name]);
  return h(
    "table",
    {},
    h(
      "tbody",
      {},
      line(t("areas.n"), (one) => format.number(one.n)),
      line(t("areas.per_km2"), figure("per_km2")),
      line(t("areas.per_1000"), figure("per_1000")),
      line(t("areas.households"), (one) => (one.households === null ? "–" : format.number(one.households))),
      two[0].verdict ? line(t("areas.change"), changeCell) : null,
    ),
  );
}

/** @param {any} app */
async function borderList(app) {
  if (!app.store.get().hasPlan) return null;
  const { category } = app.store.get();
  const found = await app.read(withQuery(app.path("areas/borders"), { ...windowOf(app), category }));
  if (!found.items.length) return null;
  const side = (/** @type {any} */ one, /** @type {number} */ n) =>
    h("span", { style: { display: "block" } }, `${one.name || one.code} ${format.number(n)}`, h("span.note", {}, one.centre ?? ""));
  const row = (/** @type {any} */ one) =>
    h(
      "li",
      {},
      h(
        "button.item",
        { type: "button", on: { click: () => app.goTo(one) } },
        h("span.grow", {}, side(one.a, one.n_a), side(one.b, one.n_b)),
        h("span.tag", {}, format.number(one.n)),
        icon("target"),
      ),
    );
  return h(
    "details.block",
    {},
    h("summary.button.link", {}, t("areas.borders", { n: format.number(found.items.length) })),
    h("p.note", {}, t("areas.borders.why")),
    h("ul.items", {}, found.items.map(row)),
  );
}
