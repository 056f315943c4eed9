/** One import: choose kind and file, look at the preview, set the columns right, import. */

import { request } from "../api.mjs";
import { h, icon, replace } from "../dom.mjs";
import * as format from "../format.mjs";
import { t } from "../i18n.mjs";
import { select } from "../parts/controls.mjs";
import { block } from "../parts/figures.mjs";
import { errorText } from "../parts/tasks.mjs";
import { failed } from "../parts/toasts.mjs";
import { labelled } from "./common.mjs";
import { FIELDS, columnsAskedFor, columnsFound } from "./importcolumns.mjs";
import { report } from "./importreport.mjs";

const LEVELS = ["county", "town", "community"];
const DELIMITERS = ["", ",", ";", "\t", "|"];
const DATUMS = ["wgs84", "cgcs2000", "gcj02", "bd09"];
const TAKES = ".geojson,.json,.gpkg,.zip,.csv,.tsv,.tab,.txt,.xlsx,.parquet,.kml,.kmz,.pbf,.osm,.gz,.bz2";

/**
 * @typedef {object} Asked what the reader says about the file
 * @property {string} kind
 * @property {File | null} file
 * @property {string} datum
 * @property {string} crs
 * @property {string} tz
 * @property {string} time_format
 * @property {string} level of a file of regions
 * @property {string} department of a file of a department's grids
 * @property {string} layer of a GeoPackage or KML that holds several
 * @property {string} sheet of a workbook that holds several
 * @property {string} encoding of a text file
 * @property {string} delimiter of a text file
 * @property {string} directions codes of a register of cameras, as code=degrees
 * @property {Record<string, string>} fields
 */
/** @typedef {"department" | "crs" | "tz" | "time_format" | "layer" | "sheet" | "encoding" | "directions"} TextOption */
/** @typedef {{phase: "choose" | "reading" | "preview" | "importing" | "done", report: any, job: string | null, fault: any}} State */

/** @param {any} app */
export function createImport(app) {
  /** @type {Asked} */
  const asked = {
    kind: "incidents",
    file: null,
    datum: "",
    crs: "",
    tz: "",
    time_format: "",
    level: "community",
    department: "",
    layer: "",
    sheet: "",
    encoding: "",
    delimiter: "",
    directions: "",
    fields: {},
  };
  /** @type {State} */
  let state = { phase: "choose", report: null, job: null, fault: null };
  const place = h("div");
  const set = (/** @type {Partial<State>} */ change) => {
    state = { ...state, ...change };
    draw();
  };
  const fresh = () => {
    Object.assign(asked, { file: null, fields: {} });
    set({ phase: "choose", report: null, job: null, fault: null });
  };
  const send = async (/** @type {boolean} */ dryRun) => {
    if (!asked.file) return;
    set({ phase: dryRun ? "reading" : "importing", fault: null });
    try {
      const accepted = await request(app.path("imports"), { method: "POST", form: formOf(asked, dryRun) });
      state.job = app.tasks.follow(accepted, dryRun ? "tasks.preview" : "tasks.import");
    } catch (failure) {
      const tooLarge = /** @type {any} */ (failure).code === "too_large";
      if (tooLarge) return set({ phase: "choose", fault: { code: "E_BUDGET" } });
      failed(failure);
      set({ phase: state.report ? "preview" : "choose" });
    }
  };
  const draw = () => {
    const { phase, report: found, fault } = state;
    if (phase === "choose" || phase === "reading")
      replace(place, choose(asked, phase === "reading", fault, send, () => set({ fault: null })));
    else if (phase === "done") replace(place, done(app, found, fresh));
    else replace(place, preview(app, asked, found, phase === "importing", send, fresh));
  };
  const stop = app.tasks.watch((/** @type {any} */ task) => {
    if (task.id !== state.job) return;
    if (task.job.status === "done")
      set({ phase: state.phase === "importing" ? "done" : "preview", report: task.job.result, job: null });
    else if (task.job.status === "failed") set({ phase: "choose", job: null, fault: task.job.error });
    else if (task.job.status === "cancelled") set({ phase: "choose", job: null });
  });
  return {
    element() {
      draw();
      return place;
    },
    stop,
  };
}

/**
 * The request: the file and what is said about it; what is not said is left out.
 * @param {Asked} asked
 * @param {boolean} dryRun
 */
function formOf(asked, dryRun) {
  const { file, kind, fields, directions, department, ...said } = asked;
  const codes = kind === "cameras" ? codesOf(directions) : {};
  const given = Object.fromEntries(Object.entries(said).filter(([, value]) => value));
  if (kind === "nets" && department) Object.assign(given, { department });
  if (Object.keys(codes).length) Object.assign(given, { directions: codes });
  const form = new FormData();
  form.append("file", /** @type {File} */ (file), file?.name);
  form.append("options", JSON.stringify({ kind, fields, ...given, dry_run: dryRun }));
  return form;
}

/**
 * @param {any} app
 * @param {any} found report
 * @param {() => void} fresh
 */
function done(app, found, fresh) {
  return [
    h("p.fault-line.good", {}, icon("tick"), h("span", {}, t("import.done"))),
    report(app, found),
    h("p.block", {}, h("button.button.primary", { type: "button", on: { click: fresh } }, t("import.another"))),
  ];
}

/**
 * @param {any} app
 * @param {Asked} asked
 * @param {any} found report
 * @param {boolean} busy
 * @param {(dryRun: boolean) => void} send
 * @param {() => void} fresh
 */
function preview(app, asked, found, busy, send, fresh) {
  const button = (/** @type {string} */ look, /** @type {string} */ text, /** @type {() => void} */ run) =>
    h(`button.button${look}`, { type: "button", disabled: busy, on: { click: run } }, text);
  return [
    h("h3", {}, t("import.preview", { file: asked.file?.name ?? "" })),
    report(app, found),
    columnsFound(asked, found),
    h(
      "div.row.wrap.sticky-foot",
      {},
      button(".primary", t(found.foreseen ? "import.go" : "import.go_most", { n: format.number(found.accepted) }), () => send(false)),
      button("", t("import.again"), () => send(true)),
      button(".quiet", t("action.cancel"), fresh),
    ),
  ];
}

/**
 * @param {any} asked
 * @param {boolean} reading
 * @param {any} fault
 * @param {(dryRun: boolean) => void} send
 * @param {() => void} changed draws the form for another kind or file
 */
function choose(asked, reading, fault, send, changed) {
  const setKind = (/** @type {string} */ kind) => {
    Object.assign(asked, { kind, fields: {} });
    changed();
  };
  const kinds = Object.keys(FIELDS).map((kind) => /** @type {[string, string]} */ ([kind, t(`kinds.${kind}`)]));
  const datums = ["", ...DATUMS].map((id) => /** @type {[string, string]} */ ([id, t(`import.datum.${id || "file"}`)]));
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    send(true);
  };
  return h(
    "form.form",
    { on: { submit } },
    fault ? whatFailed(fault) : null,
    labelled(t("import.kind"), select(kinds, asked.kind, setKind)),
    h("p.note", {}, t(`import.about.${asked.kind}`)),
    asked.kind === "regions" &&
      labelled(
        t("import.level"),
        select(
          LEVELS.map((id) => [id, t(`level.${id}`)]),
          asked.level,
          (level) => Object.assign(asked, { level }),
        ),
      ),
    asked.kind === "nets" && textField(asked, "department", ""),
    dropField(asked, changed),
    labelled(
      t("import.datum"),
      select(datums, asked.datum, (datum) => Object.assign(asked, { datum })),
    ),
    moreOptions(asked),
    columnsAskedFor(asked, fault),
    h(
      "button.button.primary.wide",
      { type: "submit", disabled: !asked.file || reading },
      reading ? h("span.spinner") : null,
      t(reading ? "import.reading" : "import.show_preview"),
    ),
    h("p.note", {}, t("import.privacy")),
  );
}

/** @param {any} fault */
function whatFailed(fault) {
  const what = h("p.row", {}, icon("warning"), h("span", {}, errorText(fault)));
  return h("div.problem", { role: "alert" }, what, h("p.note", {}, t("import.nothing_kept")));
}

/**
 * Where a file is dropped or chosen.
 * @param {Asked} asked
 * @param {() => void} changed
 */
function dropField(asked, changed) {
  const take = (/** @type {File | undefined} */ file) => {
    if (!file) return;
    Object.assign(asked, { file, fields: {} });
    changed();
  };
  const change = (/** @type {any} */ event) => take(event.target.files[0]);
  const input = h("input", { type: "file", accept: TAKES, "aria-label": t("import.file"), on: { change } });
  const over = (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    place.classList.add("over");
  };
  const drop = (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    take(event.dataTransfer?.files[0]);
  };
  const { file } = asked;
  const shown = file ? h("span", {}, h("b", {}, file.name), ` ${format.bytes(file.size)}`) : t("import.drop");
  const on = { dragover: over, dragleave: () => place.classList.remove("over"), drop };
  const place = h("div.drop", { on }, input, shown);
  return place;
}

/**
 * Direction codes written as ``1=90, 2=270``.
 * @param {string} text
 * @returns {Record<string, number>}
 */
function codesOf(text) {
  const pairs = text.split(/[,，;；\s]+/).map((pair) => pair.split("="));
  return Object.fromEntries(
    pairs.filter(([code, degrees]) => code && degrees && Number.isFinite(Number(degrees))).map(([code, degrees]) => [code, Number(degrees)]),
  );
}

/**
 * @param {Asked} asked
 * @param {TextOption} name
 * @param {string} placeholder
 */
function textField(asked, name, placeholder) {
  const change = (/** @type {any} */ event) => Object.assign(asked, { [name]: event.target.value.trim() });
  return labelled(t(`import.${name}`), h("input.field", { value: asked[name], placeholder, on: { change } }));
}

/** @param {Asked} asked */
function moreOptions(asked) {
  const text = (/** @type {TextOption} */ name, /** @type {string} */ placeholder) => textField(asked, name, placeholder);
  const times = asked.kind === "incidents" && [text("tz", "Asia/Shanghai"), text("time_format", "%Y-%m-%d %H:%M:%S")];
  return h(
    "details",
    {},
    h("summary.item", {}, icon("chevron"), h("span", {}, t("import.more"))),
    h(
      "div.form",
      {},
      text("crs", "EPSG:4490"),
      times,
      asked.kind === "cameras" && text("directions", "1=90, 2=270, 3=180, 4=0"),
      text("layer", ""),
      text("sheet", ""),
      text("encoding", "GB18030"),
      labelled(
        t("import.delimiter"),
        select(
          DELIMITERS.map((sign) => [sign, t(`import.delimiter.${sign === "\t" ? "tab" : sign || "found"}`)]),
          asked.delimiter,
          (delimiter) => Object.assign(asked, { delimiter }),
        ),
      ),
    ),
  );
}
