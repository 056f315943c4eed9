/** The view as one file: for the office as it is, for everyone else with the privacy floor. */

import { withQuery } from "../../api.mjs";
import { h } from "../../dom.mjs";
import { language, t } from "../../i18n.mjs";
import { clockOf, windowOf } from "../../layers/asked.mjs";
import { button } from "../../parts/controls.mjs";
import { openDialog } from "../../parts/dialogs.mjs";
import { labelled } from "../common.mjs";

/** The view as a file that opens without a network, in two kinds. @param {any} app */
export function exportButtons(app) {
  const internal = button("", t("incidents.export"), () => download(exactPath(app)), { title: t("incidents.export.hint") });
  const open = button(".quiet", t("incidents.export.public"), () => openPublic(app), {
    title: t("incidents.export.public.hint"),
  });
  return h("p.row.wrap", {}, internal, open);
}

/** Figures as they are, of the step where one is shown; the file is marked as internal. @param {any} app */
function exactPath(app) {
  const { category, per, smooth, layers } = app.store.get();
  const step = app.layers.layer("heat")?.step();
  return withQuery(app.path("incidents/map"), {
    ...(step ? { from: step.from, to: step.to } : windowOf(app)),
    ...clockOf(app),
    category,
    per: per === "raw" ? "" : per,
    smooth: smooth || "",
    spots: layers.hotspots !== undefined ? "true" : "",
    language: language(),
  });
}

/**
 * One month in coarse cells without small counts, under a map approval number.
 * @param {any} app
 */
function openPublic(app) {
  const field = h("input.field", { maxlength: 40 });
  const fault = h("p.fault", { role: "alert", hidden: true });
  const go = () => {
    const classification = field.value.trim();
    fault.hidden = Boolean(classification);
    if (!classification) {
      fault.textContent = t("incidents.export.public.needs");
      field.setAttribute("aria-invalid", "true");
      return field.focus();
    }
    dialog.close();
    const { category, per } = app.store.get();
    const group = category?.split(".")[0];
    const asked = { ...windowOf(app), category: group, per: per === "raw" ? "" : per, language: language() };
    return download(withQuery(app.path("incidents/map"), { ...asked, public: "true", classification }));
  };
  const dialog = openDialog(
    t("incidents.export.public"),
    h(
      "div.form",
      {},
      h("p.note", {}, t("incidents.export.public.what")),
      labelled(t("incidents.export.public.mark"), field),
      fault,
    ),
    [
      h("button.button", { type: "button", on: { click: () => dialog.close() } }, t("action.cancel")),
      h("button.button.primary", { type: "button", on: { click: go } }, t("incidents.export.public")),
    ],
  );
}

/** @param {string} href */
function download(href) {
  h("a", { href, download: "" }).click();
}
