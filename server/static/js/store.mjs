/**
 * What the page is showing, in one place. Parts read it, change it with `set`, and listen to the
 * names that they draw. Values are replaced, never changed in place.
 */

/**
 * @template {Record<string, any>} T
 * @param {T} initial
 */
export function createStore(initial) {
  /** @type {T} */
  let state = { ...initial };
  /** @type {Set<{names: (keyof T)[], listener: (state: T, changed: Set<keyof T>) => void}>} */
  const listeners = new Set();
  return {
    /** @returns {Readonly<T>} */
    get: () => state,
    /** @param {Partial<T>} patch */
    set(patch) {
      const changed = new Set(
        /** @type {(keyof T)[]} */ (Object.keys(patch)).filter((name) => state[name] !== patch[name]),
      );
      if (!changed.size) return;
      state = { ...state, ...patch };
      for (const { names, listener } of [...listeners]) {
        if (names.some((name) => changed.has(name))) listener(state, changed);
      }
    },
    /**
     * Call `listener` when one of `names` has changed. Returns a function that stops it.
     * @param {(keyof T)[]} names
     * @param {(state: T, changed: Set<keyof T>) => void} listener
     */
    on(names, listener) {
      const entry = { names, listener };
      listeners.add(entry);
      return () => {
        listeners.delete(entry);
      };
    },
  };
}

/**
 * A value remembered by this browser. Where storage is refused the page works and forgets.
 * @template T
 * @param {string} name
 * @param {T} fallback
 */
export function remembered(name, fallback) {
  const key = `gezhi.${name}`;
  return {
    /** @returns {T} */
    get() {
      try {
        const text = localStorage.getItem(key);
        return text === null ? fallback : JSON.parse(text);
      } catch {
        return fallback;
      }
    },
    /** @param {T} value */
    set(value) {
      try {
        localStorage.setItem(key, JSON.stringify(value));
      } catch {
        return;
      }
    },
  };
}
