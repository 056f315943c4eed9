/** 视频覆盖: figures beside their targets, gaps, next sites, cordons, outages; trying a camera out on the map. */

import { h, icon, replace } from "../dom.mjs";
import * as format from "../format.mjs";
import { onLanguage, t } from "../i18n.mjs";
import { block, figures } from "../parts/figures.mjs";
import { empty, loadInto } from "../parts/states.mjs";
import { choice, labelled, openWork, tabs } from "./common.mjs";
import { exportBlock } from "./coverageexport.mjs";
import { cordonForm } from "./coverageforms.mjs";
import { gapList, outageList, surplusList } from "./coveragelists.mjs";
import { historyBlock, proposalList } from "./coverageproposals.mjs";
import { sitesForm } from "./coveragesites.mjs";
import { createSketchpad } from "./coveragesketch.mjs";
import { createTrial } from "./coveragetrial.mjs";

const TABS = ["figures", "gaps", "sites", "proposals", "cordon", "outages", "surplus"];
const LEVELS = ["town", "community", "grid"];
const SHOWN = 60;
const NEAR = [50, 100, 200, 300, 500];

/** @param {any} app */
export function mount(app) {
  const trial = app.can("camera.read") ? createTrial(app) : null;
  const pad = createSketchpad(app);
  let tab = "figures";
  let level = "town";
  let home = NEAR[1];
  const draw = () => {
    const body = openWork(app, "job.coverage");
    if (!app.city.counts?.cameras) {
      const open = () => app.openJob("data");
      const go = app.can("import.run")
        ? h("button.button.primary", { type: "button", on: { click: open } }, t("data.import_cameras"))
        : null;
      return replace(body, empty(t("coverage.none"), go));
    }
    if (!app.can("gap.read")) {
      return replace(body, h("p.note", {}, t("coverage.bands")), h("p.note", {}, t("coverage.note")), exportBlock(app));
    }
    const offered = TABS.filter((id) => id !== "sites" || app.can("camera.propose"));
    const titles = /** @type {[string, string][]} */ (offered.map((id) => [id, t(`coverage.tab.${id}`)]));
    const choose = (/** @type {string} */ id) => {
      tab = id;
      trial?.clearMarks();
      pad.show([]);
      draw();
    };
    const place = h("div.block");
    replace(body, layerChoice(app), trial?.panel ?? null, tabs(titles, tab, choose), place);
    fill(place);
    return undefined;
  };
  const fill = (/** @type {HTMLElement} */ place) => {
    const marks = (/** @type {any} */ shapes) => trial?.mark(shapes);
    const inForm = async () => {
      const nearer = async (/** @type {number} */ metres) => {
        home = metres;
        await loadInto(place, inForm);
        /** @type {HTMLElement | null} */ (place.querySelector("[name=near]"))?.focus({ preventScroll: true });
      };
      const remember = (/** @type {string} */ chosen) => {
        level = chosen;
      };
      return summary(app, { level, home, nearer, remember });
    };
    const again = () => loadInto(place, () => proposalList(app, marks, again));
    if (tab === "sites") replace(place, sitesForm(app, marks, pad));
    else if (tab === "cordon") replace(place, cordonForm(app, marks, pad));
    else if (tab === "proposals") again();
    else if (tab === "gaps") loadInto(place, () => gapList(app));
    else if (tab === "outages") loadInto(place, () => outageList(app, marks));
    else if (tab === "surplus") loadInto(place, () => surplusList(app));
    else loadInto(place, inForm);
  };
  const stops = [onLanguage(draw), app.store.on(["dataVersion"], draw)];
  draw();
  return () => {
    stops.forEach((stop) => stop());
    trial?.remove();
    pad.remove();
  };
}

/** What the cells are coloured by. @param {any} app */
function layerChoice(app) {
  const { layers, choices } = app.store.get();
  const value = layers.gaps !== undefined ? "gaps" : layers.coverage !== undefined ? (choices.coverage ?? "density") : "none";
  const options = [...["density", "seen1", "seen2"].map((id) => [id, t(`layer.coverage.${id}`)]), ["gaps", t("layer.gaps")], ["none", t("coverage.show.none")]];
  const onChange = (/** @type {any} */ event) => {
    const chosen = event.target.value;
    const wanted = chosen === "gaps" || chosen === "none" ? chosen : "coverage";
    if (wanted === "coverage") app.layers.choose("coverage", chosen);
    for (const one of ["coverage", "gaps"])
      if (one !== wanted && app.store.get().layers[one] !== undefined) app.layers.toggle(one, false);
    if (wanted !== "none") app.layers.toggle(wanted, true);
  };
  return labelled(t("coverage.show"), h("select.field", { on: { change: onChange } }, options.map(([id, text]) => h("option", { value: id, selected: id === value }, text))));
}

/**
 * The city's figures beside their targets, and those of its parts.
 * @param {any} app
 * @param {{level: string, home: number, nearer: (metres: number) => void, remember: (level: string) => void}} how
 */
async function summary(app, { level, home, nearer, remember }) {
  const ask = (/** @type {string} */ one) => app.read(app.path(`coverage/figures?level=${one}&home_m=${home}`));
  const usable = LEVELS.filter((one) => one === "grid" || app.city.levels.includes(one));
  const chosen = usable.includes(level) ? level : usable[0];
  const parts = (/** @type {string} */ one) => (one === "grid" && !app.store.get().hasPlan ? null : ask(one));
  const [whole, first] = await Promise.all([ask("city"), parts(chosen)]);
  const [city] = whole.items;
  const aim = (/** @type {string} */ name) =>
    name in whole.targets ? t("coverage.target", { share: format.percent(whole.targets[name]) }) : "";
  const figure = (/** @type {string} */ name, /** @type {string} */ value = format.percent(city[name])) => ({
    label: t(`coverage.figure.${name}`),
    value,
    beside: aim(name),
    why: t(`coverage.why.${name}`, { m: name === "near" ? whole.near.home_m : whole.near.place_m }),
  });
  const list = figures([
    { label: t("kinds.cameras"), value: format.number(city.cameras), beside: t("coverage.off", { n: format.number(city.offline) }), why: t("why.cameras") },
    figure("per_km2", format.number(city.per_km2 ?? 0, 2)),
    figure("seen1"),
    figure("clear"),
    figure("road_seen"),
    figure("places1"),
    figure("places2"),
    figure("working"),
    figure("networked"),
    figure("near"),
    figure("compounds1"),
  ]);
  const near = h("select.field", { name: "near", on: { change: (/** @type {any} */ event) => nearer(Number(event.target.value)) } },
    NEAR.map((one) => h("option", { value: one, selected: one === home }, `${format.number(one)} m`)));
  return h("div", {},
    block(t("panel.figures"), list),
    h("div.form.block", {}, labelled(t("coverage.near"), near)),
    historyBlock(app, city),
    exportBlock(app),
    first ? partsBlock(app, { first, usable, chosen, parts, remember }) : null,
    h("p.note", {}, t("coverage.note")), h("p.note", {}, t("coverage.model")));
}

/**
 * The parts of the city at a level that can be chosen; only the table is drawn again, so that nothing jumps.
 * @param {any} app
 * @param {{first: any, usable: string[], chosen: string, parts: (level: string) => Promise<any> | null, remember: (level: string) => void}} how
 */
function partsBlock(app, { first, usable, chosen, parts, remember }) {
  const options = /** @type {[string, string][]} */ (usable.map((id) => [id, t(id === "grid" ? "kind.grid" : `level.${id}`)]));
  const place = h("div", {}, partsTable(app, first, chosen));
  const onChange = (/** @type {string} */ level) => {
    remember(level);
    place.style.minHeight = `${place.offsetHeight}px`;
    loadInto(place, async () => {
      const found = await parts(level);
      place.style.minHeight = "";
      return found ? partsTable(app, found, level) : h("p.note", {}, t("city.no_plan"));
    });
  };
  return h("section.block", {}, choice({ name: "coverage-level", legend: t("coverage.by"), options, value: chosen, onChange }), place);
}

/**
 * @param {any} app
 * @param {any} found
 * @param {string} chosen
 */
function partsTable(app, found, chosen) {
  const go = (/** @type {any} */ one) => () => app.show({ kind: chosen === "grid" ? "grid" : "region", id: String(one.id) });
  const worst = [...found.items].sort((a, b) => (a.places1 ?? 2) - (b.places1 ?? 2) || a.seen1 - b.seen1);
  const rows = worst.slice(0, SHOWN).map((one) =>
    h("tr", {},
      h("th", { scope: "row" }, h("button.button.link", { type: "button", on: { click: go(one) } }, one.name || one.code)),
      h("td.num", {}, format.number(one.cameras)),
      h("td.num", {}, format.percent(one.seen1)),
      h("td.num", {}, format.percent(one.places1)),
      h("td.num", {}, one.met ? icon("tick", t("coverage.met")) : icon("close", t("coverage.not_met")))),
  );
  const heads = [t("coverage.head.cameras"), t("coverage.head.seen"), t("coverage.head.places"), t("coverage.met")];
  return h("div", {},
    h("p.note", {}, t("coverage.met_of", { n: format.number(found.met.n), all: format.number(found.met.of) })),
    h("div.table-wrap", { tabindex: 0, role: "region", "aria-label": t("coverage.by") },
      h("table.table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("coverage.by")), heads.map((text) => h("th.num", { scope: "col" }, text)))), h("tbody", {}, rows))),
    found.items.length > SHOWN ? h("p.note", {}, t("table.rest", { n: format.number(found.items.length - SHOWN) })) : null);
}
