/**
 * Two plans beside each other over the whole stage: linked maps (or one over the other, with a slider between), moved
 * cells hatched, and what differs as tables. What is compared is in the address, so a link shares it.
 */

import { all, request } from "../api.mjs";
import { byId, h, icon, replace } from "../dom.mjs";
import { onLanguage, t } from "../i18n.mjs";
import { problem } from "../parts/states.mjs";
import { say } from "../redraw/words.mjs";
import { createTurns } from "../turns.mjs";
import { createPair } from "./maps.mjs";
import { differences } from "./tables.mjs";

const MOST = 100;

/**
 * Open the comparison whenever the page says what to compare with.
 * @param {any} app
 */
export function openComparison(app) {
  const { store } = app;
  const maps = h("div.compare-maps");
  const table = h("div.compare-table", { tabindex: 0, role: "region", "aria-label": t("compare.differences") });
  const head = h("header.compare-head");
  const view = h("section.compare", { "aria-label": t("compare.title"), tabindex: -1 }, head, maps, table);
  byId("stage").append(view);
  document.body.classList.add("comparing");
  const pair = createPair(app, maps);
  let mode = "side";
  /** @type {any[]} */
  let plans = [];
  const begin = createTurns();

  const close = () => store.set({ beside: null });
  const choose = (/** @type {"beside" | "plan"} */ name) => (/** @type {any} */ event) =>
    store.set({ [name]: event.target.value });
  const drawHead = () =>
    replace(
      head,
      h("h2", {}, t("compare.title")),
      chooser(plans, store.get().beside, t("compare.before"), choose("beside")),
      icon("chevron"),
      chooser(plans, store.get().plan, t("compare.after"), choose("plan")),
      h(
        "div.choice",
        { role: "group" },
        ["side", "swipe"].map((one) =>
          h(
            "button.button",
            {
              type: "button",
              "aria-pressed": String(mode === one),
              on: {
                click: () => {
                  mode = one;
                  pair.arrange(mode);
                  drawHead();
                },
              },
            },
            t(`compare.mode.${one}`),
          ),
        ),
      ),
      h("button.button", { type: "button", on: { click: share } }, icon("link"), t("compare.share")),
      h("span.grow"),
      h(
        "button.button.quiet.square",
        { type: "button", "aria-label": t("action.close"), on: { click: close } },
        icon("close"),
      ),
    );
  const share = async () => {
    try {
      await navigator.clipboard.writeText(location.href);
      app.toast(t("compare.shared"));
    } catch {
      app.toast(location.href);
    }
  };
  const load = async () => {
    const newest = begin();
    const { beside, plan } = store.get();
    replace(table, h("p.note", {}, h("span.spinner"), t("state.loading")));
    try {
      const kind = app.planInfo()?.kind ?? "grids";
      plans = await all(`${app.path("plans")}?kind=${kind}`, MOST);
      const query = `?other=${encodeURIComponent(plan)}`;
      const [found, figures] = await Promise.all([
        request(`${app.planPath("compare", beside)}${query}`),
        app.can("plan.draw") ? request(`${app.planPath("compare/figures", beside)}${query}`) : null,
        pair.show(beside, plan),
      ]);
      if (!newest()) return;
      drawHead();
      replace(table, differences(found, figures, pair.goTo));
      view.dataset.ready = "true";
    } catch (failure) {
      if (!newest()) return;
      drawHead();
      replace(table, problem(failure, load));
    }
  };
  const esc = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Escape" && !event.defaultPrevented) close();
  };

  view.addEventListener("keydown", esc);
  const stops = [store.on(["beside", "plan"], () => store.get().beside && load()), onLanguage(drawHead)];
  pair.arrange(mode);
  drawHead();
  load();
  view.focus();
  return () => {
    begin();
    stops.forEach((stop) => stop());
    pair.stop();
    view.remove();
    document.body.classList.remove("comparing");
  };
}

/**
 * @param {any[]} plans
 * @param {string} chosen id, or "current"
 * @param {string} label
 * @param {(event: any) => void} onChange
 */
function chooser(plans, chosen, label, onChange) {
  const inForce = plans.find((one) => one.status === "in_force")?.id;
  const id = chosen === "current" ? (inForce ?? chosen) : chosen;
  return h(
    "select.field.compare-plan",
    { "aria-label": label, on: { change: onChange } },
    plans.map((one) =>
      h(
        "option",
        { value: one.id, selected: one.id === id },
        `${say(one.kind, "plan.version", { version: one.version })} · ${say(one.kind, `plan.status.${one.status}`)}${one.name ? ` · ${one.name}` : ""}`,
      ),
    ),
  );
}
