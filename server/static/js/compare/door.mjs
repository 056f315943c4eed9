/** Opens and closes the comparison of two plans as the store says; its module is loaded when it is first wanted. */

import { failed } from "../parts/toasts.mjs";

/** @param {any} app */
export function connectComparison(app) {
  /** @type {(() => void) | null} */
  let close = null;
  let opening = false;
  const follow = async () => {
    const wanted = () => Boolean(app.store.get().beside);
    if (!wanted()) {
      close?.();
      close = null;
      return;
    }
    if (close || opening) return;
    opening = true;
    try {
      const { openComparison } = await import("./index.mjs");
      if (wanted()) close = openComparison(app);
    } catch (failure) {
      failed(failure);
    }
    opening = false;
  };
  app.store.on(["beside"], follow);
  follow();
}
