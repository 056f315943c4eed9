/** What has been read from the server, kept until the city's data change. */

/**
 * @template T
 * @param {(path: string) => Promise<T>} load
 */
export function createCache(load) {
  /** @type {Map<string, Promise<T>>} */
  const kept = new Map();
  return {
    /**
     * Read a path once; a failure is not kept.
     * @param {string} path
     * @param {(path: string) => Promise<any>} [how] another way of loading it
     * @returns {Promise<any>}
     */
    read(path, how = load) {
      const known = kept.get(path);
      if (known) return known;
      const asked = how(path);
      kept.set(path, asked);
      asked.catch(() => kept.get(path) === asked && kept.delete(path));
      return asked;
    },
    /** Forget everything. */
    clear: () => kept.clear(),
  };
}
