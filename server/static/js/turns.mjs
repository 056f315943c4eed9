/** Of several answers that were asked for one after another, only the newest may be shown: an older one can come last. */

/**
 * A function that begins a turn; what it returns tells whether that turn is still the newest.
 * @returns {() => () => boolean}
 */
export function createTurns() {
  let newest = 0;
  return () => {
    const mine = ++newest;
    return () => mine === newest;
  };
}
