/** How the reports of an area changed between two windows. */

import { h } from "../dom.mjs";
import * as format from "../format.mjs";
import { t } from "../i18n.mjs";

/** The ratio with its interval, and the verdict in a word. @param {any} one */
export function changeCell(one) {
  const tag = one.verdict === "up" ? "bad" : one.verdict === "down" ? "good" : "";
  const high = one.high === null ? "∞" : one.high.toFixed(2);
  const ratio = one.ratio === null ? (one.n ? "∞" : "–") : `×${one.ratio.toFixed(2)}`;
  return [
    h("span", { class: `tag ${tag}` }, t(`areas.verdict.${one.verdict}`)),
    h(
      "span.note.lines",
      { title: t("areas.interval.why", { p: one.p ?? "–" }) },
      `${format.number(one.before)} → ${format.number(one.n)}\n${ratio} [${(one.low ?? 0).toFixed(2)}–${high}]`,
    ),
  ];
}
