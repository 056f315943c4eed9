/** 一张图: the map by itself. No column; the layer list is open where there is room for it. */

/** @param {any} app */
export function mount(app) {
  app.hideWork();
  return () => undefined;
}
