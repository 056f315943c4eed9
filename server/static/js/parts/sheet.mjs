/**
 * Paper. Printing lays the map out with title, legend, scale, north, date and plan version, and a field for
 * 内部资料 or the map approval number; without that field filled a sheet for the public is refused.
 */

import { byId, h } from "../dom.mjs";
import * as format from "../format.mjs";
import { t } from "../i18n.mjs";
import { labelled } from "../jobs/common.mjs";
import { resized } from "../mapview.mjs";
import { remembered } from "../store.mjs";
import { openDialog } from "./dialogs.mjs";
import { legendOf } from "./legends.mjs";

/** What the map needs to draw itself at the size of the paper. */
const PAPER_MS = 600;
const mark = remembered("sheet.mark", "");

/** @param {any} app */
export function openPrint(app) {
  const title = h("input.field", { value: titleOf(app), maxlength: 80 });
  const audience = h(
    "select.field",
    {},
    h("option", { value: "internal" }, t("print.internal")),
    h("option", { value: "public" }, t("print.public")),
  );
  const size = h("select.field", {}, h("option", { value: "a4" }, "A4"), h("option", { value: "a3" }, "A3"));
  const approval = h("input.field", { value: mark.get() || t("print.internal_mark"), maxlength: 40 });
  const fault = h("p.fault", { role: "alert", hidden: true });
  const go = () => {
    const text = approval.value.trim();
    const open = audience.value === "public";
    if (open && exactShown(app)) {
      fault.hidden = false;
      fault.textContent = t("print.exact");
      return audience.focus();
    }
    fault.hidden = Boolean(text) && !(open && text === t("print.internal_mark"));
    if (!fault.hidden) {
      fault.textContent = t("print.needs_mark");
      approval.setAttribute("aria-invalid", "true");
      return approval.focus();
    }
    mark.set(text);
    dialog.close();
    document.body.classList.toggle("on-a3", size.value === "a3");
    return print(app, title.value.trim(), text);
  };
  const dialog = openDialog(
    t("tool.print"),
    h(
      "div.form",
      {},
      labelled(t("print.title"), title),
      h("div.pair", {}, labelled(t("print.size"), size), labelled(t("print.audience"), audience)),
      labelled(t("print.mark"), approval),
      h("p.note", {}, t("print.note")),
      fault,
    ),
    [
      h("button.button", { type: "button", on: { click: () => dialog.close() } }, t("action.cancel")),
      h("button.button.primary", { type: "button", on: { click: go } }, t("tool.print")),
    ],
  );
}

/** Whether the map shows figures of incidents that only the office may see. @param {any} app */
function exactShown(app) {
  const { layers } = app.store.get();
  return app.can("exact.read") && ["heat", "hotspots", "areas"].some((id) => layers[id] !== undefined);
}

/** @param {any} app */
function titleOf(app) {
  return t("print.default_title", { city: app.city.name, job: t(`job.${app.store.get().job}`) });
}

/**
 * Put title, field, legends and notes round the map; the style sheet shows them on paper only.
 * @param {any} app
 * @param {string} title
 * @param {string} text of the field
 */
function layOut(app, title, text) {
  const plan = app.planInfo();
  const { from, to } = app.store.get();
  const line = [
    plan ? t("plan.version", { version: plan.version }) : t("plan.none_yet"),
    from ? `${from} – ${to}` : "",
  ];
  const stage = byId("stage");
  clear();
  stage.prepend(
    h(
      "header.paper.paper-head",
      {},
      h("div", {}, h("h1", {}, title), h("p", {}, line.filter(Boolean).join(" · "))),
      h("p.paper-mark", {}, text),
    ),
  );
  stage.append(
    h(
      "footer.paper.paper-foot",
      {},
      h(
        "div.paper-legends",
        {},
        app.layers.legends().map((/** @type {any} */ legend) => legendOf(legend, app.city.tz)),
      ),
      h(
        "div.paper-notes",
        {},
        h("span", {}, t("footer.boundaries")),
        h("span", {}, t("print.date", { date: format.moment(new Date().toISOString(), app.city.tz) })),
      ),
    ),
  );
}

function clear() {
  byId("stage")
    .querySelectorAll(":scope > .paper")
    .forEach((/** @type {Element} */ one) => one.remove());
}

/**
 * The browser's own print command gets the same layout.
 * @param {any} app
 */
export function listenToPrint(app) {
  window.addEventListener("beforeprint", () => {
    if (!document.querySelector(".paper")) layOut(app, titleOf(app), mark.get() || t("print.internal_mark"));
  });
  window.addEventListener("afterprint", clear);
}

/**
 * Give the map the shape of the paper while it is printed, so that it fills it and nothing is cut.
 * @param {any} app
 * @param {string} title
 * @param {string} text
 */
async function print(app, title, text) {
  const { map } = app;
  const [centre, zoom, bounds] = [map.getCenter(), map.getZoom(), map.getBounds()];
  layOut(app, title, text);
  document.body.classList.add("on-paper");
  if (!resized(map)) map.fitBounds(bounds, { animate: false });
  await new Promise((resolve) => setTimeout(resolve, PAPER_MS));
  window.print();
  document.body.classList.remove("on-paper");
  map.invalidateSize({ animate: false }).setView(centre, zoom, { animate: false });
}
