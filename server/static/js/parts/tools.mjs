/** The buttons on the map: zoom, whole city, layers, measure, full screen, print. */

import { byId, h, icon, replace } from "../dom.mjs";
import { onLanguage, t } from "../i18n.mjs";
import { addKey } from "./keys.mjs";

/**
 * @param {any} app
 * @param {{toggleLayers: () => void, print: () => void}} run
 */
export function createTools(app, { toggleLayers, print }) {
  const { map, store } = app;
  const measure = () => store.set({ measuring: !store.get().measuring });
  const full = () =>
    (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()).catch(
      () => undefined,
    );
  const whole = () => app.goTo({ bbox: app.city.bbox });

  const draw = () => {
    const { layersOpen, measuring } = store.get();
    replace(
      byId("map-tools"),
      group(
        tool("plus", "tool.zoom_in", () => map.zoomIn(1)),
        tool("minus", "tool.zoom_out", () => map.zoomOut(1)),
        tool("home", "tool.whole_city", whole),
      ),
      group(tool("layers", "layers.title", toggleLayers, { pressed: layersOpen, key: "Y" })),
      group(
        tool("measure", "tool.measure", measure, { pressed: measuring, key: "R" }),
        tool("fullscreen", "tool.fullscreen", full, { extra: true }),
        tool("print", "tool.print", print, { extra: true }),
      ),
    );
  };
  addKey({ key: "y", shown: "Y", text: "keys.layers", run: toggleLayers });
  addKey({ key: "r", shown: "R", text: "keys.measure", run: measure });
  addKey({ key: "h", shown: "H", text: "keys.whole_city", run: whole });
  addKey({ key: "f", shown: "F", text: "keys.fullscreen", run: full });
  store.on(["layersOpen", "measuring"], draw);
  onLanguage(draw);
  draw();
}

/** @param {...any} tools */
function group(...tools) {
  return h("div.tool-group", {}, tools);
}

/**
 * @param {string} name icon
 * @param {string} text catalogue key
 * @param {() => void} run
 * @param {{pressed?: boolean, key?: string, extra?: boolean}} [more]
 */
function tool(name, text, run, { pressed, key, extra } = {}) {
  const label = t(text);
  return h(
    `button.tool${extra ? ".tool-extra" : ""}`,
    {
      type: "button",
      "aria-label": label,
      title: key ? `${label} (${key})` : label,
      "aria-pressed": pressed === undefined ? null : String(pressed),
      on: { click: run },
    },
    icon(name),
  );
}
