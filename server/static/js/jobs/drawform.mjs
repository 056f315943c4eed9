/** Asking for a new plan: the band, what else is wished for, and what other numbers of grids would cost. */

import { request } from "../api.mjs";
import { h, icon, replace } from "../dom.mjs";
import * as format from "../format.mjs";
import { t, tOr } from "../i18n.mjs";
import { block } from "../parts/figures.mjs";
import { button } from "../parts/controls.mjs";
import { loadInto } from "../parts/states.mjs";
import { failed } from "../parts/toasts.mjs";
import { remembered } from "../store.mjs";
import { labelled } from "./common.mjs";

const SECONDS = [5, 15, 30, 60, 180];
/** The share of the time allowed that each number gets which is tried: a dozen are. */
const TRIAL_SHARE = 0.1;
const HOMES = "residential";

/**
 * @typedef {object} Wish
 * @property {number} low
 * @property {number} high
 * @property {number} seconds
 * @property {number} seed
 * @property {number | null} grids in all; null as many as the band asks for
 * @property {string} workload
 * @property {string[]} whole
 * @property {string[]} dedicated
 * @property {boolean} keep
 * @property {boolean} exact
 */
/** @type {Wish} */
const FIRST = {
  low: 300, high: 500, seconds: 15, seed: 1, grids: null, workload: "households",
  whole: [], dedicated: [], keep: false, exact: false,
};

/**
 * The body of POST …/plans.
 * @param {Wish} wish
 */
export function askedOf({ low, high, grids, ...others }) {
  return { ...others, band: [low, high], counts: grids ? { city: grids } : {} };
}

/**
 * The form that draws a new plan.
 * @param {any} app
 */
export function drawForm(app) {
  const memory = remembered(`draw.${app.city.code}`, FIRST);
  const wish = { ...FIRST, ...memory.get() };
  const number = (/** @type {"low" | "high" | "seed" | "grids"} */ name, /** @type {number} */ min) =>
    h("input.field", {
      type: "number", value: wish[name] ?? "", min, step: 1, inputmode: "numeric",
      placeholder: name === "grids" ? t("draw.grids_auto") : null,
      on: { input: (/** @type {any} */ event) => (wish[name] = event.target.value === "" ? null : Number(event.target.value)) },
    });
  const [low, high, seed, grids] = [number("low", 1), number("high", 2), number("seed", 0), number("grids", 1)];
  const time = h(
    "select.field",
    { on: { change: (/** @type {any} */ event) => (wish.seconds = Number(event.target.value)) } },
    SECONDS.map((one) => h("option", { value: one, selected: one === wish.seconds }, t("draw.seconds", { n: one }))),
  );
  const fault = h("p.fault", { role: "alert", hidden: true });
  const start = h("button.button.primary.wide", { type: "submit" }, t("draw.start"));
  const trial = createTrial(app, (n) => {
    wish.grids = n;
    grids.value = String(n);
    grids.focus();
  });
  const busy = () => (start.disabled = app.tasks.busy("tasks.draw"));
  const ask = async (/** @type {string} */ path, /** @type {any} */ json, /** @type {string} */ title) => {
    fault.hidden = Number(wish.low) > 0 && Number(wish.high) > Number(wish.low);
    if (!fault.hidden) {
      fault.textContent = t("draw.band_fault");
      low.focus();
      return null;
    }
    memory.set(wish);
    try {
      return app.tasks.follow(await request(app.path(path), { method: "POST", json }), title);
    } catch (failure) {
      failed(failure);
      return null;
    }
  };
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    start.disabled = true;
    await ask("plans", askedOf({ ...wish, seed: wish.seed ?? 0 }), "tasks.draw");
    busy();
  };
  const sweep = async () => {
    const { exact: _, ...asked } = askedOf({ ...wish, seed: wish.seed ?? 0, grids: null, seconds: wish.seconds * TRIAL_SHARE });
    trial.wait(await ask("sweeps", asked, "tasks.sweep"));
  };
  app.tasks.watch(busy);
  busy();
  return h(
    "form.form",
    { on: { submit } },
    h("div.pair", {}, labelled(t("draw.low"), low), labelled(t("draw.high"), high)),
    h("div.pair", {}, labelled(t("draw.grids"), grids), labelled(t("draw.time"), time)),
    wishes(app, wish, labelled(t("draw.seed"), seed)),
    fault,
    start,
    h("p.note", {}, t("draw.note")),
    h("div.row.wrap", {}, button("", t("sweep.start"), sweep), h("span.note", {}, t("sweep.note"))),
    trial.place,
  );
}

/**
 * What else may be wished for, of what the city has; asked for when it is opened.
 * @param {any} app
 * @param {Wish} wish
 * @param {HTMLElement} seed
 */
function wishes(app, wish, seed) {
  const place = h("div.form");
  const fields = async () => {
    const has = await app.read(app.path("drawing"));
    const workload = h(
      "select.field",
      { on: { change: (/** @type {any} */ event) => (wish.workload = event.target.value) } },
      has.workloads.map((/** @type {string} */ name) =>
        h("option", { value: name, selected: name === wish.workload }, tOr(`workload.${name}`, name)),
      ),
    );
    const whole = ["compounds", "buildings"].filter((kind) => has.whole[kind]);
    const uses = has.dedicated.filter((/** @type {any} */ one) => one.use !== HOMES);
    return h(
      "div.form",
      {},
      h("div.pair", {}, labelled(t("draw.workload"), workload), seed),
      checks(t("draw.whole"), whole.map((kind) => [kind, t(`draw.whole.${kind}`, { n: format.number(has.whole[kind]) })]), wish.whole),
      checks(
        t("draw.dedicated"),
        uses.map((/** @type {any} */ { use, n }) => [use, `${tOr(`place.${use}`, tOr(`use.${use}`, use))} ${format.number(n)}`]),
        wish.dedicated,
      ),
      has.kept ? check(t("draw.keep", { n: format.number(has.kept) }), wish.keep, (on) => (wish.keep = on)) : null,
      check(t("draw.exact"), wish.exact, (on) => (wish.exact = on)),
    );
  };
  const toggle = (/** @type {any} */ event) => event.target.open && !place.hasChildNodes() && loadInto(place, fields, 3);
  return h("details", { on: { toggle } }, h("summary.item", {}, icon("chevron"), h("span.grow", {}, t("draw.more"))), place);
}

/**
 * Several of a few, as boxes to tick; `chosen` is kept up to date.
 * @param {string} legend
 * @param {[string, string][]} options
 * @param {string[]} chosen
 */
function checks(legend, options, chosen) {
  if (!options.length) return null;
  const set = (/** @type {string} */ id) => (/** @type {boolean} */ on) => {
    const at = chosen.indexOf(id);
    if (on && at < 0) chosen.push(id);
    if (!on && at >= 0) chosen.splice(at, 1);
  };
  const boxes = options.map(([id, text]) => check(text, chosen.includes(id), set(id)));
  return h("fieldset", {}, h("legend.note", {}, legend), h("div.pair.boxes", {}, boxes));
}

/**
 * @param {string} text
 * @param {boolean} checked
 * @param {(on: boolean) => void} set
 */
function check(text, checked, set) {
  const change = (/** @type {any} */ event) => set(event.target.checked);
  return h("label.row", {}, h("input", { type: "checkbox", checked, on: { change } }), h("span", {}, text));
}

/**
 * What other numbers of grids would cost, once the server has tried them.
 * @param {any} app
 * @param {(grids: number) => void} use
 */
function createTrial(app, use) {
  const place = h("div");
  /** @type {string | null} */
  let waiting = null;
  const stop = app.tasks.watch((/** @type {any} */ task) => {
    if (task.id !== waiting || !["done", "failed", "cancelled"].includes(task.job?.status)) return;
    waiting = null;
    if (!place.isConnected) stop();
    else replace(place, task.job.status === "done" ? trialTables(task.job.result, use) : null);
  });
  return {
    place,
    /** @param {string | null} id of the job, null where there is none */
    wait(id) {
      waiting = id;
      if (id) replace(place, h("p.note", { role: "status" }, h("span.spinner"), t("sweep.waiting")));
    },
  };
}

/**
 * @param {any} found as the job answers
 * @param {(grids: number) => void} use
 */
export function trialTables(found, use) {
  const percent = (/** @type {number} */ ratio) => format.percent(ratio);
  const head = (/** @type {string[]} */ names) =>
    h("thead", {}, h("tr", {}, names.map((name) => h("th.num", { scope: "col" }, name))));
  const row = (/** @type {any[]} */ values) => h("tr", {}, values.map((value) => h("td.num", {}, value)));
  const numbers = found.grids.map((/** @type {any} */ one) =>
    row([
      button(".link", format.number(one.grids), () => use(one.grids), { title: t("sweep.use") }),
      percent(one.worst_deviation), percent(one.mean_deviation), format.number(one.out_of_band),
    ]),
  );
  const moves = found.moves.map((/** @type {any} */ one) =>
    row([`±${percent(one.band)}`, format.number(Math.round(one.moved_households)), percent(one.worst_deviation)]),
  );
  return h(
    "div",
    {},
    block(
      t("sweep.title"),
      h("table.table", {}, head([t("sweep.grids"), t("sweep.worst"), t("sweep.mean"), t("sweep.out")]), h("tbody", {}, numbers)),
    ),
    moves.length
      ? block(t("sweep.moves"), h("table", {}, head([t("sweep.band"), t("sweep.moved"), t("sweep.worst")]), h("tbody", {}, moves)))
      : null,
  );
}
