/** The month in sentences: what changed and what did not, to read here and to take along as HTML or Word. */

import { withQuery } from "../../api.mjs";
import { h, replace } from "../../dom.mjs";
import { language, onLanguage, pick, t } from "../../i18n.mjs";
import { button, select } from "../../parts/controls.mjs";
import { block } from "../../parts/figures.mjs";
import { loadInto } from "../../parts/states.mjs";
import { labelled } from "../common.mjs";
import { daysOf, lastMonth, monthsOf } from "./filters.mjs";

/**
 * @param {any} app
 * @param {HTMLElement} place
 */
export function mountMonth(app, place) {
  let month = lastMonth(daysOf(app).last).from.slice(0, 7);
  const body = h("div");
  const path = (/** @type {string} */ format = "") =>
    withQuery(app.path(format ? "incidents/month/file" : "incidents/month"), {
      month,
      format,
      language: format ? language() : "",
    });
  const take = (/** @type {string} */ format) => h("a", { href: path(format), download: "" }).click();
  const draw = () => loadInto(body, async () => text(await app.read(path())), 10);
  const months = monthsOf(app).map(([day, name]) => /** @type {[string, string]} */ ([day.slice(0, 7), name]));
  const choose = (/** @type {string} */ value) => {
    month = value;
    draw();
  };
  replace(
    place,
    h("div.form", {}, labelled(t("month.of"), select(months, month, choose))),
    h("p.row.wrap", {}, button(".primary", t("month.word"), () => take("docx")), button("", t("month.html"), () => take("html"))),
    body,
  );
  draw();
  return onLanguage(draw);
}

/** @param {any} report */
function text(report) {
  return h(
    "div.report",
    {},
    h("h3", {}, pick(report.title)),
    ...report.sections.map((/** @type {any} */ part) =>
      block(
        pick(part.title),
        h("div", {}, part.sentences.map((/** @type {any} */ one) => h("p", {}, pick(one)))),
      ),
    ),
    h("p.note", {}, pick(report.note)),
  );
}
