/** 数据: a file comes in: kind and options, preview with its mapping and faults, then the import; and the history. */

import { all } from "../api.mjs";
import { h, replace } from "../dom.mjs";
import * as format from "../format.mjs";
import { onLanguage, t, tOr } from "../i18n.mjs";
import { author } from "../panel/common.mjs";
import { block } from "../parts/figures.mjs";
import { empty, loadInto } from "../parts/states.mjs";
import { openWork, tabs } from "./common.mjs";
import { createImport } from "./importer.mjs";
import { report } from "./importreport.mjs";
import { drawForm } from "./drawform.mjs";

const MOST = 200;

/** @param {any} app */
export function mount(app) {
  let tab = app.can("import.run") ? "import" : "history";
  const importer = app.can("import.run") ? createImport(app) : null;
  const draw = () => {
    const body = openWork(app, "job.data");
    const offered = /** @type {[string, string][]} */ ([
      ...(importer ? [["import", t("data.import")]] : []),
      ["history", t("data.history")],
      ...(app.can("plan.draw") ? [["next", t("data.next")]] : []),
    ]);
    const place = h("div");
    replace(
      body,
      tabs(offered, tab, (id) => {
        tab = id;
        draw();
      }),
      place,
    );
    if (tab === "import" && importer) replace(place, importer.element());
    else if (tab === "next")
      replace(
        place,
        block(t("redraw.draw"), drawForm(app)),
        h(
          "p.note",
          {},
          t("data.next_note"),
          " ",
          h("button.button.link", { type: "button", on: { click: () => app.openJob("plans") } }, t("job.plans")),
        ),
      );
    else loadInto(place, () => history(app));
  };
  const changed = () => {
    if (tab === "history") draw();
  };
  const stops = [onLanguage(draw), app.store.on(["dataVersion"], changed)];
  draw();
  return () => {
    importer?.stop();
    stops.forEach((stop) => stop());
  };
}

/** @param {any} app */
async function history(app) {
  const items = await all(app.path("imports"), MOST);
  if (!items.length) return empty(t("data.no_imports"));
  return h(
    "ul.items",
    {},
    items.map((one) =>
      h(
        "li",
        {},
        h(
          "details",
          {},
          h(
            "summary.item",
            {},
            h(
              "span.grow",
              {},
              h("b", {}, tOr(`kinds.${one.kind}`, one.kind)),
              ` ${one.file ?? ""}`,
              h(
                "span.note",
                {},
                [
                  format.moment(one.at, app.city.tz),
                  author(app, one.by),
                  t("data.accepted_of", { n: format.number(one.accepted), rows: format.number(one.rows) }),
                ].join(" · "),
              ),
            ),
          ),
          report(app, one),
        ),
      ),
    ),
  );
}
