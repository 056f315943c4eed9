/** Lists of the coverage job: gaps and corridors, outages, and more watching than is needed. Each line can be gone to. */

import { h, icon } from "../dom.mjs";
import * as format from "../format.mjs";
import { t, tOr } from "../i18n.mjs";
import { block, facts } from "../parts/figures.mjs";
import { empty, loadInto } from "../parts/states.mjs";

const SHOWN = 60;

/**
 * A line that goes to a place.
 * @param {any} app
 * @param {any} one with lat and lng
 * @param {{kind: string, id: string} | null} selection
 * @param {{tag?: import("../dom.mjs").Child, text: import("../dom.mjs").Child, note?: import("../dom.mjs").Child}} says
 */
export function line(app, one, selection, { tag, text, note }) {
  const go = () => {
    app.goTo(one);
    if (selection) app.select(selection);
  };
  return h("li", {},
    h("button.item", { type: "button", on: { click: go } },
      tag === undefined ? null : h("span.tag", {}, tag),
      h("span.grow", {}, text, note ? h("span.note", {}, note) : null),
      icon("target")));
}

/**
 * Where a site is, in words: the roads that meet there or a key place near by; community and grid for the note.
 * @param {any} at
 */
export function whereabouts(at) {
  const by = at.roads.join(" / ") || (at.near ? t("coverage.at.near", { name: at.near }) : "");
  const grid = at.grid ? at.grid.name || `${t("kind.grid")} ${at.grid.code}` : "";
  const region = at.region && !grid.startsWith(at.region.name) ? at.region.name : "";
  return { by, within: [region, grid].filter(Boolean).join(" · ") };
}

/** @param {any} app */
export async function gapList(app) {
  const [found, ways] = await Promise.all([app.read(app.path("coverage/gaps?limit=60")), app.read(app.path("coverage/corridors?limit=20"))]);
  if (!found.items.length) return empty(t("coverage.no_gaps"));
  const gap = (/** @type {any} */ one) => line(app, one, { kind: "cell", id: one.cell }, {
    tag: one.rank,
    text: t("coverage.gap_needs", { n: format.number(one.incidents), places: format.number(one.places), households: format.number(Math.round(one.households)), share: format.percent(one.seen) }),
    note: [one.region?.name, one.cell].filter(Boolean).join(" · "),
  });
  const way = (/** @type {any} */ one) => h("li", {}, h("span.item", {}, h("span.grow", {}, one.name || t("coverage.unnamed"), h("span.note", {}, tOr(`coverage.road.${one.class}`, one.class))), h("span.tag", {}, t("coverage.seen_of", { share: format.percent(one.seen), km: format.number(one.km, 1) }))));
  return h("div", {},
    h("p.note", {}, t("coverage.unseen", { share: format.percent(found.unseen) })),
    block(t("coverage.worst"), h("ol.items", {}, found.items.map(gap)), t("coverage.by_need")),
    ways.items.length ? block(t("coverage.corridors"), h("ul.items", {}, ways.items.map(way))) : null);
}

/**
 * What goes out of sight when a camera fails, on request.
 * @param {any} app
 * @param {any} one
 * @param {(shapes: any[]) => void} mark
 */
function lossOf(app, one, mark) {
  const place = h("div");
  const open = (/** @type {any} */ event) => {
    if (!event.target.open) return;
    loadInto(place, async () => {
      const found = await app.read(app.path(`coverage/cameras/${one.id}/loss`));
      const whole = Math.max(1, ...found.cells.map((/** @type {any} */ cell) => cell.m2));
      mark(found.cells.map((/** @type {any} */ cell) => ({ cell: cell.cell, share: (0.3 * cell.m2) / whole })));
      return facts([
        [t("coverage.loss.area"), t("coverage.m2", { n: format.number(found.area_m2) })],
        [t("coverage.loss.cells"), format.number(found.cells.length)],
        [t("coverage.loss.places"), found.places.length ? found.places.map((/** @type {any} */ at) => at.name || at.id).join("、") : t("coverage.nothing")],
        [t("coverage.loss.roads"), found.roads.length ? found.roads.slice(0, 5).map((/** @type {any} */ road) => `${road.name || tOr(`coverage.road.${road.class}`, road.class)} ${format.number(road.m)} m`).join("、") : t("coverage.nothing")],
        [t("coverage.loss.states"), found.states.map((/** @type {any} */ state) => `${t(`camera.status.${state.status}`)} ${state.since || format.day(state.at, app.city.tz)}`).join("、")],
      ]);
    });
  };
  return h("details", { on: { toggle: open } }, h("summary.button.link", {}, icon("chevron"), t("coverage.loss")), place);
}

/**
 * @param {any} app
 * @param {(shapes: any[]) => void} mark
 */
export async function outageList(app, mark) {
  const [found, ledger] = await Promise.all([app.read(app.path("coverage/outages?limit=40")), app.read(app.path("coverage/ledger?limit=1"))]);
  const camera = (/** @type {any} */ one) => ({ kind: "camera", id: one.id });
  const named = (/** @type {any} */ one) => one.name || one.code || one.id;
  const withLoss = (/** @type {any} */ one, /** @type {HTMLElement} */ row) => {
    row.append(lossOf(app, one, mark));
    return row;
  };
  const plain = (/** @type {any} */ one) => withLoss(one, line(app, one, camera(one), { text: named(one), note: [one.code, one.since ? t("coverage.since", { day: one.since }) : ""].filter(Boolean).join(" · ") }));
  const critical = (/** @type {any} */ one, /** @type {number} */ rank) => withLoss(one, line(app, one, camera(one), {
    tag: rank + 1,
    text: named(one),
    note: [t("coverage.alone", { area: format.number(one.alone_m2) }), one.places.length ? t("coverage.only_view", { places: one.places.join("、") }) : ""].filter(Boolean).join(" · "),
  }));
  const checks = ledger.checks.filter((/** @type {any} */ one) => one.n);
  return h("div", {},
    block(t("coverage.offline"), found.offline.length ? h("ul.items", {}, found.offline.slice(0, SHOWN).map(plain)) : h("p.note", {}, t("coverage.none_offline")), format.number(found.offline.length)),
    found.idle.length ? block(t("coverage.idle"), h("ul.items", {}, found.idle.slice(0, SHOWN).map(plain)), format.number(found.idle.length)) : null,
    block(t("coverage.critical"), h("ol.items", {}, found.critical.slice(0, SHOWN).map(critical)), t("coverage.if_fails")),
    ledger.datum ? h("p.fault", {}, t("coverage.datum", { datum: ledger.datum })) : null,
    checks.length ? block(t("coverage.ledger"), h("ul.items", {}, checks.map((/** @type {any} */ one) => h("li", {}, h("span.item", {}, h("span.grow", {}, t(`coverage.check.${one.code}`)), h("span.tag", {}, format.number(one.n))))))) : null);
}

/** @param {any} app */
export async function surplusList(app) {
  const found = await app.read(app.path("coverage/surplus?limit=40"));
  const camera = (/** @type {any} */ one) => ({ kind: "camera", id: one.id });
  const cell = (/** @type {any} */ one) => line(app, one, { kind: "cell", id: one.cell }, { text: t("coverage.many", { area: format.number(one.many_m2), n: found.many }), note: one.cell });
  const spare = (/** @type {any} */ one) => line(app, one, camera(one), { text: one.name || one.code || one.id, note: t("coverage.spare", { share: format.percent(one.alone) }) });
  const masked = (/** @type {any} */ one) => line(app, one, camera(one), {
    text: one.name || one.code || one.id,
    note: t("coverage.private_line", { area: format.number(one.private_m2), names: [...new Set(one.compounds)].join("、"), arcs: one.arcs.map((/** @type {number[]} */ arc) => `${arc[0]}°–${arc[1]}°`).join(", ") }),
  });
  const some = (/** @type {string} */ title, /** @type {any[]} */ items, /** @type {(one: any) => any} */ draw) => block(title, items.length ? h("ul.items", {}, items.map(draw)) : h("p.note", {}, t("coverage.nothing")), format.number(items.length));
  return h("div", {},
    some(t("coverage.private"), found.private, masked),
    some(t("coverage.redundant"), found.redundant, spare),
    some(t("coverage.watched"), found.cells, cell));
}

/** The city or one of its regions, by code. @param {any} app */
export function regionPicker(app) {
  const picker = h("select.field", {}, h("option", { value: "" }, t("coverage.whole")));
  app.regions().then((/** @type {any[]} */ regions) => {
    for (const level of app.city.levels.slice(0, 2)) {
      const some = regions.filter((one) => one.level === level);
      if (some.length && some.length <= 200) picker.append(h("optgroup", { label: t(`level.${level}`) }, some.map((one) => h("option", { value: one.code }, one.name || one.code))));
    }
  }, () => undefined);
  return picker;
}
