/** Rebalancing here: the engine's proposal for some grids, looked at on the map, then accepted as one change or not. */

import { request } from "../api.mjs";
import { h } from "../dom.mjs";
import * as format from "../format.mjs";
import { t } from "../i18n.mjs";
import { failed } from "../parts/toasts.mjs";
import { consequences } from "./consequences.mjs";
import { button } from "./parts.mjs";

const SECONDS = 15;

/**
 * @param {any} app
 * @param {{plan: any, desk: any, redraw: () => void}} how
 */
export function createProposals(app, { plan, desk, redraw }) {
  /** @type {any} */
  let shown = null;
  /** @type {string | null} */
  let waiting = null;

  const show = (/** @type {any} */ made) => {
    if (!made.n) return app.toast(t("proposal.nothing"));
    shown = { ...made, before_labels: desk.labelsOf(made.cells) };
    desk.paint(made.cells, made.labels);
    app.layers.grids.hex.layer.hatch({ cells: made.cells });
    return redraw();
  };
  const clear = () => {
    app.layers.grids.hex.layer.hatch({});
    shown = null;
  };
  const stop = app.tasks.watch((/** @type {any} */ task) => {
    if (task.id !== waiting || !["done", "failed", "cancelled"].includes(task.job?.status)) return;
    waiting = null;
    if (task.job.status === "done") show(task.job.result);
    redraw();
  });

  return {
    /** Ask for a proposal. @param {number[]} only labels of the grids that may change */
    async ask(only) {
      if (shown) this.discard();
      try {
        const accepted = await request(app.planPath("propose", plan.id), {
          method: "POST",
          json: { only, seconds: SECONDS },
        });
        waiting = app.tasks.follow(accepted, "tasks.propose");
        redraw();
      } catch (failure) {
        failed(failure);
      }
    },
    busy: () => waiting !== null,
    shown: () => shown !== null,
    accept() {
      const { cells, labels, before_labels: before } = shown;
      clear();
      desk.apply({ op: "adopt", cells, labels }, { cells, labels: before });
    },
    discard() {
      desk.paint(shown.cells, shown.before_labels);
      clear();
      redraw();
    },
    stop() {
      if (shown) this.discard();
      stop();
    },
    /** What is proposed, with accept and discard. */
    view() {
      if (waiting) return h("p.note", { role: "status" }, t("proposal.waiting"));
      if (!shown) return null;
      return h(
        "section.block.proposal",
        { "aria-label": t("proposal.title") },
        h("h3", {}, t("proposal.title")),
        h(
          "p",
          {},
          t("proposal.moves", {
            households: format.number(Math.round(shown.moved_households)),
            cells: format.number(shown.n),
          }),
        ),
        h(
          "div.row",
          {},
          button(t("proposal.accept"), () => this.accept(), { primary: true }),
          button(t("proposal.discard"), () => this.discard()),
        ),
        consequences(app, shown),
      );
    },
  };
}
