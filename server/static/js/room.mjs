/** What lies over the map leaves a free rectangle of it; a fitted view stands in that. Pixels throughout. */

/**
 * @typedef {{top: number, right: number, bottom: number, left: number}} Sides
 * @typedef {{left: number, top: number, right: number, bottom: number}} Box
 */

/** What lies over the map is not avoided where that would make the target smaller than this share. */
const LEAST = 0.7;

/**
 * How far from each side of the map a target stays, so that nothing lies over it; of the ways to keep clear of each box
 * (beside it, above or below it) those that leave the target largest.
 * @param {{x: number, y: number}} size of the map
 * @param {Sides} margins that hold anyway
 * @param {Box[]} boxes what lies over the map, in pixels of it
 * @param {number} aspect width by height of the target on the map
 * @returns {Sides}
 */
export function clearOf(size, margins, boxes, aspect) {
  const scale = (/** @type {Sides} */ one) => Math.min((size.x - one.left - one.right) / aspect, size.y - one.top - one.bottom);
  let best = margins;
  for (const box of boxes) {
    const ways = [
      { ...best, left: Math.max(best.left, box.right) },
      { ...best, right: Math.max(best.right, size.x - box.left) },
      { ...best, top: Math.max(best.top, box.bottom) },
      { ...best, bottom: Math.max(best.bottom, size.y - box.top) },
    ];
    const way = ways.reduce((one, other) => (scale(other) > scale(one) ? other : one));
    if (scale(way) >= LEAST * scale(margins)) best = way;
  }
  return best;
}
