/** 多网合一: a department's grids held against the basic ones: overlaps, gaps, what it cuts, and what would mend it. */

import { request, withQuery } from "../api.mjs";
import { departmentName } from "../departments.mjs";
import { h, icon } from "../dom.mjs";
import * as format from "../format.mjs";
import { language, t } from "../i18n.mjs";
import { ask } from "../parts/dialogs.mjs";
import { block, figures } from "../parts/figures.mjs";
import { loadInto } from "../parts/states.mjs";
import { failed } from "../parts/toasts.mjs";
import { crumbs } from "./common.mjs";

const root = /** @type {any} */ (globalThis);
const LINE = { pane: "marks", interactive: false, color: "#7a1fa2", weight: 2.5, dashArray: "7 4", fillOpacity: 0.06 };
const MOST = 40;

/**
 * The departments that have a net, and what all of them make of the basic grids; a part of the city's panel.
 * @param {any} app
 */
export function netsBlock(app) {
  if (!app.can("plan.draw")) return null;
  const place = h("div");
  loadInto(place, async () => {
    const { items } = await request(app.path("nets"));
    if (!items.length) return h("p.note", {}, t("net.none"));
    return [
      h(
        "ul.items",
        {},
        items.map((/** @type {any} */ one) =>
          h(
            "li",
            {},
            h(
              "button.item",
              { type: "button", on: { click: () => app.select({ kind: "net", id: one.id }) } },
              h("span.grow", {}, departmentName(one.department)),
              h("span.num", {}, t("net.grids", { n: format.number(one.grids) })),
              icon("chevron"),
            ),
          ),
        ),
      ),
      refinement(app),
    ];
  });
  return block(t("net.title"), place);
}

/** @param {any} app */
function refinement(app) {
  const answer = h("div");
  const show = () =>
    loadInto(answer, async () => {
      const found = await request(withQuery(app.path("refinement"), { plan: app.store.get().plan }));
      return [
        h(
          "p",
          {},
          t("net.refined", {
            parts: format.number(found.parts),
            whole: format.number(found.whole),
            split: format.number(found.n_split),
          }),
        ),
        h(
          "ul.items",
          {},
          found.split.slice(0, MOST).map((/** @type {any} */ one) =>
            gridItem(app, one, t("net.parts", { n: format.number(one.parts.length) })),
          ),
        ),
        found.n_split > MOST ? h("p.note", {}, t("table.rest", { n: format.number(found.n_split - MOST) })) : null,
        found.n_split ? adopter(app, found) : null,
      ];
    });
  return h(
    "div.stack",
    {},
    h("button.button", { type: "button", on: { click: show } }, t("net.refine")),
    answer,
  );
}

/**
 * Take the refinement over as a draft and open it in the workbench.
 * @param {any} app
 * @param {any} found the refinement
 */
function adopter(app, found) {
  const run = async () => {
    press.disabled = true;
    try {
      const made = await request(app.path("refinement"), {
        method: "POST",
        json: { plan: found.plan.id, name: t("net.adopted_name") },
      });
      await app.refresh();
      app.store.set({ tab: "edit", plan: made.id, selection: null });
      if (app.store.get().job !== "redraw") app.openJob("redraw");
      app.toast(t("net.adopted", { version: made.version, n: format.number(made.grids) }));
    } catch (failure) {
      failed(failure);
    } finally {
      press.disabled = false;
    }
  };
  const press = h("button.button.primary", { type: "button", on: { click: run } }, t("net.adopt"));
  return h("div.stack", {}, h("p.note", {}, t("net.adopt_hint")), h("p.row", {}, press));
}

/**
 * @param {any} app
 * @param {string} id
 * @returns {Promise<import("./index.mjs").Content>}
 */
export async function netPanel(app, id) {
  const { plan } = app.store.get();
  const [told, shapes] = await Promise.all([
    request(withQuery(app.path(`nets/${encodeURIComponent(id)}`), { plan })),
    request(app.path(`nets/${encodeURIComponent(id)}/outlines`)),
  ]);
  outline(app, id, shapes);
  const tongue = language();
  return {
    title: departmentName(told.net.department),
    above: crumbs(app, []),
    body: h(
      "div",
      {},
      h(
        "p.row.wrap",
        {},
        h("span", { class: `tag ${told.rests ? "good" : "warn"}` }, t(told.rests ? "net.rests" : "net.rests_not")),
        h("span.note", {}, t("plan.version", { version: told.plan.version })),
      ),
      block(
        t("panel.figures"),
        figures([
          { label: t("net.own"), value: format.number(told.grids.length) },
          { label: t("net.overlap"), value: format.number(told.overlap_cells), beside: t("net.cells") },
          {
            label: t("net.gap"),
            value: format.households(told.gap.households, tongue),
            beside: t("grid.cells", { n: format.number(told.gap.cells) }),
          },
          { label: t("net.cut"), value: format.number(told.n_cuts), beside: t("net.cut_beside") },
        ]),
      ),
      told.overlaps.length
        ? block(
            t("net.overlaps"),
            told.overlaps.map((/** @type {any} */ one) =>
              h("p.note", {}, t("net.overlap_line", { a: one.a.name, b: one.b.name, n: format.number(one.cells) })),
            ),
          )
        : null,
      told.cuts.length ? block(t("net.cuts"), cuts(app, told), t("net.moved", { n: format.households(told.moved_households, tongue) })) : null,
      block(
        t("net.grids_title"),
        h(
          app.can("exact.read") ? "ul.items" : "ul",
          {},
          told.grids.map((/** @type {any} */ one) =>
            gridLine(app, told.net, one),
          ),
        ),
      ),
      app.can("import.run")
        ? block(
            t("panel.can_do"),
            h("button.button", { type: "button", on: { click: () => remove(app, told.net) } }, t("net.remove")),
          )
        : null,
    ),
  };
}

/**
 * One of the net's own areas; who sees exact figures can open it.
 * @param {any} app
 * @param {any} net
 * @param {any} one
 */
function gridLine(app, net, one) {
  const name = h("span.grow", {}, one.name, h("span.note", {}, ` ${one.code}`));
  const homes = h("span.num", {}, format.households(one.households, language()));
  if (!app.can("exact.read")) return h("li.row", {}, name, homes);
  const go = () => app.show({ kind: "area", id: `${net.id}.${one.code}` });
  return h("li", {}, h("button.item", { type: "button", on: { click: go } }, name, homes, icon("chevron")));
}

/**
 * Basic grids that are cut, with what the net had better do.
 * @param {any} app
 * @param {any} told
 */
function cuts(app, told) {
  return [
    h(
      "ul.items",
      {},
      told.cuts.slice(0, MOST).map((/** @type {any} */ cut) =>
        gridItem(
          app,
          { ...cut.basic, label: cut.label },
          t(cut.take ? "net.take" : "net.leave", {
            grid: cut.grid.name,
            n: format.number(cut.households),
            of: format.number(cut.whole),
          }),
        ),
      ),
    ),
    told.n_cuts > MOST ? h("p.note", {}, t("table.rest", { n: format.number(told.n_cuts - MOST) })) : null,
  ];
}

/**
 * @param {any} app
 * @param {any} grid
 * @param {string} note
 */
function gridItem(app, grid, note) {
  return h(
    "li",
    {},
    h(
      "button.item",
      { type: "button", on: { click: () => app.select({ kind: "grid", id: String(grid.label) }) } },
      h("span.grow", {}, grid.name || grid.code, h("span.note", {}, ` ${note}`)),
      icon("chevron"),
    ),
  );
}

/**
 * Draw the net over the map as long as it is selected.
 * @param {any} app
 * @param {string} id
 * @param {any} shapes
 */
function outline(app, id, shapes) {
  const selected = () => {
    const { selection } = app.store.get();
    return selection?.kind === "net" && selection.id === id;
  };
  if (!selected()) return;
  const group = root.L.geoJSON(shapes, { style: LINE, pane: "marks" }).addTo(app.map);
  const stop = app.store.on(["selection", "plan", "dataVersion"], () => {
    group.remove();
    stop();
  });
}

/**
 * @param {any} app
 * @param {any} net
 */
async function remove(app, net) {
  const text = t("net.remove_what", { name: departmentName(net.department) });
  if (!(await ask({ title: t("net.remove"), text, yes: t("net.remove") }))) return;
  try {
    await request(app.path(`nets/${encodeURIComponent(net.id)}`), { method: "DELETE" });
    app.select({ kind: "city", id: app.city.code });
    await app.refresh();
  } catch (failure) {
    failed(failure);
  }
}
