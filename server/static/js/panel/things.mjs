/** Points on the map: a camera site, a centre, a worker's post, a key place. */

import { h, icon } from "../dom.mjs";
import * as format from "../format.mjs";
import { t, tOr } from "../i18n.mjs";
import { button, pressList } from "../parts/controls.mjs";
import { block, facts } from "../parts/figures.mjs";
import { actions, tierName } from "./common.mjs";

/**
 * @param {any[]} items
 * @param {string} id
 */
function find(items, id) {
  return items.find((one) => String(one.id) === id) ?? null;
}

/** @param {string} kind @returns {import("./index.mjs").Content} */
function gone(kind) {
  return { title: t(`kind.${kind}`), body: h("p.empty", {}, t("advice.gone")) };
}

/**
 * @param {any} app
 * @param {string} id
 * @returns {Promise<import("./index.mjs").Content>}
 */
export async function cameraPanel(app, id) {
  const camera = find(await app.items("cameras"), id);
  if (!camera) return gone("camera");
  const assumed = new Set(camera.defaulted ?? []);
  const mark = (/** @type {string} */ field, /** @type {string} */ text) =>
    assumed.has(field) ? [text, " ", h("span.tag.warn", {}, t("camera.assumed"))] : text;
  const online = camera.status === "online";
  return {
    title: camera.name || camera.code || t("kind.camera"),
    body: h(
      "div",
      {},
      h(
        "p.row.wrap",
        {},
        h("code", {}, camera.code ?? camera.id),
        h(
          "span",
          { class: `tag ${online ? "good" : camera.status === "offline" ? "bad" : ""}` },
          tOr(`camera.status.${camera.status}`, camera.status),
        ),
      ),
      block(
        t("camera.site"),
        facts([
          [t("camera.kind"), mark("kind", tOr(`camera.kind.${camera.kind}`, camera.kind))],
          [
            t("camera.heading"),
            camera.heading_deg === null
              ? t("camera.all_round")
              : mark("heading", `${format.number(camera.heading_deg)}°`),
          ],
          [t("camera.angle"), mark("angle", `${format.number(camera.angle_deg)}°`)],
          [t("camera.range"), mark("range", `${format.number(camera.range_m)} m`)],
          [t("cell.centre"), format.point(camera.lat, camera.lng)],
        ]),
      ),
      block(t("camera.register"), facts(register(camera))),
      h("p.note", {}, t("camera.note")),
      block(t("panel.can_do"), actions(app, camera)),
    ),
  };
}

/**
 * What the register says; what it must say and does not is shown as missing.
 * @param {any} camera
 * @returns {[string, import("../dom.mjs").Child][]}
 */
function register(camera) {
  const said = (/** @type {string} */ text) => text || h("span.tag.warn", {}, t("camera.unsaid"));
  const flag = (/** @type {number | null} */ value) => said(value === null ? "" : t(value ? "camera.yes" : "camera.no"));
  return [
    [t("camera.owner"), said(camera.owner_class ? t(`camera.owner.${camera.owner_class}`) : "")],
    [t("camera.purpose"), said(camera.purpose)],
    [t("camera.legal_basis"), said(camera.legal_basis)],
    [t("camera.sign"), flag(camera.sign_present)],
    [t("camera.networked"), flag(camera.networked)],
    [t("camera.height"), camera.height_m === null ? null : `${format.number(camera.height_m, 1)} m`],
    [t("camera.tilt"), camera.tilt_deg === null ? null : `${format.number(Math.abs(camera.tilt_deg))}°`],
    [t("camera.masked"), camera.masked.map((/** @type {number[]} */ arc) => `${arc[0]}°–${arc[1]}°`).join(", ")],
    [t("camera.since"), camera.status_since],
    [t("camera.review"), camera.review_on],
  ];
}

/**
 * @param {any} app
 * @param {string} id
 * @returns {Promise<import("./index.mjs").Content>}
 */
export async function centrePanel(app, id) {
  const items = await app.items("centres");
  const centre = find(items, id);
  if (!centre) return gone("centre");
  const parent = centre.parent ? find(items, String(centre.parent)) : null;
  const below = items.filter((/** @type {any} */ one) => String(one.parent) === id);
  const open = (/** @type {any} */ one) => {
    app.goTo(one);
    app.select({ kind: "centre", id: String(one.id) });
  };
  const above = parent ? button(".link", parent.name, () => open(parent)) : t("centre.missing");
  const row = (/** @type {any} */ one) => [
    h("span.tag", {}, tierName(one.tier)),
    h("span.grow", {}, one.name),
    icon("chevron"),
  ];
  const region = centre.region ? h("span.note", {}, centre.region.name) : null;
  return {
    title: centre.name,
    body: h(
      "div",
      {},
      h("p.row.wrap", {}, h("span.tag", {}, tierName(centre.tier)), region),
      block(
        t("panel.figures"),
        facts([
          [t("centre.grids"), format.number(centre.grids)],
          [t("centre.parent"), centre.tier === "city" ? null : above],
          [t("cell.centre"), format.point(centre.lat, centre.lng)],
        ]),
      ),
      below.length ? block(t("centre.below"), pressList(below, row, open), format.number(below.length)) : null,
      block(t("panel.can_do"), actions(app, centre)),
    ),
  };
}

/**
 * @param {any} app
 * @param {string} id
 * @returns {Promise<import("./index.mjs").Content>}
 */
export async function workerPanel(app, id) {
  const [items, list] = await Promise.all([app.items("workers"), app.grids().catch(() => null)]);
  const worker = find(items, id);
  if (!worker) return gone("worker");
  const codes = new Set(worker.grids ?? []);
  const grids = (list?.grids ?? []).filter((/** @type {any} */ grid) => codes.has(grid.code));
  return {
    title: worker.name || t("worker.unnamed"),
    body: h(
      "div",
      {},
      h("p.row.wrap", {}, h("span.tag", {}, tOr(`post.${worker.post}`, worker.post || t("kind.worker")))),
      block(
        t("worker.post"),
        facts([
          [
            t("worker.skills"),
            (Array.isArray(worker.skills) ? worker.skills : String(worker.skills ?? "").split(/[;,、]/))
              .filter(Boolean)
              .join(" · "),
          ],
          [
            t("worker.grids"),
            grids.length
              ? grids.map((/** @type {any} */ grid) =>
                  h(
                    "button.button.link",
                    { type: "button", on: { click: () => app.select({ kind: "grid", id: String(grid.label) }) } },
                    grid.name || grid.code,
                  ),
                )
              : t("worker.no_grid"),
          ],
          [t("worker.base"), format.point(worker.lat, worker.lng)],
        ]),
      ),
      h("p.note", {}, t("worker.note")),
      block(t("panel.can_do"), actions(app, worker)),
    ),
  };
}

/**
 * @param {any} app
 * @param {string} id
 * @returns {Promise<import("./index.mjs").Content>}
 */
export async function placePanel(app, id) {
  const place = find(await app.items("places"), id);
  if (!place) return gone("place");
  return {
    title: place.name,
    body: h(
      "div",
      {},
      h("p", {}, h("span.tag", {}, tOr(`place.${place.kind}`, place.kind))),
      block(t("panel.figures"), facts([[t("cell.centre"), format.point(place.lat, place.lng)]])),
      block(t("panel.can_do"), actions(app, place)),
    ),
  };
}
