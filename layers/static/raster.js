/**
 * Where cells are on the map: reading a payload, locating its cells, and which cell owns which pixel.
 *
 * A plain script without imports, so that it runs in the live page, in an export opened from file:// and in Node. It
 * needs no page; h3-js is handed in. World coordinates are Web Mercator from 0 to 1, x to the east and y to the south.
 *
 * An id buffer holds for every pixel 1 + the position of the cell that owns it, 0 for none.
 */
(function (root) {
  'use strict';

  // ---- GZH1 -------------------------------------------------------------------------------------------------------

  const ARRAYS = {
    u1: Uint8Array, u2: Uint16Array, u4: Uint32Array, u8: BigUint64Array,
    i4: Int32Array, f4: Float32Array, f8: Float64Array,
  };

  /**
   * @param {ArrayBuffer} buffer a GZH1 payload
   * @returns {{n: number, res: number, cells: BigUint64Array, columns: Object<string, ArrayLike<number>>, meta: Object}}
   */
  function decode(buffer) {
    const view = new DataView(buffer);
    if (buffer.byteLength < 8 || view.getUint32(0, false) !== 0x475a4831) throw new Error('not a GZH1 payload');
    const start = 8 + view.getUint32(4, true);
    const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, start - 8)));
    const columns = Object.create(null);
    for (const one of header.columns) columns[one.name] = new ARRAYS[one.dtype](buffer, start + one.offset, header.n);
    const cells = columns.cell;
    delete columns.cell;
    return {n: header.n, res: header.res, cells, columns, meta: header.meta};
  }

  /** Position of `cell` in the ascending `cells`, or -1. */
  function positionOf(cells, cell) {
    let low = 0;
    let high = cells.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const found = cells[middle];
      if (found === cell) return middle;
      if (found < cell) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  // ---- lattice: where the cells are -------------------------------------------------------------------------------
  //
  // Seven centres of a patch (all cells of one ancestor a few resolutions up) fix an affine map from the H3 lattice to
  // the world, and the digits of an id are the place in the lattice; so 500 000 centres cost a few thousand calls of
  // h3-js. A patch whose seven centres do not fit within FIT of a cell (pentagons, edges of the icosahedron, large
  // cells) is split, at last into single cells asked one by one.

  const FIT = 0.01;
  const DEPTH = 4;
  const FEW = 12;
  // Unit steps of the seven digits in the lattice's two axes, and the corners of a cell (thirds of three neighbours).
  const STEP_A = [0, -1, 0, -1, 1, 0, 1, 0];
  const STEP_B = [0, -1, 1, 0, 0, -1, 1, 0];
  const CORNER_A = [2 / 3, 1 / 3, -1 / 3, -2 / 3, -1 / 3, 1 / 3];
  const CORNER_B = [1 / 3, 2 / 3, 1 / 3, -1 / 3, -2 / 3, -1 / 3];

  function worldX(lng) {
    return lng / 360 + 0.5;
  }

  function worldY(lat) {
    const limited = Math.max(-85.0511287798, Math.min(85.0511287798, lat));
    return 0.5 - Math.log(Math.tan(Math.PI / 4 + (limited * Math.PI) / 360)) / (2 * Math.PI);
  }

  function lngOf(x) {
    return (x - 0.5) * 360;
  }

  function latOf(y) {
    return (Math.atan(Math.exp((0.5 - y) * 2 * Math.PI)) * 360) / Math.PI - 90;
  }

  /** Lattice coordinates of all 8^depth digit strings below a cell of resolution `res - depth`, in cells of `res`. */
  function latticeTable(res, depth) {
    let a = new Float64Array(1);
    let b = new Float64Array(1);
    for (let r = res - depth + 1; r <= res; r++) {
      const nextA = new Float64Array(a.length * 8);
      const nextB = new Float64Array(a.length * 8);
      for (let i = 0; i < a.length; i++) {
        const downA = r % 2 ? 2 * a[i] + b[i] : 3 * a[i] - b[i];
        const downB = r % 2 ? 3 * b[i] - a[i] : a[i] + 2 * b[i];
        for (let digit = 0; digit < 8; digit++) {
          nextA[i * 8 + digit] = downA + STEP_A[digit];
          nextB[i * 8 + digit] = downB + STEP_B[digit];
        }
      }
      a = nextA;
      b = nextB;
    }
    return {a, b};
  }

  /** The low `bits` bits (at most 30) of an id given as two words, after dropping `shift` bits. */
  function bitsOf(low, high, shift, bits) {
    const mask = (1 << bits) - 1;
    if (shift >= 32) return (high >>> (shift - 32)) & mask;
    if (shift === 0) return low & mask;
    return ((low >>> shift) | (high << (32 - shift))) & mask;
  }

  class Locator {
    /** @param {Object} h3 the h3-js module  @param {BigUint64Array} cells  @param {number} res */
    constructor(h3, cells, res) {
      this.h3 = h3;
      this.res = res;
      this.n = cells.length;
      this.cells = cells;
      this.words = new Uint32Array(cells.buffer, cells.byteOffset, cells.length * 2);
      this.x = new Float64Array(this.n);
      this.y = new Float64Array(this.n);
      /** start, end; m = [ax, bx, ay, by] from lattice to world or null; x0…y1 bounds of the centres; span of a cell */
      this.patches = [];
      this.tables = [];
      for (let depth = 0; depth <= DEPTH; depth++) this.tables.push(depth <= res ? latticeTable(res, depth) : null);
    }

    /** Locate everything, yielding after every patch so that a page can breathe. */
    *run() {
      const depth = Math.min(DEPTH, this.res);
      for (let start = 0; start < this.n;) {
        const end = this.patchEnd(start, this.n, depth);
        yield* this.locate(start, end, depth);
        start = end;
      }
      this.finish();
    }

    all() {
      for (const step of this.run()) void step;
      return this;
    }

    /** First position after `start` whose cell has another ancestor `depth` resolutions up. */
    patchEnd(start, limit, depth) {
      const shift = 3 * (15 - this.res + depth);
      const w = this.words;
      const low = shift < 32 ? w[2 * start] >>> shift : 0;
      const high = shift < 32 ? w[2 * start + 1] : w[2 * start + 1] >>> (shift - 32);
      let end = start + 1;
      while (end < limit) {
        const l = shift < 32 ? w[2 * end] >>> shift : 0;
        const h = shift < 32 ? w[2 * end + 1] : w[2 * end + 1] >>> (shift - 32);
        if (l !== low || h !== high) break;
        end++;
      }
      return end;
    }

    *locate(start, end, depth) {
      if (depth === 0 || end - start <= FEW) {
        this.oneByOne(start, end);
        yield end;
        return;
      }
      const fit = this.fit(start, depth);
      if (fit) {
        this.place(start, end, depth, fit);
        yield end;
        return;
      }
      for (let from = start; from < end;) {
        const to = this.patchEnd(from, end, depth - 1);
        yield* this.locate(from, to, depth - 1);
        from = to;
      }
    }

    /** Least-squares affine map through the centre and the six outermost descendants, or null where it does not fit. */
    fit(position, depth) {
      const shift = 3 * (15 - this.res);
      const below = (1n << BigInt(3 * depth)) - 1n;
      const base = this.cells[position] & ~(below << BigInt(shift));
      const {a, b} = this.tables[depth];
      const points = [];
      for (let digit = 0; digit < 7; digit++) {
        let code = 0;
        for (let i = 0; i < depth; i++) code = code * 8 + digit;
        const id = base | (BigInt(code) << BigInt(shift));
        const text = id.toString(16);
        if (!this.h3.isValidCell(text)) return null;
        const [lat, lng] = this.h3.cellToLatLng(text);
        points.push([a[code], b[code], worldX(lng), worldY(lat)]);
      }
      return affine(points);
    }

    place(start, end, depth, fit) {
      const {a, b} = this.tables[depth];
      const [x0, ax, bx, y0, ay, by] = fit;
      const shift = 3 * (15 - this.res);
      const w = this.words;
      const {x, y} = this;
      for (let i = start; i < end; i++) {
        const code = bitsOf(w[2 * i], w[2 * i + 1], shift, 3 * depth);
        x[i] = x0 + ax * a[code] + bx * b[code];
        y[i] = y0 + ay * a[code] + by * b[code];
      }
      this.patches.push({start, end, m: [ax, bx, ay, by]});
    }

    oneByOne(start, end) {
      for (let i = start; i < end; i++) {
        const [lat, lng] = this.h3.cellToLatLng([this.words[2 * i], this.words[2 * i + 1]]);
        this.x[i] = worldX(lng);
        this.y[i] = worldY(lat);
      }
      this.patches.push({start, end, m: null});
    }

    /** Bounds of every patch, and the spacing of cells: the mean of what the patches' maps say. */
    finish() {
      let sum = 0;
      let weight = 0;
      const bounds = [Infinity, Infinity, -Infinity, -Infinity];
      for (const patch of this.patches) {
        let x0 = Infinity, y0 = Infinity, x1 = -Infinity, y1 = -Infinity;
        for (let i = patch.start; i < patch.end; i++) {
          if (this.x[i] < x0) x0 = this.x[i];
          if (this.x[i] > x1) x1 = this.x[i];
          if (this.y[i] < y0) y0 = this.y[i];
          if (this.y[i] > y1) y1 = this.y[i];
        }
        Object.assign(patch, {x0, y0, x1, y1, spacing: 0});
        bounds[0] = Math.min(bounds[0], x0);
        bounds[1] = Math.min(bounds[1], y0);
        bounds[2] = Math.max(bounds[2], x1);
        bounds[3] = Math.max(bounds[3], y1);
        if (!patch.m) continue;
        const [ax, bx, ay, by] = patch.m;
        patch.spacing = Math.sqrt((Math.abs(ax * by - bx * ay) * 2) / Math.sqrt(3));
        sum += patch.spacing * (patch.end - patch.start);
        weight += patch.end - patch.start;
      }
      this.spacing = weight ? sum / weight : this.spacingByArea();
      for (const patch of this.patches) if (!patch.m) patch.spacing = this.spacing;
      this.bounds = bounds;
    }

    spacingByArea() {
      if (!this.n) return 0;
      const [lat] = this.h3.cellToLatLng(this.cells[0].toString(16));
      const km = this.h3.getHexagonEdgeLengthAvg(this.res, 'km') * Math.sqrt(3);
      return km / (40030 * Math.cos((lat * Math.PI) / 180));
    }
  }

  /** [x0, ax, bx, y0, ay, by] for points [a, b, x, y], or null when one is further than FIT of a cell from its place. */
  function affine(points) {
    const n = points.length;
    let ma = 0, mb = 0, mx = 0, my = 0;
    for (const [a, b, x, y] of points) { ma += a / n; mb += b / n; mx += x / n; my += y / n; }
    let aa = 0, ab = 0, bb = 0, xa = 0, xb = 0, ya = 0, yb = 0;
    for (const [a, b, x, y] of points) {
      aa += (a - ma) ** 2; ab += (a - ma) * (b - mb); bb += (b - mb) ** 2;
      xa += (x - mx) * (a - ma); xb += (x - mx) * (b - mb);
      ya += (y - my) * (a - ma); yb += (y - my) * (b - mb);
    }
    const det = aa * bb - ab * ab;
    const ax = (xa * bb - xb * ab) / det, bx = (xb * aa - xa * ab) / det;
    const ay = (ya * bb - yb * ab) / det, by = (yb * aa - ya * ab) / det;
    const x0 = mx - ax * ma - bx * mb, y0 = my - ay * ma - by * mb;
    const allowed = FIT * Math.sqrt(Math.abs(ax * by - bx * ay));
    for (const [a, b, x, y] of points) {
      const miss = Math.hypot(x0 + ax * a + bx * b - x, y0 + ay * a + by * b - y);
      if (!(miss <= allowed)) return null;
    }
    return [x0, ax, bx, y0, ay, by];
  }

  // ---- raster: which cell owns which pixel ------------------------------------------------------------------------

  const POINTS_BELOW = 2;
  const EXACT_ABOVE = 14;

  /**
   * Fill the id buffer of a square of `w` pixels whose top left pixel lies at (ox, oy) in a world of `scale` pixels.
   * @param {Locator} located  @param {(position: number) => Float64Array} outlineOf world x, y pairs of a cell's corners
   * @returns {boolean} whether any cell may be here
   */
  function fillIds(ids, w, ox, oy, scale, located, outlineOf) {
    const rows = {left: new Float64Array(w), right: new Float64Array(w)};
    let some = false;
    for (const patch of located.patches) {
      const reach = patch.spacing * 1.2 * scale + 1;
      if (patch.x1 * scale - ox < -reach || patch.x0 * scale - ox > w + reach) continue;
      if (patch.y1 * scale - oy < -reach || patch.y0 * scale - oy > w + reach) continue;
      some = true;
      const px = patch.spacing * scale;
      if (px < POINTS_BELOW) fillSquares(ids, w, ox, oy, scale, located, patch, px);
      else if (px > EXACT_ABOVE || !patch.m) fillOutlines(ids, w, ox, oy, scale, located, patch, outlineOf, rows);
      else fillHexagons(ids, w, ox, oy, scale, located, patch, rows);
    }
    if (some) closeSeams(ids, w);
    return some;
  }

  /** Cells under two pixels: the square that holds the hexagon, so no pixel inside the city stays empty. */
  function fillSquares(ids, w, ox, oy, scale, located, patch, px) {
    const half = Math.max(1, px * 1.155) / 2;
    const {x, y} = located;
    for (let i = patch.start; i < patch.end; i++) {
      const cx = x[i] * scale - ox - 0.5;
      const cy = y[i] * scale - oy - 0.5;
      const fromX = Math.max(0, Math.ceil(cx - half)), toX = Math.min(w, Math.ceil(cx + half));
      const fromY = Math.max(0, Math.ceil(cy - half)), toY = Math.min(w, Math.ceil(cy + half));
      for (let row = fromY; row < toY; row++) {
        for (let p = row * w + fromX; p < row * w + toX; p++) ids[p] = i + 1;
      }
    }
  }

  function fillHexagons(ids, w, ox, oy, scale, located, patch, rows) {
    const [ax, bx, ay, by] = patch.m;
    const dx = new Float64Array(6), dy = new Float64Array(6);
    for (let k = 0; k < 6; k++) {
      dx[k] = (ax * CORNER_A[k] + bx * CORNER_B[k]) * scale;
      dy[k] = (ay * CORNER_A[k] + by * CORNER_B[k]) * scale;
    }
    const reach = Math.max(...dx.map(Math.abs), ...dy.map(Math.abs)) + 1;
    const cornersX = new Float64Array(6), cornersY = new Float64Array(6);
    for (let i = patch.start; i < patch.end; i++) {
      const cx = located.x[i] * scale - ox;
      const cy = located.y[i] * scale - oy;
      if (cx < -reach || cx > w + reach || cy < -reach || cy > w + reach) continue;
      for (let k = 0; k < 6; k++) { cornersX[k] = cx + dx[k]; cornersY[k] = cy + dy[k]; }
      fillConvex(ids, w, cornersX, cornersY, 6, i + 1, rows);
    }
  }

  function fillOutlines(ids, w, ox, oy, scale, located, patch, outlineOf, rows) {
    const reach = patch.spacing * 1.2 * scale + 1;
    const cornersX = new Float64Array(16), cornersY = new Float64Array(16);
    for (let i = patch.start; i < patch.end; i++) {
      const cx = located.x[i] * scale - ox;
      const cy = located.y[i] * scale - oy;
      if (cx < -reach || cx > w + reach || cy < -reach || cy > w + reach) continue;
      const outline = outlineOf(i);
      const count = outline.length / 2;
      for (let k = 0; k < count; k++) {
        cornersX[k] = outline[2 * k] * scale - ox;
        cornersY[k] = outline[2 * k + 1] * scale - oy;
      }
      fillConvex(ids, w, cornersX, cornersY, count, i + 1, rows);
    }
  }

  /** Scan-convert one convex outline: the pixels whose centre lies inside, half open to the right and below. */
  function fillConvex(ids, w, xs, ys, count, id, rows) {
    let top = Infinity, bottom = -Infinity;
    for (let k = 0; k < count; k++) {
      if (ys[k] < top) top = ys[k];
      if (ys[k] > bottom) bottom = ys[k];
    }
    const from = Math.max(0, Math.ceil(top - 0.5)), to = Math.min(w, Math.ceil(bottom - 0.5));
    if (from >= to) return;
    const {left, right} = rows;
    for (let row = from; row < to; row++) { left[row] = Infinity; right[row] = -Infinity; }
    for (let k = 0; k < count; k++) {
      const next = k + 1 === count ? 0 : k + 1;
      const down = ys[k] < ys[next];
      const upper = down ? k : next, lower = down ? next : k;
      const first = Math.max(from, Math.ceil(ys[upper] - 0.5)), last = Math.min(to, Math.ceil(ys[lower] - 0.5));
      if (first >= last) continue;
      const slope = (xs[lower] - xs[upper]) / (ys[lower] - ys[upper]);
      let crossing = xs[upper] + (first + 0.5 - ys[upper]) * slope;
      for (let row = first; row < last; row++) {
        if (crossing < left[row]) left[row] = crossing;
        if (crossing > right[row]) right[row] = crossing;
        crossing += slope;
      }
    }
    for (let row = from; row < to; row++) {
      const start = Math.max(0, Math.ceil(left[row] - 0.5)), end = Math.min(w, Math.ceil(right[row] - 0.5));
      for (let p = row * w + start; p < row * w + end; p++) ids[p] = id;
    }
  }

  /** Rounding between two patches can leave single empty pixels between two cells: they go to the left neighbour. */
  function closeSeams(ids, w) {
    for (let row = 1; row < w - 1; row++) {
      for (let p = row * w + 1; p < row * w + w - 1; p++) {
        if (ids[p] !== 0) continue;
        if (ids[p - 1] && ids[p + 1]) ids[p] = ids[p - 1];
        else if (ids[p - w] && ids[p + w]) ids[p] = ids[p - w];
      }
    }
  }

  root.GezhiPayload = {decode, positionOf};
  root.GezhiRaster = {Locator, fillIds, worldX, worldY, lngOf, latOf, POINTS_BELOW, EXACT_ABOVE};
})(typeof globalThis === 'undefined' ? self : globalThis);
