/** Redrawing by hand: the state of the workbench, its tools and keys, and the column that shows them. */

import { request, versioned, withQuery } from "../api.mjs";
import { h, replace } from "../dom.mjs";
import * as format from "../format.mjs";
import { t } from "../i18n.mjs";
import { block } from "../parts/figures.mjs";
import { addKey } from "../parts/keys.mjs";
import { empty } from "../parts/states.mjs";
import { failed } from "../parts/toasts.mjs";
import { chooseMerge, chosen, community, suggest } from "../redraw/chosen.mjs";
import { sameDraft } from "../redraw/conflicts.mjs";
import { consequences } from "../redraw/consequences.mjs";
import { createDesk } from "../redraw/desk.mjs";
import { button, logged, logList } from "../redraw/parts.mjs";
import { createProposals } from "../redraw/proposal.mjs";
import { review } from "../redraw/review.mjs";
import { createTools } from "../redraw/tools.mjs";
import { isBorders, told } from "../redraw/words.mjs";

/** @type {[string, string][]} */
const TOOLS = [
  ["pick", "P"],
  ["brush", "B"],
  ["lasso", "L"],
  ["flood", "F"],
  ["line", "X"],
  ["pan", "V"],
];
const SIZES = [1, 7, 19, 37];

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
  const [list, history] = await Promise.all([app.grids(), request(app.planPath("history", plan.id))]);
  const state = {
    target: /** @type {number | null} */ (null),
    source: /** @type {number | null} */ (null),
    of: "compound",
    across: Boolean(plan.across_towns),
    result: /** @type {any} */ (null),
    history,
    grids: new Map(list.grids.map((/** @type {any} */ grid) => [grid.label, grid])),
  };
  const desk = createDesk(app, {
    plan,
    seq: history.items[0]?.seq ?? 0,
    onChange: (result) => changed(app, state, result, draw),
    onRefused: (failure, again, seen) => {
      if (failure.code === "stale" || failure.code === "collision") sameDraft(app, failure, again, seen);
      else failed(failure);
      draw();
    },
  });
  const act = (/** @type {any} */ change) => desk.apply(change);
  const proposals = createProposals(app, { plan, desk, redraw: () => draw() });
  const tools = createTools(app, strokes(app, state, desk, () => draw()));
  const doings = {
    act,
    lock: () =>
      state.target !== null &&
      act({ op: state.grids.get(state.target)?.locked ? "unlock" : "lock", grids: [state.target] }),
    merge: () => state.target !== null && chooseMerge(app, state, act),
    rebalance: (/** @type {number[]} */ only) => proposals.ask(only),
    release: () => {
      state.source = null;
      draw();
    },
    use: (/** @type {string} */ name) => {
      tools.use(name);
      draw();
    },
    resize: (/** @type {number} */ rings) => {
      tools.resize(rings);
      draw();
    },
  };
  const draw = () => replace(place, ...column(app, plan, state, tools, proposals, doings));
  const keys = shortcuts(app, state, tools, doings);
  app.store.set({ editing: true, selection: null });
  doings.use("pick");
  return () => {
    app.store.set({ editing: false });
    proposals.stop();
    tools.stop();
    keys.forEach((stop) => stop());
    app.layers.grids.hex.layer.highlight({});
    if (state.result) app.refresh();
  };
}

/**
 * A change has been made: keep what it says, and show it.
 * @param {any} app
 * @param {any} state
 * @param {any} result
 * @param {() => void} draw
 */
function changed(app, state, result, draw) {
  const home = result.before[0] ? state.grids.get(result.before[0].label) : null;
  const known = result.after.map((/** @type {any} */ grid) => ({
    ...(state.grids.get(grid.label) ?? { region: home?.region, town: home?.town, worker: null, centre: null }),
    ...grid,
  }));
  for (const grid of known) state.grids.set(grid.label, grid);
  for (const label of result.gone) state.grids.delete(label);
  if (state.target !== null && !state.grids.has(state.target))
    state.target = result.op === "merge" ? (result.after[0]?.label ?? null) : null;
  if (state.source !== null && !state.grids.has(state.source)) state.source = null;
  app.layers.grids.learn(known, result.gone);
  ring(app, state);
  state.result = result;
  state.history = logged(state.history, result);
  draw();
}

/**
 * A strong line round the grid that cells are given to, and the one that they are taken from.
 * @param {any} app
 * @param {any} state
 */
function ring(app, state) {
  const groups = [state.target, state.source].filter((one) => one !== null);
  app.layers.grids.hex.layer.highlight({ groups });
}

/**
 * What the tools do with what the hand draws.
 * @param {any} app
 * @param {any} state
 * @param {any} desk
 * @param {() => void} draw
 */
function strokes(app, state, desk, draw) {
  const { layer } = app.layers.grids.hex;
  /** @type {Map<string, number>} */
  const stroke = new Map();
  /** @type {Set<string>} */
  const refused = new Set();
  const paintable = (/** @type {string} */ cell) => {
    const [at] = layer.positions([cell]);
    if (at === undefined) return false;
    const label = layer.groupOf(at);
    if (label === state.target || (state.source !== null && label !== state.source)) return false;
    const [mine, theirs] = [state.grids.get(state.target), state.grids.get(label)];
    const apart = !state.across && theirs && theirs.region?.id !== mine?.region?.id;
    const fault = theirs?.locked || mine?.locked ? "locked" : apart ? "border" : "";
    if (fault) refused.add(fault);
    return !fault;
  };
  /** Say why a whole stroke came to nothing. */
  const explain = () => {
    for (const fault of refused) app.toast(told(app, `redraw.refused.${fault}`), { bad: true });
    refused.clear();
  };
  const onCells = (/** @type {string[]} */ cells, /** @type {boolean} */ done) => {
    if (state.target === null) {
      if (done) app.toast(told(app, "redraw.pick_first"));
      return;
    }
    const fresh = cells.filter((cell) => !stroke.has(cell) && paintable(cell));
    const labels = desk.labelsOf(fresh);
    fresh.forEach((cell, i) => stroke.set(cell, labels[i]));
    if (fresh.length) desk.preview(fresh, state.target);
    if (done && !stroke.size) explain();
    if (!done || !stroke.size) return;
    refused.clear();
    const before = { cells: [...stroke.keys()], labels: [...stroke.values()] };
    stroke.clear();
    desk.apply({ op: "assign", cells: before.cells, to: state.target }, before);
  };
  return {
    onCells,
    onLine: (/** @type {[number, number][]} */ line) =>
      state.target !== null && desk.apply({ op: "split", to: state.target, line }),
    async onFlood(/** @type {any} */ { lat, lng }) {
      if (state.target === null) return app.toast(told(app, "redraw.pick_first"));
      try {
        const found = await request(withQuery(app.planPath("flood", desk.plan.id), { lat, lng, of: state.of }));
        if (!found.cells.length) return app.toast(t("redraw.no_building"));
        onCells(found.cells, true);
        app.toast(t("redraw.flooded", { name: found.name || t("redraw.one_building"), cells: found.cells.length }));
      } catch (failure) {
        failed(failure);
      }
      return undefined;
    },
    async onPick(/** @type {any} */ latlng, /** @type {boolean} */ source) {
      const found = layer.cellAt(latlng);
      if (!found || found.group < 0) return;
      if (source && found.group !== state.target) state.source = found.group;
      else if (!source) {
        state.target = found.group;
        state.source = null;
      }
      ring(app, state);
      draw();
      await weigh(app, state, desk.plan.id, found.group);
      draw();
    },
  };
}

/**
 * Ask for the figures of a grid that was picked.
 * @param {any} app
 * @param {any} state
 * @param {string} plan
 * @param {number} label
 */
async function weigh(app, state, plan, label) {
  try {
    const { items } = await request(withQuery(app.planPath("weighed", plan), { grid: String(label) }));
    if (items[0] && state.grids.has(label)) state.grids.set(label, { ...state.grids.get(label), ...items[0] });
  } catch (failure) {
    failed(failure);
  }
}

/**
 * The keys of the workbench.
 * @param {any} app
 * @param {any} state
 * @param {any} tools
 * @param {any} doings
 */
function shortcuts(app, state, tools, { act, lock, merge, rebalance, use, resize }) {
  const onTarget = (/** @type {(grid: any) => any} */ run) => () => {
    if (state.target !== null) run(state.grids.get(state.target));
  };
  return [
    ...TOOLS.map(([name, key]) =>
      addKey({ key: key.toLowerCase(), ctrl: false, shown: key, text: `redraw.tool.${name}`, run: () => use(name) }),
    ),
    addKey({ key: "[", text: "redraw.smaller", run: () => resize(tools.size - 1) }),
    addKey({ key: "]", text: "redraw.larger", run: () => resize(tools.size + 1) }),
    addKey({ key: "k", shown: "K", text: "redraw.lock", run: lock }),
    addKey({
      key: "s",
      shown: "S",
      text: "redraw.split",
      run: onTarget((grid) => act({ op: "split", to: grid.label, parts: 2 })),
    }),
    addKey({ key: "m", shown: "M", text: "redraw.merge", run: merge }),
    addKey({
      key: "r",
      ctrl: false,
      shown: "R",
      text: "redraw.rebalance_here",
      run: onTarget((grid) => isBorders(app) || rebalance(community(state, grid))),
    }),
    addKey({ key: "z", ctrl: true, shift: false, shown: "Ctrl+Z", text: "redraw.undo", run: () => act({ op: "undo" }) }),
    addKey({
      key: "z",
      ctrl: true,
      shift: true,
      shown: "Shift+Ctrl+Z",
      text: "redraw.redo",
      run: () => act({ op: "redo" }),
    }),
  ];
}

/**
 * The column: tools, the chosen grid, what the last change did, what is proposed, the draft, its log.
 * @param {any} app
 * @param {any} plan
 * @param {any} state
 * @param {any} tools
 * @param {any} proposals
 * @param {any} doings
 */
function column(app, plan, state, tools, proposals, doings) {
  const { act, rebalance } = doings;
  const everything = () => rebalance([...state.grids.keys()]);
  return [
    h("p.note", {}, told(app, "redraw.draft", { version: plan.version }), plan.name ? ` · ${plan.name}` : ""),
    toolRows(app, state, tools, doings),
    state.target === null
      ? h("p.note", {}, told(app, "redraw.pick_hint"))
      : block(told(app, "redraw.target"), chosen(app, state, doings)),
    proposals.view(),
    state.result && !proposals.shown()
      ? block(t("redraw.consequences"), consequences(app, state.result))
      : null,
    state.result?.pieces?.length
      ? button(
          told(app, "redraw.repair"),
          () => act({ op: "repair", grids: state.result.pieces.map((/** @type {any} */ one) => one.label) }),
          { primary: true },
        )
      : null,
    block(
      t("redraw.more"),
      h(
        "div.row.wrap",
        {},
        isBorders(app) ? null : button(t("redraw.suggest_worst"), () => suggest(app, null, act)),
        isBorders(app) ? null : button(t("redraw.rebalance_all"), everything, { disabled: proposals.busy() }),
        button(t("redraw.compare"), () => app.store.set({ beside: plan.parent ?? "current" })),
        button(t("redraw.review"), () => review(app, plan)),
      ),
    ),
    block(t("redraw.log"), logList(state.history, app.city.tz)),
  ];
}

/**
 * The tools, their choices, undo and redo, and when the draft was saved.
 * @param {any} app
 * @param {any} state
 * @param {any} tools
 * @param {any} doings
 */
function toolRows(app, state, tools, { act, use, resize }) {
  const { can_undo: undo, can_redo: redo, items } = state.history;
  const flood = (/** @type {string} */ of) => {
    state.of = of;
    use("flood");
  };
  return [
    h(
      "div.tool-row",
      { role: "toolbar", "aria-label": t("redraw.tools") },
      TOOLS.map(([name, key]) =>
        button(told(app, `redraw.tool.${name}`), () => use(name), {
          pressed: tools.tool === name,
          title: `${told(app, `redraw.tool.${name}`)} (${key})`,
        }),
      ),
    ),
    tools.tool === "brush"
      ? h(
          "div.tool-row",
          { role: "group", "aria-label": t("redraw.size") },
          SIZES.map((cells, rings) =>
            button(t("redraw.cells", { n: cells }), () => resize(rings), { pressed: tools.size === rings }),
          ),
        )
      : null,
    tools.tool === "flood"
      ? h(
          "div.tool-row",
          { role: "group", "aria-label": t("redraw.tool.flood") },
          ["building", "compound"].map((of) =>
            button(t(`redraw.flood.${of}`), () => flood(of), { pressed: state.of === of }),
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
        items[0] ? t("redraw.saved", { time: format.moment(items[0].at, app.city.tz) }) : "",
      ),
    ),
  ];
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
