/** 这里归谁管: an address, a place, a code → the grid, its posts, the chain of centres, the departments. */

import { request, withQuery } from "../api.mjs";
import { departmentName } from "../departments.mjs";
import { h, icon, replace } from "../dom.mjs";
import { language, t } from "../i18n.mjs";
import { block, facts } from "../parts/figures.mjs";
import { failed } from "../parts/toasts.mjs";
import { tierName } from "./common.mjs";

/** @param {any} app */
export function whoseBlock(app) {
  const field = h("input.field", {
    type: "search",
    maxlength: 200,
    placeholder: t("whose.placeholder"),
    "aria-label": t("cell.belongs"),
  });
  const answer = h("div", { role: "status" });
  const ask = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const text = field.value.trim();
    if (!text) return field.focus();
    try {
      replace(answer, told(app, await request(withQuery(app.path("where"), { q: text }))));
    } catch (failure) {
      if (/** @type {any} */ (failure).status === 404) replace(answer, h("p.note", {}, t("whose.none", { text })));
      else failed(failure);
    }
    return undefined;
  };
  return block(
    t("cell.belongs"),
    h(
      "div.stack",
      {},
      h(
        "form.row",
        { role: "search", on: { submit: ask } },
        h("span.grow", {}, field),
        h("button.button", { type: "submit" }, icon("search"), t("whose.ask")),
      ),
      answer,
    ),
  );
}

/**
 * @param {any} app
 * @param {any} found
 */
function told(app, found) {
  const to = (/** @type {string} */ kind, /** @type {any} */ id, /** @type {string} */ text) =>
    h("button.button.link", { type: "button", on: { click: () => app.select({ kind, id: String(id) }) } }, text);
  if (!found.here)
    return facts([[t("whose.along"), found.along.map((/** @type {any} */ one) => to("grid", one.label, one.name))]]);
  const { here } = found;
  app.goTo({ lat: here.lat, lng: here.lng });
  return h(
    "div",
    {},
    facts([
      ...whose(app, found, to),
      [t("whose.cell"), to("cell", here.cell, here.cell)],
      [t("whose.also"), found.matches.slice(1, 5).map((/** @type {any} */ one) => (one.kind === "grid" ? one.sub : one.label)).join(language() === "zh" ? "、" : ", ")],
    ]),
  );
}

/**
 * Grid, regions, posts and departments as rows of facts.
 * @param {any} app
 * @param {any} found what `where` answers
 * @param {(kind: string, id: any, text: string) => HTMLElement} to
 * @returns {[string, import("../dom.mjs").Child][]}
 */
export function whose(app, found, to) {
  const { here } = found;
  const worker = found.posts.find((/** @type {any} */ one) => one.role === "worker");
  return [
    [t("kind.grid"), here.grid ? to("grid", here.grid.label, here.grid.name || here.grid.code) : t("cell.no_grid")],
    [
      t("grid.worker"),
      worker
        ? [to("worker", worker.id, worker.name || t("worker.unnamed")), worker.post ? ` ${worker.post}` : ""]
        : app.can("worker.read") && here.grid
          ? t("grid.no_worker")
          : null,
    ],
    ...found.posts
      .filter((/** @type {any} */ one) => one.role !== "worker")
      .map((/** @type {any} */ one) => [tierName(one.role), to("centre", one.id, one.name)]),
    ...found.departments.map((/** @type {any} */ one) => [
      departmentName(one.department),
      app.can("plan.draw") ? to("net", one.layer, one.name) : one.name,
    ]),
  ];
}
