/** One import: choose kind and file, look at the preview, set the columns right, import. */

import { request } from "../api.mjs";
import { h, icon, replace } from "../dom.mjs";
import * as format from "../format.mjs";
import { t } from "../i18n.mjs";
import { block } from "../parts/figures.mjs";
import { failed } from "../parts/toasts.mjs";
import { labelled } from "./common.mjs";
import { report } from "./importreport.mjs";

/** Our columns of each kind, in the order in which they are offered. */
export const FIELDS = /** @type {Record<string, string[]>} */ ({
  incidents: ["id", "time", "category", "lat", "lng", "status"],
  grids: ["code", "name", "community", "kind"],
  households: ["households", "lat", "lng"],
  buildings: ["id", "floors", "height_m", "households", "use", "compound"],
  roads: ["id", "class", "name", "oneway"],
  barriers: ["kind", "name", "cost"],
  cameras: ["id", "code", "name", "lat", "lng", "kind", "heading", "angle", "range", "height", "status"],
  workers: ["id", "name", "post", "skills", "capacity", "lat", "lng"],
  centres: ["id", "name", "tier", "lat", "lng", "region"],
  places: ["id", "name", "kind", "lat", "lng"],
  regions: ["code", "name"],
});
const DATUMS = ["wgs84", "cgcs2000", "gcj02", "bd09"];
const TAKES = ".geojson,.json,.gpkg,.zip,.csv,.txt,.xlsx,.parquet,.kml,.kmz,.pbf";

/** @param {any} app */
export function createImport(app) {
  const asked = { kind: "incidents", file: /** @type {File | null} */ (null), datum: "", crs: "", tz: "", time_format: "", fields: /** @type {Record<string, string>} */ ({}) };
  /** @type {{phase: "choose" | "reading" | "preview" | "importing" | "done", report: any, job: string | null, fault: any}} */
  let state = { phase: "choose", report: null, job: null, fault: null };
  const place = h("div");

  const set = (/** @type {Partial<typeof state>} */ change) => {
    state = { ...state, ...change };
    draw();
  };
  const fresh = () => {
    Object.assign(asked, { file: null, fields: {} });
    set({ phase: "choose", report: null, job: null, fault: null });
  };

  const send = async (/** @type {boolean} */ dryRun) => {
    if (!asked.file) return;
    const form = new FormData();
    const { kind, datum, crs, tz, time_format, fields } = asked;
    const options = { kind, dry_run: dryRun, ...(datum && { datum }), ...(crs && { crs }), ...(tz && { tz }), ...(time_format && { time_format }), ...(Object.keys(fields).length && { fields }) };
    form.append("file", asked.file, asked.file.name);
    form.append("options", JSON.stringify(options));
    set({ phase: dryRun ? "reading" : "importing", fault: null });
    try {
      const accepted = await request(app.path("imports"), { method: "POST", form });
      state.job = app.tasks.follow(accepted, dryRun ? "tasks.preview" : "tasks.import");
    } catch (failure) {
      failed(failure);
      set({ phase: state.report ? "preview" : "choose" });
    }
  };

  const stop = app.tasks.watch((/** @type {any} */ task) => {
    if (task.id !== state.job) return;
    if (task.job.status === "done") set({ phase: state.phase === "importing" ? "done" : "preview", report: task.job.result, job: null });
    else if (task.job.status === "failed") set({ phase: "choose", job: null, fault: task.job.error });
    else if (task.job.status === "cancelled") set({ phase: "choose", job: null });
  });

  const draw = () => {
    const { phase } = state;
    if (phase === "choose" || phase === "reading") replace(place, choose(asked, phase === "reading", state.fault, send, draw));
    else if (phase === "done") {
      replace(place, h("p.fault-line.good", {}, icon("tick"), h("span", {}, t("import.done"))), report(state.report),
        h("p.block", {}, h("button.button.primary", { type: "button", on: { click: fresh } }, t("import.another"))));
    } else {
      replace(place, h("h3", {}, t("import.preview", { file: asked.file?.name ?? "" })), report(state.report),
        block(t("import.columns"), columns(asked, state.report)),
        h("div.row.wrap.block", {},
          h("button.button.primary", { type: "button", disabled: phase === "importing", on: { click: () => send(false) } }, t("import.go", { n: format.number(state.report.accepted) })),
          h("button.button", { type: "button", disabled: phase === "importing", on: { click: () => send(true) } }, t("import.again")),
          h("button.button.quiet", { type: "button", on: { click: fresh } }, t("action.cancel"))));
    }
  };
  return {
    element() {
      draw();
      return place;
    },
    stop,
  };
}

/**
 * @param {any} asked
 * @param {boolean} reading
 * @param {any} fault
 * @param {(dryRun: boolean) => void} send
 * @param {() => void} redraw
 */
function choose(asked, reading, fault, send, redraw) {
  const take = (/** @type {File | undefined} */ file) => {
    if (!file) return;
    asked.file = file;
    redraw();
  };
  const input = h("input", { type: "file", accept: TAKES, "aria-label": t("import.file"), on: { change: (/** @type {any} */ event) => take(event.target.files[0]) } });
  const drop = h("div.drop", {
    on: {
      dragover: (/** @type {DragEvent} */ event) => {
        event.preventDefault();
        drop.classList.add("over");
      },
      dragleave: () => drop.classList.remove("over"),
      drop: (/** @type {DragEvent} */ event) => {
        event.preventDefault();
        take(event.dataTransfer?.files[0]);
      },
    },
  }, input, asked.file ? h("span", {}, h("b", {}, asked.file.name), ` ${format.bytes(asked.file.size)}`) : t("import.drop"));
  const picker = (/** @type {string} */ name, /** @type {[string, string][]} */ options) => h("select.field", { on: { change: (/** @type {any} */ event) => { asked[name] = event.target.value; if (name === "kind") { asked.fields = {}; redraw(); } } } }, options.map(([id, text]) => h("option", { value: id, selected: id === asked[name] }, text)));
  const text = (/** @type {string} */ name, /** @type {string} */ placeholder) => h("input.field", { value: asked[name], placeholder, on: { change: (/** @type {any} */ event) => { asked[name] = event.target.value.trim(); } } });
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    send(true);
  };
  return h("form.form", { on: { submit } },
    fault ? h("div.problem", { role: "alert" }, h("h3", {}, icon("warning"), h("span", {}, typeof fault === "string" ? fault : fault.message ?? t("tasks.failed"))), h("p", {}, t("import.nothing_kept"))) : null,
    labelled(t("import.kind"), picker("kind", Object.keys(FIELDS).map((kind) => [kind, t(`kinds.${kind}`)]))),
    h("p.note", {}, t(`import.about.${asked.kind}`)),
    drop,
    labelled(t("import.datum"), picker("datum", [["", t("import.datum.file")], ...DATUMS.map((datum) => /** @type {[string, string]} */ ([datum, t(`import.datum.${datum}`)]))])),
    h("details", {}, h("summary.item", {}, icon("chevron"), h("span", {}, t("import.more"))), h("div.form", {},
      labelled(t("import.crs"), text("crs", "EPSG:4490")),
      asked.kind === "incidents" ? [labelled(t("import.tz"), text("tz", "Asia/Shanghai")), labelled(t("import.time_format"), text("time_format", "%Y-%m-%d %H:%M:%S"))] : null)),
    h("button.button.primary.wide", { type: "submit", disabled: !asked.file || reading }, reading ? h("span.spinner") : null, t(reading ? "import.reading" : "import.show_preview")),
    h("p.note", {}, t("import.privacy")));
}

/**
 * The columns of the file beside ours; what was guessed can be set right.
 * @param {any} asked
 * @param {any} report
 */
function columns(asked, report) {
  const guessed = new Map((report.mapping ?? []).map((/** @type {any} */ map) => [map.ours, map]));
  const theirs = [...new Set([...(report.mapping ?? []).map((/** @type {any} */ map) => map.theirs), ...(report.ignored ?? []).map((/** @type {any} */ one) => (typeof one === "string" ? one : one.name))])].filter(Boolean);
  return h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("import.ours")), h("th", { scope: "col" }, t("import.theirs")))),
    h("tbody", {}, FIELDS[asked.kind].map((field) => {
      const now = asked.fields[field] ?? guessed.get(field)?.theirs ?? "";
      const change = (/** @type {any} */ event) => {
        if (event.target.value) asked.fields[field] = event.target.value;
        else delete asked.fields[field];
      };
      return h("tr", {}, h("td", {}, t(`field.${field}`), h("span.note", {}, ` ${field}`)),
        h("td", {}, h("select.field", { "aria-label": t(`field.${field}`), on: { change } }, h("option", { value: "" }, "–"), theirs.map((name) => h("option", { value: name, selected: name === now }, name)))));
    })));
}
