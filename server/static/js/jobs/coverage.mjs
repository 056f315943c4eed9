/** 视频覆盖: camera sites, density and gaps: the figures, what is offline, where the gaps that matter are. */

import { h, icon, replace } from "../dom.mjs";
import * as format from "../format.mjs";
import { onLanguage, t } from "../i18n.mjs";
import { block, figures } from "../parts/figures.mjs";
import { empty, loadInto } from "../parts/states.mjs";
import { choice, openWork } from "./common.mjs";

/** @type {any} */
const root = globalThis;
const SHOWN = 40;
const TARGET_WORKING = 0.98;

/** @param {any} app */
export function mount(app) {
  const draw = () => {
    const body = openWork(app, "job.coverage");
    if (!app.city.counts?.cameras) {
      const go = app.can("import.run")
        ? h(
            "button.button.primary",
            { type: "button", on: { click: () => app.openJob("data") } },
            t("data.import_cameras"),
          )
        : null;
      return replace(body, empty(t("coverage.none"), go));
    }
    const { layers } = app.store.get();
    const shown = layers.gaps !== undefined ? "gaps" : layers.coverage !== undefined ? "coverage" : "none";
    const place = h("div.block");
    const show = (/** @type {string} */ id) => {
      for (const one of ["coverage", "gaps"])
        if (one !== id && app.store.get().layers[one] !== undefined) app.layers.toggle(one, false);
      if (id !== "none") app.layers.toggle(id, true);
    };
    const options = /** @type {[string, string][]} */ ([
      ["coverage", t("layer.coverage")],
      ...(app.can("gap.read") ? [["gaps", t("layer.gaps")]] : []),
      ...(app.can("camera.read") ? [["none", t("coverage.only_sites")]] : []),
    ]);
    replace(
      body,
      choice({ name: "coverage", legend: t("coverage.show"), options, value: shown, onChange: show }),
      place,
      h("p.note", {}, t("coverage.note")),
    );
    loadInto(place, () => summary(app, shown));
    return undefined;
  };
  const layersChanged = () => {
    const { layers } = app.store.get();
    const now = `${layers.gaps !== undefined}${layers.coverage !== undefined}`;
    if (now !== before) draw();
    before = now;
  };
  let before = "";
  const stops = [
    onLanguage(draw),
    app.store.on(["layers"], layersChanged),
    app.store.on(["legendTurn"], () => app.layers.layer("gaps")?.data() && gapsDrawn(app)),
  ];
  draw();
  return () => stops.forEach((stop) => stop());
}

/**
 * @param {any} app
 * @param {string} shown
 */
async function summary(app, shown) {
  if (!app.can("camera.read")) return h("p.note", {}, t("coverage.bands"));
  const cameras = await app.items("cameras");
  const online = cameras.filter((/** @type {any} */ one) => one.status === "online").length;
  const offline = cameras.filter((/** @type {any} */ one) => one.status === "offline");
  const known = online + offline.length;
  const assumed = cameras.filter((/** @type {any} */ one) => one.defaulted?.length).length;
  const go = (/** @type {any} */ one) => () => {
    app.goTo(one);
    app.select({ kind: "camera", id: String(one.id) });
  };
  return h(
    "div",
    {},
    block(
      t("panel.figures"),
      figures([
        { label: t("kinds.cameras"), value: format.number(cameras.length), why: t("why.cameras") },
        {
          label: t("coverage.working"),
          value: format.percent(known ? online / known : null),
          beside: t("coverage.target", { share: format.percent(TARGET_WORKING) }),
          why: t("why.working"),
        },
        { label: t("camera.status.offline"), value: format.number(offline.length) },
        { label: t("coverage.assumed"), value: format.number(assumed), why: t("why.assumed") },
      ]),
    ),
    shown === "gaps" ? h("div.block", { id: "gap-list" }, gapRows(app)) : null,
    offline.length
      ? block(
          t("coverage.offline"),
          h(
            "ul.items",
            {},
            offline
              .slice(0, SHOWN)
              .map((/** @type {any} */ one) =>
                h(
                  "li",
                  {},
                  h(
                    "button.item",
                    { type: "button", on: { click: go(one) } },
                    h("span.grow", {}, one.name || one.code || one.id, h("span.note", {}, one.code ?? "")),
                    icon("target"),
                  ),
                ),
              ),
          ),
          format.number(offline.length),
        )
      : null,
  );
}

/** The worst gaps arrive with the layer. @param {any} app */
function gapsDrawn(app) {
  const place = document.getElementById("gap-list");
  if (place) replace(place, gapRows(app));
}

/** @param {any} app */
function gapRows(app) {
  const data = app.layers.layer("gaps")?.data();
  if (!data) return h("p.note", {}, t("state.loading"));
  const order = Array.from({ length: data.n }, (_, i) => i)
    .sort((a, b) => data.columns.value[b] - data.columns.value[a])
    .slice(0, SHOWN);
  if (!order.length) return empty(t("coverage.no_gaps"));
  const go = (/** @type {string} */ cell) => () => {
    const [lat, lng] = root.h3.cellToLatLng(cell);
    app.goTo({ lat, lng });
    if (data.res === app.city.resolution) app.select({ kind: "cell", id: cell });
  };
  return block(
    t("coverage.worst"),
    h(
      "ol.items",
      {},
      order.map((i, rank) => {
        const cell = data.cells[i].toString(16);
        return h(
          "li",
          {},
          h(
            "button.item",
            { type: "button", on: { click: go(cell) } },
            h("span.tag", {}, rank + 1),
            h(
              "span.grow",
              {},
              t("coverage.gap_line", {
                n: format.number(data.columns.n[i]),
                share: format.percent(data.columns.covered[i]),
              }),
              h("span.note", {}, h("code", {}, cell)),
            ),
            icon("target"),
          ),
        );
      }),
    ),
    t("coverage.by_need"),
  );
}
