/** Proposed cameras: before and after them, approving with a purpose and a legal basis, withdrawing; the map shows both. */

import { request } from "../api.mjs";
import { h, icon, replace } from "../dom.mjs";
import * as format from "../format.mjs";
import { t } from "../i18n.mjs";
import { block, figures } from "../parts/figures.mjs";
import { empty } from "../parts/states.mjs";
import { failed } from "../parts/toasts.mjs";
import { choice, labelled } from "./common.mjs";
import { line, whereabouts } from "./coveragelists.mjs";

/** A share to a hundredth of a per cent. @param {number | null} share */
const fine = (share) => (share === null ? "–" : `${format.number(share * 100, 2)}%`);

/**
 * @param {any} app
 * @param {(shapes: any[]) => void} mark draws on the map
 * @param {() => void} again asks for everything anew
 */
export async function proposalList(app, mark, again) {
  const [found, effect] = await Promise.all([request(app.path("coverage/proposals")), request(app.path("coverage/effect?limit=40"))]);
  if (!found.items.length) return empty(t("coverage.no_proposals"));
  const views = new Map(effect.views.map((/** @type {any} */ one) => [one.id, one.view]));
  const after = found.items.map((/** @type {any} */ one) => ({ geometry: views.get(one.id), lat: one.lat, lng: one.lng, label: one.name || one.id }));
  const cells = effect.cells.map((/** @type {any} */ one) => ({ cell: one.cell, share: one.after - one.before }));
  const show = (/** @type {string} */ when) => mark(when === "after" ? [...cells, ...after] : []);
  show("after");
  return h("div", {},
    choice({ name: "when", legend: t("coverage.effect.show"), options: [["before", t("coverage.effect.before")], ["after", t("coverage.effect.after")]], value: "after", onChange: show }),
    beforeAfter(effect),
    block(t("coverage.proposals"), h("ul.items", {}, found.items.map((/** @type {any} */ one) => proposal(app, one, again))), format.number(found.items.length)),
    effect.cells.length ? block(t("coverage.effect.cells"), h("ol.items", {}, effect.cells.map((/** @type {any} */ one) => line(app, one, { kind: "cell", id: one.cell }, { text: `${format.percent(one.before)} → ${format.percent(one.after)}`, note: one.cell })))) : null);
}

/** @param {any} effect */
function beforeAfter({ before, after, places, gained_m2: gained }) {
  const row = (/** @type {string} */ name, /** @type {string} */ was, /** @type {string} */ is) => h("tr", {}, h("th", { scope: "row" }, name), h("td.num", {}, was), h("td.num", {}, is));
  const of = (/** @type {number} */ n) => `${format.number(n)} / ${format.number(places)}`;
  return block(t("coverage.effect"), h("div.table-wrap", { tabindex: 0, role: "region", "aria-label": t("coverage.effect") }, h("table.table", {},
    h("thead", {}, h("tr", {}, h("td", {}), ["before", "after"].map((when) => h("th.num", { scope: "col" }, t(`coverage.effect.${when}`))))),
    h("tbody", {},
      row(t("coverage.figure.seen1"), fine(before.seen), fine(after.seen)),
      row(t("coverage.effect.need"), fine(before.need), fine(after.need)),
      row(t("coverage.figure.places1"), of(before.places), of(after.places))))),
    t("coverage.effect.gained", { area: format.number(gained) }));
}

/**
 * @param {any} app
 * @param {any} one
 * @param {() => void} again
 */
function proposal(app, one, again) {
  const aim = one.heading_deg === null ? "" : `${format.number(one.heading_deg)}°`;
  const { by, within } = whereabouts(one.at);
  const row = line(app, one, null, {
    tag: t(`coverage.state.${one.state}`),
    text: one.name || `${t(`camera.kind.${one.kind}`)} ${aim}`,
    note: [by, within, ...(one.name ? [t(`camera.kind.${one.kind}`), aim] : []), t("coverage.effect.gained", { area: format.number(one.gain.gained_m2) })].filter(Boolean).join(" · "),
  });
  if (!app.can("camera.propose")) return row;
  const decide = async (/** @type {any} */ json) => {
    try {
      await request(app.path(`coverage/proposals/${one.id}`), { method: "POST", json });
      again();
    } catch (failure) {
      failed(failure);
    }
  };
  const withdraw = h("button.button.quiet", { type: "button", on: { click: () => decide({ state: "withdrawn" }) } }, t("coverage.withdraw"));
  if (one.state !== "proposed") {
    row.append(h("div.row.wrap", {}, withdraw));
    return row;
  }
  const purpose = h("input.field", { value: one.purpose, maxlength: 500, required: true });
  const basis = h("input.field", { value: one.legal_basis, maxlength: 500, required: true });
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    decide({ state: "approved", purpose: purpose.value, legal_basis: basis.value });
  };
  row.append(h("details", {}, h("summary.button.link", {}, icon("chevron"), t("coverage.decide")),
    h("form.form", { on: { submit } }, labelled(t("camera.purpose"), purpose), labelled(t("camera.legal_basis"), basis),
      h("div.row.wrap", {}, h("button.button.primary", { type: "submit" }, t("coverage.approve")), withdraw))));
  return row;
}

/**
 * Figures as they were kept, beside today's; keeping today's.
 * @param {any} app
 * @param {any} city today's figures
 */
export function historyBlock(app, city) {
  const place = h("div");
  const names = ["cameras", "seen1", "clear", "places1", "working"];
  const shown = (/** @type {any} */ one, /** @type {string} */ name) => (name === "cameras" ? format.number(one[name]) : one[name] === undefined ? "–" : format.percent(one[name]));
  const draw = (/** @type {any[]} */ items) => replace(place, items.length
    ? h("div.table-wrap", { tabindex: 0, role: "region", "aria-label": t("coverage.history") }, h("table.table", {},
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("coverage.history.at")), names.map((name) => h("th.num", { scope: "col" }, t(`coverage.head.${name}`))))),
      h("tbody", {}, [...items.slice(-12).map((one) => ({ at: format.day(one.at, app.city.tz), figures: one.city })), { at: t("coverage.history.now"), figures: city }].map((one) =>
        h("tr", {}, h("th", { scope: "row" }, one.at), names.map((name) => h("td.num", {}, shown(one.figures, name))))))))
    : h("p.note", {}, t("coverage.history.none")));
  const keep = async () => {
    try {
      draw((await request(app.path("coverage/history"), { method: "POST", json: {} })).items);
    } catch (failure) {
      failed(failure);
    }
  };
  request(app.path("coverage/history")).then((/** @type {any} */ found) => draw(found.items), failed);
  return block(t("coverage.history"), h("div.stack", {}, place, app.can("camera.propose") ? h("button.button", { type: "button", on: { click: keep } }, t("coverage.history.keep")) : null));
}
