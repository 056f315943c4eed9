/**
 * The slider and the play button: the map goes through the window by days, weeks or months. The counts of all steps
 * are fetched once; a step is only a change of colours.
 */

import { h, icon, replace } from "../dom.mjs";
import { t } from "../i18n.mjs";
import { select } from "./controls.mjs";

const STEP_MS = 700;
const STEPS = ["day", "week", "month"];

/** @param {any} app */
export function createPlayer(app) {
  const { store } = app;
  const controls = h("div.row.tight");
  let timer = 0;
  const count = () => app.layers.layer("heat")?.steps()?.length ?? 0;
  const slider = h("input.strip-slider", { type: "range", min: 0, max: 0, step: 1, value: 0 });
  const play = square("play", () => toggle());
  const back = square("back", () => move(-1));
  const forth = square("chevron", () => move(1));
  const begin = () => {
    if (store.get().layers.heat === undefined) app.layers.toggle("heat", true);
    if (store.get().frame === null) store.set({ frame: 0 });
  };
  const move = (/** @type {number} */ by) => {
    const steps = count();
    if (store.get().frame === null || !steps) return begin();
    return store.set({ frame: (store.get().frame + by + steps) % steps });
  };
  const stop = () => {
    clearInterval(timer);
    timer = 0;
  };
  const toggle = () => {
    if (timer) stop();
    else {
      begin();
      timer = window.setInterval(() => move(1), STEP_MS);
    }
    update();
  };
  const update = () => {
    const { frame } = store.get();
    if (frame === null) stop();
    const steps = count();
    slider.max = String(Math.max(0, steps - 1));
    slider.value = String(Math.min(frame ?? 0, Math.max(0, steps - 1)));
    slider.setAttribute("aria-valuetext", steps ? t("strip.step_of", { i: Number(slider.value) + 1, n: steps }) : "");
    const pressed = String(timer !== 0);
    if (play.getAttribute("aria-pressed") !== pressed) replace(play, icon(timer ? "pause" : "play"));
    play.setAttribute("aria-pressed", pressed);
    name(play, t(timer ? "strip.pause" : "strip.play"));
  };
  const redraw = () => {
    const options = STEPS.map((id) => /** @type {[string, string]} */ ([id, t(`strip.step.${id}`)]));
    const step = select(options, store.get().step, (value) =>
      store.set({ step: value, frame: store.get().frame === null ? null : 0 }),
    );
    step.setAttribute("aria-label", t("strip.step"));
    name(back, t("strip.back"));
    name(forth, t("strip.forth"));
    slider.setAttribute("aria-label", t("strip.slider"));
    replace(controls, play, back, slider, forth, step);
    update();
  };
  slider.addEventListener("pointerdown", () => store.get().frame === null && begin());
  slider.addEventListener("input", () => store.set({ frame: Number(slider.value) }));
  redraw();
  return { controls, stop, update, redraw };
}

/**
 * @param {string} shape icon
 * @param {() => void} run
 */
function square(shape, run) {
  return h("button.button.square", { type: "button", on: { click: run } }, icon(shape));
}

/**
 * @param {HTMLElement} button
 * @param {string} label
 */
function name(button, label) {
  button.setAttribute("aria-label", label);
  button.title = label;
}
