/** Redrawing by hand: the tools, what the last change did, the log, rebalancing here, and the way to approval. */

import { request, versioned } from "../api.mjs";
import { h, icon, replace } from "../dom.mjs";
import * as format from "../format.mjs";
import { t } from "../i18n.mjs";
import { ask, openDialog } from "../parts/dialogs.mjs";
import { block } from "../parts/figures.mjs";
import { addKey } from "../parts/keys.mjs";
import { empty } from "../parts/states.mjs";
import { failed } from "../parts/toasts.mjs";
import { consequences } from "../redraw/consequences.mjs";
import { createDesk } from "../redraw/desk.mjs";
import { createTools } from "../redraw/tools.mjs";

/** @type {[string, string][]} */
const TOOLS = [
  ["pick", "P"],
  ["brush", "B"],
  ["lasso", "L"],
  ["line", "X"],
  ["pan", "V"],
];
const SIZES = [1, 7, 19];

/**
 * @param {any} app
 * @param {HTMLElement} place
 * @returns {Promise<() => void>} what takes it away again
 */
export async function mountEditor(app, place) {
  const { body: plan } = await versioned(app.path(`plans/${encodeURIComponent(app.store.get().plan)}`));
  if (plan.status !== "draft") {
    replace(place, begin(app, plan));
    return () => undefined;
  }
  const list = await app.grids();
  const state = {
    target: /** @type {number | null} */ (null),
    result: /** @type {any} */ (null),
    history: await log(app, plan),
    grids: new Map(list.grids.map((/** @type {any} */ grid) => [grid.label, grid])),
  };
  /** @type {Map<string, number>} */
  const stroke = new Map();

  const changed = async (/** @type {any} */ result) => {
    state.result = result;
    for (const grid of result.after) state.grids.set(grid.label, { ...state.grids.get(grid.label), ...grid });
    for (const label of result.gone) state.grids.delete(label);
    if (state.target !== null && !state.grids.has(state.target)) state.target = null;
    state.history = await log(app, plan);
    draw();
  };
  const refused = (/** @type {any} */ failure) => {
    if (failure.code === "stale") conflict(app, failure);
    else failed(failure);
    draw();
  };
  const desk = createDesk(app, { plan, onChange: changed, onRefused: refused });

  const paintable = (/** @type {string} */ cell) => {
    const { layer } = app.layers.grids.hex;
    const [at] = layer.positions([cell]);
    if (at === undefined || state.target === null) return false;
    const label = layer.groupOf(at);
    const [mine, theirs] = [state.grids.get(state.target), state.grids.get(label)];
    return label !== state.target && !theirs?.locked && (!theirs || theirs.region?.id === mine?.region?.id);
  };
  const onCells = (/** @type {string[]} */ cells, /** @type {boolean} */ done) => {
    if (state.target === null) {
      if (done) app.toast(t("redraw.pick_first"));
      return;
    }
    const fresh = cells.filter((cell) => !stroke.has(cell) && paintable(cell));
    const labels = desk.labelsOf(fresh);
    fresh.forEach((cell, i) => stroke.set(cell, labels[i]));
    if (fresh.length) desk.preview(fresh, state.target);
    if (!done || !stroke.size) return;
    const before = { cells: [...stroke.keys()], labels: [...stroke.values()] };
    stroke.clear();
    desk.apply({ op: "assign", cells: before.cells, to: state.target }, before);
  };
  const onLine = (/** @type {[number, number][]} */ line) =>
    state.target !== null && desk.apply({ op: "split", to: state.target, line });
  const onPick = (/** @type {any} */ latlng) => {
    const found = app.layers.grids.hex.layer.cellAt(latlng);
    if (!found || found.group < 0) return;
    state.target = found.group;
    app.layers.grids.hex.layer.highlight({ groups: [found.group] });
    draw();
  };
  const tools = createTools(app, { onCells, onLine, onPick });
  const use = (/** @type {string} */ name) => {
    tools.use(name);
    draw();
  };
  const act = (/** @type {any} */ change) => desk.apply(change);
  const resize = (/** @type {number} */ step) => {
    tools.resize(tools.size + step);
    draw();
  };
  const locked = () =>
    state.target !== null &&
    act({ op: state.grids.get(state.target)?.locked ? "unlock" : "lock", grids: [state.target] });
  const keys = [
    ...TOOLS.map(([name, key]) =>
      addKey({ key: key.toLowerCase(), ctrl: false, shown: key, text: `redraw.tool.${name}`, run: () => use(name) }),
    ),
    addKey({ key: "[", text: "redraw.smaller", run: () => resize(-1) }),
    addKey({ key: "]", text: "redraw.larger", run: () => resize(1) }),
    addKey({ key: "k", shown: "K", text: "redraw.lock", run: () => void locked() }),
    addKey({
      key: "s",
      shown: "S",
      text: "redraw.split",
      run: () => state.target !== null && act({ op: "split", to: state.target, parts: 2 }),
    }),
    addKey({ key: "m", shown: "M", text: "redraw.merge", run: () => state.target !== null && merge(app, state, act) }),
    addKey({
      key: "z",
      ctrl: true,
      shift: false,
      shown: "Ctrl+Z",
      text: "redraw.undo",
      run: () => void act({ op: "undo" }),
    }),
    addKey({
      key: "z",
      ctrl: true,
      shift: true,
      shown: "Shift+Ctrl+Z",
      text: "redraw.redo",
      run: () => void act({ op: "redo" }),
    }),
  ];

  const draw = () => {
    const grid = state.target === null ? null : state.grids.get(state.target);
    const { can_undo: undo, can_redo: redo } = state.history;
    replace(
      place,
      h("p.note", {}, t("redraw.draft", { version: plan.version }), plan.name ? ` · ${plan.name}` : ""),
      h(
        "div.tool-row",
        { role: "toolbar", "aria-label": t("redraw.tools") },
        TOOLS.map(([name, key]) =>
          button(t(`redraw.tool.${name}`), () => use(name), {
            pressed: tools.tool === name,
            title: `${t(`redraw.tool.${name}`)} (${key})`,
          }),
        ),
      ),
      tools.tool === "brush"
        ? h(
            "div.tool-row",
            { role: "group", "aria-label": t("redraw.size") },
            SIZES.map((cells, rings) =>
              button(t("redraw.cells", { n: cells }), () => resize(rings - tools.size), {
                pressed: tools.size === rings,
              }),
            ),
          )
        : null,
      h(
        "div.tool-row",
        {},
        button(t("redraw.undo"), () => act({ op: "undo" }), { disabled: !undo, title: "Ctrl+Z" }),
        button(t("redraw.redo"), () => act({ op: "redo" }), { disabled: !redo, title: "Shift+Ctrl+Z" }),
        h(
          "span.note.grow",
          { role: "status" },
          state.history.items[0]
            ? t("redraw.saved", { time: format.moment(state.history.items[0].at, app.city.tz) })
            : "",
        ),
      ),
      grid ? block(t("redraw.target"), chosen(app, grid, state, act, locked)) : h("p.note", {}, t("redraw.pick_hint")),
      state.result ? block(t("redraw.consequences"), consequences(state.result, app.band(), app.goTo)) : null,
      state.result?.pieces?.length
        ? button(
            t("redraw.repair"),
            () => act({ op: "repair", grids: state.result.pieces.map((/** @type {any} */ one) => one.label) }),
            { primary: true },
          )
        : null,
      block(
        t("redraw.more"),
        h(
          "div.row.wrap",
          {},
          button(t("redraw.rebalance_all"), () => rebalance(app, plan, [], state)),
          button(t("redraw.compare"), () => compare(app, plan)),
          button(t("redraw.review"), () => review(app, plan)),
        ),
      ),
      block(t("redraw.log"), logList(state.history)),
    );
  };
  app.store.set({ editing: true, selection: null });
  use("pick");
  return () => {
    app.store.set({ editing: false });
    tools.stop();
    keys.forEach((stop) => stop());
    app.layers.grids.hex.layer.highlight({});
    app.refresh();
  };
}

/**
 * @param {string} text
 * @param {() => any} run
 * @param {{pressed?: boolean, disabled?: boolean, title?: string, primary?: boolean}} [how]
 */
function button(text, run, { pressed, disabled, title, primary } = {}) {
  return h(
    `button.button${primary ? ".primary" : ""}`,
    {
      type: "button",
      disabled: disabled ?? false,
      title: title ?? null,
      "aria-pressed": pressed === undefined ? null : String(pressed),
      on: { click: run },
    },
    text,
  );
}

/** @param {any} app @param {any} plan */
function begin(app, plan) {
  const run = async () => {
    try {
      const made = await request(app.planPath("branch", plan.id), { method: "POST", json: {} });
      await app.refresh();
      app.showPlan(made.id);
    } catch (failure) {
      failed(failure);
    }
  };
  return empty(
    t("redraw.begin_hint", { version: plan.version }),
    h("button.button.primary", { type: "button", on: { click: run } }, t("redraw.begin")),
  );
}

/** @param {any} app @param {any} plan */
const log = (app, plan) => request(app.planPath("history", plan.id));

/**
 * The chosen grid and what can be done with it.
 * @param {any} app
 * @param {any} grid
 * @param {any} state
 * @param {(change: any) => void} act
 * @param {() => any} lock
 */
function chosen(app, grid, state, act, lock) {
  const name = h("input.field", {
    type: "text",
    value: grid.name,
    maxlength: 80,
    "aria-label": t("redraw.name"),
    on: { change: (/** @type {any} */ event) => act({ op: "rename", to: grid.label, name: event.target.value }) },
  });
  const kinds = ["basic", "dedicated", "professional"].map((kind) =>
    h("option", { value: kind, selected: kind === grid.kind }, t(`grid.kind.${kind}`)),
  );
  const parts = h("input.field.short", { type: "number", value: 2, min: 2, max: 50, "aria-label": t("redraw.parts") });
  return h(
    "div.stack",
    {},
    h(
      "div.row",
      {},
      name,
      h(
        "select.field",
        {
          "aria-label": t("redraw.kind"),
          on: { change: (/** @type {any} */ event) => act({ op: "kind", to: grid.label, kind: event.target.value }) },
        },
        kinds,
      ),
    ),
    h("p.note", {}, `${grid.code} · ${grid.region?.name ?? ""}`),
    h(
      "div.row.wrap",
      {},
      button(t(grid.locked ? "redraw.unlock" : "redraw.lock"), lock, { pressed: Boolean(grid.locked), title: "K" }),
      h(
        "span.row",
        {},
        button(t("redraw.split"), () => act({ op: "split", to: grid.label, parts: Number(parts.value) }), {
          title: "S",
        }),
        parts,
      ),
      button(t("redraw.merge"), () => merge(app, state, act), { title: "M" }),
      button(t("redraw.rebalance_here"), () =>
        rebalance(app, { id: app.store.get().plan }, community(state, grid), state),
      ),
    ),
  );
}

/** Labels of the grids of the same community. @param {any} state @param {any} grid */
function community(state, grid) {
  return [...state.grids.values()].filter((one) => one.region?.id === grid.region?.id).map((one) => one.label);
}

/**
 * Choose a touching grid of the same community to merge with.
 * @param {any} app
 * @param {any} state
 * @param {(change: any) => void} act
 */
function merge(app, state, act) {
  const mine = state.grids.get(state.target);
  const near = app.layers.grids.hex.layer
    .neighbourGroups(state.target)
    .map((/** @type {number} */ label) => state.grids.get(label))
    .filter((/** @type {any} */ one) => one && one.region?.id === mine.region?.id);
  const dialog = openDialog(
    t("redraw.merge_with", { name: mine.name }),
    near.length
      ? h(
          "ul.items",
          {},
          near.map((/** @type {any} */ one) =>
            h(
              "li",
              {},
              h(
                "button.item",
                {
                  type: "button",
                  on: {
                    click: () => {
                      dialog.close();
                      act({ op: "merge", grids: [state.target, one.label] });
                    },
                  },
                },
                h("span.grow", {}, one.name, h("span.note", {}, one.code)),
                format.number(Math.round(one.households)),
              ),
            ),
          ),
        )
      : h("p", {}, t("redraw.no_neighbour")),
  );
}

/**
 * @param {any} app
 * @param {any} plan
 * @param {number[]} only
 * @param {any} state
 */
async function rebalance(app, plan, only, state) {
  const locked = [...state.grids.values()].filter((grid) => grid.locked).map((grid) => grid.label);
  try {
    app.tasks.follow(
      await request(app.planPath("rebalance", plan.id), { method: "POST", json: { only, locked, seconds: 30 } }),
      "tasks.rebalance",
    );
  } catch (failure) {
    failed(failure);
  }
}

/** @param {any} app @param {any} failure */
async function conflict(app, failure) {
  const what = failure.detail.filter((/** @type {any} */ one) => one?.op).map((/** @type {any} */ one) =>
    h("li", {}, `${one.by} · ${t(`redraw.op.${one.op}`)} · ${one.grids.slice(0, 4).join(", ")}`),
  );
  if (
    await ask({
      title: t("redraw.conflict"),
      text: h("div.stack", {}, h("p", {}, t("redraw.conflict_text")), h("ul", {}, what)),
      yes: t("redraw.reload"),
    })
  )
    await app.refresh();
}

/** @param {any} history */
function logList(history) {
  if (!history.items.length) return h("p.note", {}, t("redraw.no_log"));
  return h(
    "ol.items",
    {},
    history.items
      .slice(0, 12)
      .map((/** @type {any} */ one) =>
        h(
          "li.item",
          {},
          h(
            `span.grow${one.undone ? ".undone" : ""}`,
            {},
            t(`redraw.op.${one.op}`),
            h(
              "span.note",
              {},
              [one.by, one.grids.slice(0, 3).join(", "), one.n ? t("redraw.cells", { n: one.n }) : ""]
                .filter(Boolean)
                .join(" · "),
            ),
          ),
          h("span.note", {}, one.undone ? t("redraw.undone") : icon("tick")),
        ),
      ),
  );
}

/** @param {any} app @param {any} plan */
async function compare(app, plan) {
  try {
    const found = await request(
      `${app.planPath("compare", plan.id)}?other=${encodeURIComponent(plan.parent ?? "current")}`,
    );
    const row = (/** @type {string} */ name, /** @type {(value: any) => string} */ show) =>
      h(
        "tr",
        {},
        h("th", { scope: "row" }, t(`compare.${name}`)),
        found.measures[name].map((/** @type {any} */ _, /** @type {number} */ i, /** @type {any[]} */ all) =>
          h("td.number", {}, show(all[1 - i])),
        ),
      );
    openDialog(
      t("redraw.compare_title", { a: found.b.version, b: found.a.version }),
      h(
        "div.stack",
        {},
        h(
          "p",
          {},
          t("compare.moved", {
            households: format.number(Math.round(found.moved_households)),
            cells: format.number(found.moved_cells),
            share: format.percent(found.share),
          }),
        ),
        h(
          "table.table",
          {},
          h(
            "thead",
            {},
            h(
              "tr",
              {},
              h("th", {}),
              h("th.number", {}, `v${found.b.version}`),
              h("th.number", {}, `v${found.a.version}`),
            ),
          ),
          h(
            "tbody",
            {},
            row("grids", (n) => format.number(n)),
            row("in_band", (n) => format.percent(n)),
            row("whole", (n) => format.percent(n)),
            row("worst_deviation", (n) => format.percent(n)),
            row("outside", (n) => format.number(Math.round(n))),
          ),
        ),
        h("h3", {}, t("compare.handover")),
        h(
          "table.table",
          {},
          h(
            "thead",
            {},
            h(
              "tr",
              {},
              h("th", {}, t("compare.from")),
              h("th", {}, t("compare.to")),
              h("th.number", {}, t("unit.households")),
            ),
          ),
          h(
            "tbody",
            {},
            found.moves
              .slice(0, 30)
              .map((/** @type {any} */ move) =>
                h(
                  "tr",
                  {},
                  h("td", {}, move.to ?? "—"),
                  h("td", {}, move.from ?? "—"),
                  h("td.number", {}, format.number(Math.round(move.households))),
                ),
              ),
          ),
        ),
      ),
    );
  } catch (failure) {
    failed(failure);
  }
}

/** @param {any} app @param {any} plan */
async function review(app, plan) {
  const post = h("input.field", { type: "text", maxlength: 200 });
  const document_ = h("input.field", { type: "text", maxlength: 200 });
  const opinion = h("textarea.field", { rows: 2, maxlength: 2000 });
  const send = async (/** @type {string} */ path, /** @type {any} */ json) => {
    try {
      await request(app.planPath(path, plan.id), { method: "POST", json });
      dialog.close();
      app.toast(t("review.done"));
    } catch (failure) {
      failed(failure);
    }
  };
  const now = await request(app.planPath("review", plan.id));
  const decide = (/** @type {string} */ decision) =>
    send("decide", { decision, post: post.value || "—", document: document_.value, opinion: opinion.value });
  const language_ = document.documentElement.lang.startsWith("en") ? "en" : "zh";
  const dialog = openDialog(
    t("redraw.review"),
    h(
      "div.stack",
      {},
      h(
        "ol",
        {},
        now.steps.map((/** @type {any} */ step) =>
          h(
            "li",
            {},
            step[language_],
            step.decision
              ? h("span.note", {}, ` ${t(`review.${step.decision}`)} · ${step.post} ${step.document} ${step.opinion}`)
              : null,
          ),
        ),
      ),
      now.faults ? h("p.fault-line", {}, icon("warning"), h("span", {}, t("review.faults", { n: now.faults }))) : null,
      h("label.over", {}, t("review.post"), post),
      h("label.over", {}, t("review.document"), document_),
      h("label.over", {}, t("review.opinion"), opinion),
    ),
    now.under_review
      ? [
          button(t("review.return"), () => decide("returned")),
          now.next !== null ? button(t("review.approve"), () => decide("approved"), { primary: true }) : null,
        ]
      : [
          button(t("review.submit"), () => send("submit", { post: post.value, opinion: opinion.value }), {
            primary: true,
            disabled: now.faults > 0,
          }),
        ],
  );
}
