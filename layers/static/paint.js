/**
 * Colouring: one pass over an id buffer into the pixels of a tile.
 *
 * Fills come from a table by cell. Where the neighbouring pixel belongs to another group a border is drawn, so the
 * dissolved outlines of grids cost nothing; groups may belong to parents (communities, towns) whose borders are drawn
 * wider. A plain script without imports. Colours are packed as ImageData wants them on a little-endian machine: 0xAABBGGRR.
 */
(function (root) {
  'use strict';

  /** '#rrggbb' and an opacity from 0 to 1 → packed colour. */
  function pack(css, opacity) {
    const number = parseInt(css.slice(1), 16);
    const alpha = Math.round(255 * opacity);
    return ((alpha << 24) | ((number & 255) << 16) | (number & 0xff00) | (number >>> 16)) >>> 0;
  }

  /** A packed colour with its opacity times `share`. */
  function fade(colour, share) {
    return ((Math.round((colour >>> 24) * share) << 24) | (colour & 0xffffff)) >>> 0;
  }

  /** `over` at `share` of its own opacity laid over `under`. */
  function blend(under, over, share) {
    const ao = ((over >>> 24) / 255) * share;
    const au = (under >>> 24) / 255;
    const alpha = ao + au * (1 - ao);
    if (alpha === 0) return 0;
    let out = Math.round(alpha * 255) << 24;
    for (let shift = 0; shift < 24; shift += 8) {
      const mixed = (((over >>> shift) & 255) * ao + ((under >>> shift) & 255) * au * (1 - ao)) / alpha;
      out |= Math.round(mixed) << shift;
    }
    return out >>> 0;
  }

  /** Index of the class that holds `value`: from ≤ value < to, the last one closed; -1 for none. First match wins. */
  function classOf(value, classes) {
    if (Number.isNaN(value)) return -1;
    for (let k = 0; k < classes.length; k++) {
      const {from, to} = classes[k];
      const above = from === null || value >= from;
      const below = to === null || value < to || (value === to && (from === to || k === classes.length - 1));
      if (above && below) return k;
    }
    return -1;
  }

  const NONE = 0, CELL = 1, GROUP = 2;

  /**
   * @typedef {Object} Look what `paint` may know
   * @property {Uint32Array} fill packed colour by id (0 = outside)
   * @property {Int32Array|null} group by id, -1 outside
   * @property {Uint8Array} mark by id: 1 highlighted, 2 hatched
   * @property {{colour: number, width: number, of: Int32Array|null}[]} levels the borders from the finest (groups) up;
   *   `of` gives a group's parent
   * @property {number} cellLine packed colour of cell borders, 0 for none
   * @property {number} highlight packed colour of the border round what is highlighted
   * @property {number} ratio device pixels per CSS pixel
   */

  /**
   * Level of the border between two different ids: 0 none, 1 cell, 2 + k for levels[k], 2 + levels.length highlight.
   * A cell in no group has no parent either, so it is parted from its neighbours by the finest border only.
   */
  function levelBetween(one, other, look) {
    if ((look.mark[one] & 1) !== (look.mark[other] & 1)) return GROUP + look.levels.length;
    const {group, levels} = look;
    if (group !== null && levels.length && group[one] !== group[other]) {
      const g = group[one], h = group[other];
      if (one && other && (g < 0 || h < 0)) return GROUP;
      for (let k = levels.length - 1; k >= 0; k--) {
        const {of} = levels[k];
        if (of === null || (g < 0 ? -1 : of[g]) !== (h < 0 ? -1 : of[h])) return GROUP + k;
      }
    }
    return look.cellLine && one && other ? CELL : NONE;
  }

  /**
   * Paint the rectangle [x0, x1) × [y0, y1) of a tile.
   * @param {Uint32Array} out pixels of the tile, size × size  @param {number} size
   * @param {Int32Array} ids id buffer, (size + 2 margin)²  @param {number} margin  @param {Look} look
   */
  function paint(out, size, ids, margin, look, x0, y0, x1, y1) {
    const w = size + 2 * margin;
    const {fill, mark} = look;
    const stripe = Math.max(3, Math.round(3 * look.ratio));
    for (let y = y0; y < y1; y++) {
      let p = (y + margin) * w + x0 + margin;
      let last = -1, colour = 0, hatched = false;
      for (let q = y * size + x0; q < y * size + x1; q++, p++) {
        const id = ids[p];
        if (id !== last) {
          last = id;
          colour = fill[id];
          hatched = (mark[id] & 2) !== 0;
        }
        out[q] = hatched && (p + y) % (2 * stripe) < stripe ? blend(colour, 0xff202020, 0.45) : colour;
      }
    }
    if (look.cellLine || look.levels.length || look.highlight) borders(out, size, ids, margin, look, [x0, y0, x1, y1]);
  }

  // Border pixels found, by level, as x, y pairs; and which pixels a soft edge has touched. Reused from tile to tile.
  const found = [];
  let touched = new Uint16Array(0);
  let turn = 0;

  function note(level, x, y) {
    let list = found[level];
    if (!list) list = found[level] = {at: new Int32Array(4096), n: 0};
    if (list.n === list.at.length) {
      const wider = new Int32Array(2 * list.n);
      wider.set(list.at);
      list.at = wider;
    }
    list.at[list.n++] = x;
    list.at[list.n++] = y;
  }

  /** Find border pixels in the rectangle and a margin round it, then draw the finest lines first, so that wide ones lie on top. */
  function borders(out, size, ids, margin, look, rectangle) {
    const [x0, y0, x1, y1] = rectangle;
    const w = size + 2 * margin;
    const levels = look.levels.length;
    const left = Math.max(-margin, x0 - margin), right = Math.min(size + margin - 1, x1 + margin);
    for (const list of found) if (list) list.n = 0;
    for (let y = Math.max(-margin, y0 - margin); y < Math.min(size + margin - 1, y1 + margin); y++) {
      let p = (y + margin) * w + left + margin;
      let id = ids[p];
      for (let x = left; x < right; x++, p++) {
        const beside = ids[p + 1], below = ids[p + w];
        if (id !== beside || id !== below) {
          let level = id === beside ? NONE : levelBetween(id, beside, look);
          if (id !== below) level = Math.max(level, levelBetween(id, below, look));
          if (level >= GROUP) note(level, x, y);
          else if (level === CELL && x >= x0 && x < x1 && y >= y0 && y < y1) {
            out[y * size + x] = blend(out[y * size + x], look.cellLine, 1);
          }
        }
        id = beside;
      }
    }
    for (let level = GROUP; level <= GROUP + levels; level++) {
      if (!found[level] || !found[level].n) continue;
      const line = level === GROUP + levels ? {colour: look.highlight, width: 3} : look.levels[level - GROUP];
      stroke(out, size, found[level], line.colour, line.width * look.ratio, rectangle);
    }
  }

  /** Lay a line of `width` device pixels through the points: whole pixels solid, the rest of the width as one soft pixel. */
  function stroke(out, size, points, colour, width, rectangle) {
    const [x0, y0, x1, y1] = rectangle;
    const solid = Math.max(1, Math.floor(width));
    const before = (solid - 1) >> 1;
    if (width - solid > 0.05) soften(out, size, points, colour, width - solid, solid, rectangle);
    const opaque = colour >>> 24 === 255;
    let under = 0, over = blend(0, colour, 1);
    for (let i = 0; i < points.n; i += 2) {
      const left = points.at[i] - before, top = points.at[i + 1] - before;
      for (let y = Math.max(y0, top); y < Math.min(y1, top + solid); y++) {
        for (let x = Math.max(x0, left); x < Math.min(x1, left + solid); x++) {
          const q = y * size + x;
          if (opaque) {
            out[q] = colour;
            continue;
          }
          if (out[q] === over) continue;
          if (out[q] !== under) {
            under = out[q];
            over = blend(under, colour, 1);
          }
          out[q] = over;
        }
      }
    }
  }

  /** The soft edge of a line: once over each pixel to the right of and below its solid part. */
  function soften(out, size, points, colour, share, solid, [x0, y0, x1, y1]) {
    if (touched.length !== size * size || turn === 65535) {
      touched = new Uint16Array(size * size);
      turn = 0;
    }
    turn++;
    const before = (solid - 1) >> 1;
    let under = 0, over = blend(0, colour, share);
    for (let i = 0; i < points.n; i += 2) {
      const left = points.at[i] - before, top = points.at[i + 1] - before;
      for (let k = 0; k < 2 * solid; k++) {
        const x = k < solid ? left + solid : left + k - solid;
        const y = k < solid ? top + k : top + solid;
        if (x < x0 || x >= x1 || y < y0 || y >= y1) continue;
        const q = y * size + x;
        if (touched[q] === turn) continue;
        touched[q] = turn;
        if (out[q] !== under) {
          under = out[q];
          over = blend(under, colour, share);
        }
        out[q] = over;
      }
    }
  }

  root.GezhiPaint = {pack, fade, blend, classOf, paint};
})(typeof globalThis === 'undefined' ? self : globalThis);
