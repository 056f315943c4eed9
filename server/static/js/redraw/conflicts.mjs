/**
 * Two planners at once. The same draft: the second one's change is made on top of the first one's where they do not
 * meet. Two drafts: the one that is published second is merged, cell by cell, with what came into force before it.
 */

import { request } from "../api.mjs";
import { h } from "../dom.mjs";
import * as format from "../format.mjs";
import { t } from "../i18n.mjs";
import { ask, openDialog } from "../parts/dialogs.mjs";
import { failed } from "../parts/toasts.mjs";
import { button, entryText } from "./parts.mjs";
import { say } from "./words.mjs";

/**
 * Somebody else has changed the draft: say what, and offer to put one's own change on top, or to begin from theirs.
 * @param {any} app
 * @param {any} failure the refusal; its detail is what happened
 * @param {(() => any) | null} again makes the change on top of theirs; null where it cannot be
 * @param {number} seen the log's last number that the page knows
 */
export async function sameDraft(app, failure, again, seen) {
  const what = failure.detail
    .filter((/** @type {any} */ one) => one?.op && one.seq > seen)
    .map((/** @type {any} */ one) =>
      h(
        "li.item",
        {},
        h(
          "span.grow",
          {},
          entryText(one),
          h(
            "span.note",
            {},
            [one.grids.slice(0, 4).join(", "), one.n ? t("redraw.cells", { n: one.n }) : ""].filter(Boolean).join(" · "),
          ),
        ),
        h("span.note", {}, `${one.by} ${format.moment(one.at, app.city.tz)}`),
      ),
    );
  const collides = failure.code === "collision";
  const reload = () => {
    dialog.close();
    app.refresh();
  };
  const merge = () => {
    dialog.close();
    again?.();
  };
  const dialog = openDialog(
    t("redraw.conflict"),
    h(
      "div.stack",
      {},
      h("p", {}, t(collides ? "redraw.collision_text" : again ? "redraw.conflict_text" : "redraw.conflict_undo")),
      h("ul.items", {}, what),
    ),
    [
      button(t("redraw.reload"), reload, { primary: collides || !again }),
      collides || !again ? null : button(t("redraw.merge_mine"), merge, { primary: true }),
    ],
  );
}

/**
 * Another plan has come into force since the draft was begun: show what each side changed and offer the merge.
 * @param {any} app
 * @param {any} plan the draft
 * @param {string} [other] the plan in force, of communities by its id
 */
export async function overtaken(app, plan, other = "current") {
  try {
    const met = await request(`${app.planPath("merge", plan.id)}?other=${encodeURIComponent(other)}`);
    const merge = async (/** @type {string | null} */ prefer) => {
      dialog.close();
      try {
        const made = await request(app.planPath("merge", plan.id), { method: "POST", json: { other, prefer } });
        app.toast(t("merge.done", { version: made.version }));
        await app.refresh();
        app.showPlan(made.id);
      } catch (failure) {
        failed(failure);
      }
    };
    const dialog = openDialog(
      t("merge.title"),
      meeting(met),
      met.clean
        ? [button(t("merge.make"), () => merge(null), { primary: true })]
        : [
            button(t("merge.theirs", { version: met.theirs.version }), () => merge("theirs")),
            button(t("merge.ours"), () => merge("ours"), { primary: true }),
          ],
    );
  } catch (failure) {
    failed(failure);
  }
}

/** @param {any} met as GET …/merge answers */
function meeting(met) {
  const row = (/** @type {string} */ name, /** @type {number} */ n, /** @type {string[]} */ grids) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, name),
      h("td.num", {}, format.number(n)),
      h("td", {}, grids.slice(0, 6).join("、") || "—"),
    );
  return h(
    "div.stack",
    {},
    h(
      "p",
      {},
      t("merge.text", { ours: met.ours.version, theirs: met.theirs.version, base: met.base.version }),
    ),
    h(
      "table",
      {},
      h("thead", {}, h("tr", {}, h("th"), h("th.num", {}, t("merge.cells")), h("th", {}, t("merge.grids")))),
      h(
        "tbody",
        {},
        row(t("merge.by_ours", { version: met.ours.version }), met.cells.ours, met.grids.ours),
        row(t("merge.by_theirs", { version: met.theirs.version }), met.cells.theirs, met.grids.theirs),
        row(t("merge.collisions"), met.collisions.n, [...met.collisions.grids, ...met.collisions.facts]),
      ),
    ),
    h("p.fault-line", { class: met.clean ? "good" : "warn" }, t(met.clean ? "merge.clean" : "merge.not_clean")),
  );
}

/**
 * Ask before the last publication is taken back, and do it.
 * @param {any} app
 * @param {any} plan the plan in force
 */
export async function rollBack(app, plan) {
  const reason = h("textarea.field", { rows: 2, maxlength: 2000 });
  const text = h(
    "div.stack",
    {},
    h("p", {}, say(plan.kind, "rollback.text", { version: plan.version })),
    h("label.over", {}, t("rollback.reason"), reason),
  );
  if (!(await ask({ title: t("rollback.title"), text, yes: t("rollback.do") }))) return;
  try {
    const made = await request(app.planPath("roll-back", plan.id), {
      method: "POST",
      json: { reason: reason.value },
      ifMatch: `"${plan.tag}"`,
    });
    app.toast(say(plan.kind, "rollback.done", { version: made.version }));
    app.store.set({ plan: "current" });
    await app.refresh();
  } catch (failure) {
    failed(failure);
  }
}
