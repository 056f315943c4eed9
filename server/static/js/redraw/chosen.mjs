/** The chosen grid: its name, its kind, and what can be done with it. */

import { request, withQuery } from "../api.mjs";
import { h, icon, replace } from "../dom.mjs";
import * as format from "../format.mjs";
import { language, t } from "../i18n.mjs";
import { openDialog } from "../parts/dialogs.mjs";
import { failed } from "../parts/toasts.mjs";
import { button } from "./parts.mjs";
import { isBorders, told } from "./words.mjs";

/**
 * @typedef {object} Doings
 * @property {(change: any) => any} act
 * @property {() => any} lock
 * @property {() => any} merge
 * @property {(labels: number[]) => any} rebalance
 * @property {() => any} release forget the grid that cells are taken from
 */

/**
 * @param {any} app
 * @param {any} state
 * @param {Doings} doings
 */
export function chosen(app, state, { act, lock, merge, rebalance, release }) {
  const grid = state.grids.get(state.target);
  const source = state.source === null ? null : state.grids.get(state.source);
  const parts = h("input.field.short", { type: "number", value: 2, min: 2, max: 50, "aria-label": t("redraw.parts") });
  return h(
    "div.stack",
    {},
    nameAndKind(app, grid, act),
    h(
      "p.note",
      {},
      [grid.code, grid.region?.name, format.households(grid.households, language()), workload(grid)]
        .filter(Boolean)
        .join(" · "),
    ),
    source
      ? h(
          "p.row",
          {},
          h("span.tag.grow", {}, t("redraw.from", { name: source.name })),
          h(
            "button.button.quiet.square",
            { type: "button", "aria-label": told(app, "redraw.from_any"), title: told(app, "redraw.from_any"), on: { click: release } },
            icon("close"),
          ),
        )
      : null,
    h(
      "div.row.wrap",
      {},
      button(t(grid.locked ? "redraw.unlock" : "redraw.lock"), lock, { pressed: Boolean(grid.locked), title: "K" }),
      h(
        "span.row",
        {},
        button(told(app, "redraw.split"), () => act({ op: "split", to: grid.label, parts: Number(parts.value) }), {
          title: "S",
        }),
        parts,
      ),
      button(told(app, "redraw.merge"), merge, { title: "M" }),
      isBorders(app)
        ? null
        : [
            button(t("redraw.rebalance_here"), () => rebalance(community(state, grid)), { title: "R" }),
            button(t("redraw.suggest"), () => suggest(app, grid.label, act)),
          ],
      button(t("redraw.note"), () => noteOn(app, grid)),
    ),
  );
}

/** @param {any} grid */
function workload(grid) {
  return grid.workload === undefined ? "" : t("redraw.workload_of", { n: format.number(grid.workload, 2) });
}

/** @param {any} app @param {any} grid @param {(change: any) => any} act */
function nameAndKind(app, grid, act) {
  const kinds = ["basic", "dedicated", "professional"].map((kind) =>
    h("option", { value: kind, selected: kind === grid.kind }, t(`grid.kind.${kind}`)),
  );
  return h(
    "div.row",
    {},
    h("input.field", {
      type: "text",
      value: grid.name,
      maxlength: 80,
      "aria-label": told(app, "redraw.name"),
      on: { change: (/** @type {any} */ event) => act({ op: "rename", to: grid.label, name: event.target.value }) },
    }),
    isBorders(app)
      ? null
      : h(
          "select.field",
          {
            "aria-label": t("redraw.kind"),
            on: { change: (/** @type {any} */ event) => act({ op: "kind", to: grid.label, kind: event.target.value }) },
          },
          kinds,
        ),
  );
}

/** Labels of the grids of the same community. @param {any} state @param {any} grid */
export function community(state, grid) {
  return [...state.grids.values()].filter((one) => one.region?.id === grid.region?.id).map((one) => one.label);
}

/**
 * Choose a touching grid of the same community to merge with.
 * @param {any} app
 * @param {any} state
 * @param {(change: any) => void} act
 */
export function chooseMerge(app, state, act) {
  const mine = state.grids.get(state.target);
  const around = app.layers.grids.hex.layer.neighbourGroups([state.target]).get(state.target);
  const near = [...around]
    .map((/** @type {number} */ label) => state.grids.get(label))
    .filter((/** @type {any} */ one) => one && one.region?.id === mine.region?.id);
  const dialog = openDialog(
    told(app, "redraw.merge_with", { name: mine.name }),
    near.length
      ? h(
          "ul.items",
          {},
          near.map((/** @type {any} */ one) => {
            const choose = () => {
              dialog.close();
              act({ op: "merge", grids: [state.target, one.label] });
            };
            return h(
              "li",
              {},
              h(
                "button.item",
                { type: "button", on: { click: choose } },
                h("span.grow", {}, one.name, h("span.note", {}, one.code)),
                format.number(Math.round(one.households)),
              ),
            );
          }),
        )
      : h("p", {}, told(app, "redraw.no_neighbour")),
  );
}

/**
 * What could be done about a grid, or about the worst ones; each can be made at once and undone.
 * @param {any} app
 * @param {number | null} label
 * @param {(change: any) => any} act
 */
export async function suggest(app, label, act) {
  try {
    const { items } = await request(withQuery(app.planPath("suggestions"), { label }));
    const some = items.filter((/** @type {any} */ grid) => grid.options.length || label !== null);
    const make = (/** @type {any} */ one) => {
      dialog.close();
      act({ op: one.op, to: one.to, grids: one.grids, parts: one.parts, cells: one.cells });
    };
    const dialog = openDialog(
      t("redraw.suggestions"),
      some.length
        ? some.map((/** @type {any} */ grid) => suggested(app, grid, make))
        : h("p", {}, t("redraw.nothing_to_suggest")),
    );
  } catch (failure) {
    failed(failure);
  }
}

/** @param {any} app @param {any} grid @param {(option: any) => void} make */
function suggested(app, grid, make) {
  const words = (/** @type {any} */ one) =>
    t(`redraw.suggest.${one.op}`, {
      parts: one.parts,
      cells: one.n,
      households: format.number(Math.round(one.households)),
    });
  return h(
    "section.block",
    {},
    h("h3", {}, grid.name, h("span.note", {}, format.households(grid.households, language()))),
    grid.options.length
      ? h(
          "ul.items",
          {},
          grid.options.map((/** @type {any} */ one) =>
            h(
              "li.item",
              {},
              h(
                "span.grow",
                {},
                words(one),
                one.op === "repair"
                  ? null
                  : h(
                      "span.note",
                      {},
                      t("redraw.suggest.outside", {
                        before: format.number(Math.round(one.outside[0])),
                        after: format.number(Math.round(one.outside[1])),
                      }),
                    ),
              ),
              button(t("redraw.make_it"), () => make(one)),
            ),
          ),
        )
      : h("p.note", {}, t("redraw.no_way")),
  );
}

/**
 * Notes of colleagues on a grid, and a field for one's own.
 * @param {any} app
 * @param {any} grid
 */
export async function noteOn(app, grid) {
  const path = app.planPath("notes");
  const list = h("ul.items");
  const text = h("textarea.field", { rows: 2, maxlength: 2000, "aria-label": t("redraw.note") });
  const show = (/** @type {any[]} */ items) =>
    replace(
      list,
      items
        .filter((one) => one.code === grid.code)
        .map((one) =>
          h(
            "li.item",
            {},
            h("span.grow", {}, one.text, h("span.note", {}, `${one.by} · ${format.moment(one.at, app.city.tz)}`)),
          ),
        ),
    );
  const send = async () => {
    if (!text.value.trim()) return text.focus();
    try {
      show((await request(path, { method: "POST", json: { text: text.value, code: grid.code } })).items);
      text.value = "";
    } catch (failure) {
      failed(failure);
    }
    return undefined;
  };
  try {
    show((await request(path)).items);
    openDialog(t("redraw.notes_on", { name: grid.name }), h("div.stack", {}, list, text), [
      button(t("redraw.note_send"), send, { primary: true }),
    ]);
  } catch (failure) {
    failed(failure);
  }
}
