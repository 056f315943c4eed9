/** Small geometry on GeoJSON and points. Degrees in, metres and km² out; pure. */

const EARTH_M = 6_371_008.8;
const RAD = Math.PI / 180;

/**
 * Bounds of a GeoJSON geometry: [west, south, east, north].
 * @param {{coordinates: any}} geometry
 * @returns {[number, number, number, number]}
 */
export function boundsOf(geometry) {
  /** @type {[number, number, number, number]} */
  const box = [180, 90, -180, -90];
  const visit = (/** @type {any} */ part) => {
    if (typeof part[0] === "number") {
      box[0] = Math.min(box[0], part[0]);
      box[1] = Math.min(box[1], part[1]);
      box[2] = Math.max(box[2], part[0]);
      box[3] = Math.max(box[3], part[1]);
    } else part.forEach(visit);
  };
  visit(geometry.coordinates);
  return box;
}

/**
 * A point to write a polygon's name at: the middle of the widest stretch inside along the middle of its largest part.
 * @param {{type: string, coordinates: any}} geometry Polygon or MultiPolygon
 * @returns {{lat: number, lng: number}}
 */
export function labelPoint(geometry) {
  const polygons = geometry.type === "MultiPolygon" ? geometry.coordinates : [geometry.coordinates];
  const rings = polygons.reduce((/** @type {any} */ best, /** @type {any} */ one) =>
    flatArea(one[0]) > flatArea(best[0]) ? one : best,
  );
  const box = boundsOf({ coordinates: rings[0] });
  let found = { lat: (box[1] + box[3]) / 2, lng: (box[0] + box[2]) / 2, wide: 0 };
  for (const share of [0.5, 0.4, 0.6, 0.3, 0.7]) {
    const lat = box[1] + (box[3] - box[1]) * share;
    const cuts = crossings(rings, lat);
    for (let i = 0; i + 1 < cuts.length; i += 2) {
      const wide = cuts[i + 1] - cuts[i];
      if (wide > found.wide * 1.15) found = { lat, lng: (cuts[i] + cuts[i + 1]) / 2, wide };
    }
  }
  return { lat: found.lat, lng: found.lng };
}

/**
 * Great-circle distance in metres.
 * @param {{lat: number, lng: number}} a
 * @param {{lat: number, lng: number}} b
 */
export function distanceM(a, b) {
  const half =
    Math.sin(((b.lat - a.lat) * RAD) / 2) ** 2 +
    Math.cos(a.lat * RAD) * Math.cos(b.lat * RAD) * Math.sin(((b.lng - a.lng) * RAD) / 2) ** 2;
  return 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(half)));
}

/**
 * Area on the sphere of the polygon through the points, km².
 * @param {{lat: number, lng: number}[]} points
 */
export function areaKm2(points) {
  let sum = 0;
  for (let i = 0; i < points.length; i += 1) {
    const [a, b] = [points[i], points[(i + 1) % points.length]];
    sum += (b.lng - a.lng) * RAD * (2 + Math.sin(a.lat * RAD) + Math.sin(b.lat * RAD));
  }
  return Math.abs((sum * EARTH_M ** 2) / 2) / 1e6;
}

/**
 * Give every box a colour number so that touching boxes differ: the most entangled first, the least used colour.
 * @param {number[][]} near as of `touchingBoxes`
 * @param {number} colours how many there are
 * @returns {number[]} where `colours` do not suffice the least used one is taken
 */
export function colourBoxes(near, colours) {
  const order = near.map((_, i) => i).sort((a, b) => near[b].length - near[a].length || a - b);
  const chosen = new Array(near.length).fill(-1);
  const used = new Array(colours).fill(0);
  for (const i of order) {
    const taken = new Array(colours).fill(0);
    for (const j of near[i]) if (chosen[j] >= 0) taken[chosen[j]] += 1;
    let best = 0;
    for (let k = 1; k < colours; k += 1) {
      if (taken[k] < taken[best] || (taken[k] === taken[best] && used[k] < used[best])) best = k;
    }
    chosen[i] = best;
    used[best] += 1;
  }
  return chosen;
}

/**
 * For each box the positions of those that it meets.
 * @param {[number, number, number, number][]} boxes west, south, east, north
 * @returns {number[][]}
 */
export function touchingBoxes(boxes) {
  const order = boxes.map((_, i) => i).sort((a, b) => boxes[a][0] - boxes[b][0]);
  /** @type {number[][]} */
  const near = boxes.map(() => []);
  const slack = 1e-6;
  for (let p = 0; p < order.length; p += 1) {
    const i = order[p];
    for (let q = p + 1; q < order.length && boxes[order[q]][0] <= boxes[i][2] + slack; q += 1) {
      const j = order[q];
      if (boxes[j][1] <= boxes[i][3] + slack && boxes[i][1] <= boxes[j][3] + slack) {
        near[i].push(j);
        near[j].push(i);
      }
    }
  }
  return near;
}

/** @param {[number, number][]} ring */
function flatArea(ring) {
  let sum = 0;
  for (let i = 0; i + 1 < ring.length; i += 1) sum += ring[i][0] * ring[i + 1][1] - ring[i + 1][0] * ring[i][1];
  return Math.abs(sum);
}

/**
 * Longitudes where the rings cross a parallel, ascending.
 * @param {[number, number][][]} rings
 * @param {number} lat
 */
function crossings(rings, lat) {
  const cuts = [];
  for (const ring of rings) {
    for (let i = 0; i + 1 < ring.length; i += 1) {
      const [[x1, y1], [x2, y2]] = [ring[i], ring[i + 1]];
      if (y1 > lat !== y2 > lat) cuts.push(x1 + ((lat - y1) / (y2 - y1)) * (x2 - x1));
    }
  }
  return cuts.sort((a, b) => a - b);
}
