/** The list of layers: grouped switches with opacity, a choice where a layer has one, and how loading goes. */

import { h, icon, replace } from "../dom.mjs";
import { onLanguage, t } from "../i18n.mjs";

const GROUPS = ["grids", "people", "incidents", "cameras", "ground"];

/**
 * @param {any} app
 * @param {HTMLElement} place
 * @param {() => void} close
 */
export function createLayerList(app, place, close) {
  const draw = () => {
    const focused = place.querySelector(":focus")?.id;
    const { layers, choices, layerStates } = app.store.get();
    replace(
      place,
      h(
        "div.map-layers-head",
        {},
        h("h2", {}, t("layers.title")),
        h(
          "button.button.quiet.square",
          { type: "button", "aria-label": t("action.close"), on: { click: close } },
          icon("close"),
        ),
      ),
      h(
        "div.map-layers-body",
        {},
        GROUPS.map((group) => {
          const members = app.layers.kinds.filter(
            (/** @type {any} */ kind) => kind.group === group && app.can(kind.needs),
          );
          if (!members.length) return null;
          return h(
            "div.layer-group",
            { role: "group", "aria-label": t(`layers.group.${group}`) },
            h("h3", {}, t(`layers.group.${group}`)),
            members.map((/** @type {any} */ kind) =>
              row(app, kind, layers[kind.id], choices[kind.id], layerStates[kind.id]),
            ),
          );
        }),
      ),
    );
    if (focused) document.getElementById(focused)?.focus();
  };
  app.store.on(["layers", "choices", "layerStates"], draw);
  onLanguage(draw);
  draw();
}

/**
 * @param {any} app
 * @param {any} kind
 * @param {number | undefined} opacity undefined: off
 * @param {string | undefined} choice
 * @param {any} state
 */
function row(app, kind, opacity, choice, state) {
  const on = opacity !== undefined;
  const name = t(`layer.${kind.id}`);
  const toggle = (/** @type {any} */ event) => app.layers.toggle(kind.id, event.target.checked);
  const fade = (/** @type {any} */ event) => app.layers.fade(kind.id, Number(event.target.value) / 100);
  const choose = (/** @type {any} */ event) => app.layers.choose(kind.id, event.target.value);
  return h(
    "div.layer",
    {},
    h(
      "label",
      {},
      h("input", { type: "checkbox", id: `layer-${kind.id}`, checked: on, on: { change: toggle } }),
      h("span", {}, name),
    ),
    on && !kind.plain
      ? h("input", {
          type: "range",
          min: 10,
          max: 100,
          step: 5,
          value: Math.round(opacity * 100),
          id: `fade-${kind.id}`,
          "aria-label": t("layers.opacity", { layer: name }),
          title: t("layers.opacity", { layer: name }),
          on: { change: fade },
        })
      : h("span"),
    on && kind.choices
      ? h(
          "select.field.layer-choice",
          { id: `choice-${kind.id}`, "aria-label": name, on: { change: choose } },
          kind.choices.map((/** @type {string} */ id) =>
            h("option", { value: id, selected: id === (choice ?? kind.choices[0]) }, t(`layer.${kind.id}.${id}`)),
          ),
        )
      : null,
    on && state?.text ? h(`span.layer-state${state.bad ? ".bad" : ""}`, {}, state.text) : null,
  );
}
