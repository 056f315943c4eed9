/**
 * GezhiTiles: a Leaflet grid of canvas tiles that each know which cell owns which pixel.
 *
 * A tile is located once (id buffer) and coloured from it as often as needed. Work waits in a queue and is done a few
 * milliseconds a frame, so that the page never stands still. A plain script without imports; needs Leaflet, raster.js
 * and paint.js. What builds on it provides `located` (a Locator, or null while there is nothing to draw),
 * `_outlineOf(position)` and `_lookAt(tile)`.
 */
(function (root) {
  'use strict';

  const {fillIds} = root.GezhiRaster;
  const {paint} = root.GezhiPaint;
  /** Pixels round a tile that it knows of, so that borders meet those of the next tile. */
  const MARGIN = 4;
  const FRAME_MS = 8;
  /** Until the first picture is whole there is nothing that could stand still: it comes in longer turns. */
  const FIRST_MS = 40;

  const Tiles = root.L.GridLayer.extend({
    initialize(options) {
      root.L.setOptions(this, options);
      this._queue = [];
      this._frame = 0;
      this._turn = FIRST_MS;
      this.located = null;
    },

    onRemove(map) {
      this._queue = [];
      root.L.GridLayer.prototype.onRemove.call(this, map);
    },

    createTile(coords, done) {
      const canvas = document.createElement('canvas');
      const ratio = Math.min(3, root.devicePixelRatio || 1);
      const size = Math.round(this.getTileSize().x * ratio);
      canvas.width = size;
      canvas.height = size;
      canvas.setAttribute('aria-hidden', 'true');
      canvas.gezhi = {coords, size, ratio, ids: null, image: null};
      this._queue.push({canvas, done});
      this._schedule();
      return canvas;
    },

    /**
     * Leaflet would round the zoom and stretch the tiles; ours are made for the very zoom, also between two whole ones,
     * so that pixels stay pixels and nothing is resampled while the map moves.
     */
    _setView(center, zoom, noPrune, noUpdate) {
      if (!noUpdate) {
        this._tileZoom = this._clampZoom(zoom);
        this._updateLevels();
        this._resetGrid();
        this._update(center);
        if (!noPrune) this._pruneTiles();
        this._noPrune = Boolean(noPrune);
      }
      this._setZoomTransforms(center, zoom);
    },

    /** Tiles of the zoom before stay until all of the new ones are drawn. */
    _pruneTiles() {
      if (this._map && Object.values(this._tiles).some((tile) => tile.current && !tile.loaded)) return;
      root.L.GridLayer.prototype._pruneTiles.call(this);
    },

    _schedule() {
      if (!this._frame) this._frame = requestAnimationFrame(() => this._work(this._turn));
    },

    /** Do queued tiles for about `budget` milliseconds; at least one. */
    _work(budget) {
      cancelAnimationFrame(this._frame);
      this._frame = 0;
      const until = performance.now() + budget;
      while (this._queue.length && this._map) {
        const {canvas, done} = this._queue.shift();
        if (canvas.gezhi.gone) continue;
        if (this.located) this._draw(canvas);
        if (done) done(null, canvas);
        if (performance.now() > until) break;
      }
      if (this._queue.length && this._map) this._schedule();
      else if (this.located && this._map) this._turn = FRAME_MS;
    },

    /** Finish everything that waits, now: before a print. */
    flush() {
      this._work(Infinity);
    },

    _removeTile(key) {
      const tile = this._tiles[key];
      if (tile && tile.el.gezhi) tile.el.gezhi.gone = true;
      root.L.GridLayer.prototype._removeTile.call(this, key);
    },

    /** Draw the tiles that are there again from new data; until its turn comes a tile shows what it showed. */
    _refill() {
      if (!this._map) return;
      const waiting = new Set(this._queue.map((job) => job.canvas));
      for (const tile of Object.values(this._tiles)) {
        tile.el.gezhi.stale = true;
        if (!waiting.has(tile.el)) this._queue.push({canvas: tile.el, done: null});
      }
      if (this._turn === FIRST_MS) this._work(FIRST_MS);
      else this._schedule();
    },

    _draw(canvas) {
      const tile = canvas.gezhi;
      const w = tile.size + 2 * MARGIN;
      const scale = 2 ** tile.coords.z * tile.size;
      tile.scale = scale;
      tile.ox = tile.coords.x * tile.size - MARGIN;
      tile.oy = tile.coords.y * tile.size - MARGIN;
      tile.stale = false;
      if (tile.ids) tile.ids.fill(0);
      else tile.ids = new Int32Array(w * w);
      const some = fillIds(tile.ids, w, tile.ox, tile.oy, scale, this.located, (position) => this._outlineOf(position));
      if (!some && !tile.image) {
        tile.ids = null;
        return;
      }
      if (!tile.image) {
        tile.context = canvas.getContext('2d');
        tile.image = tile.context.createImageData(tile.size, tile.size);
        tile.pixels = new Uint32Array(tile.image.data.buffer);
      }
      this._paintTile(tile, 0, 0, tile.size, tile.size);
    },

    _paintTile(tile, x0, y0, x1, y1) {
      paint(tile.pixels, tile.size, tile.ids, MARGIN, this._lookAt(tile), x0, y0, x1, y1);
      tile.context.putImageData(tile.image, 0, 0, x0, y0, x1 - x0, y1 - y0);
    },

    _repaintAll() {
      for (const key of Object.keys(this._tiles || {})) {
        const canvas = this._tiles[key].el;
        if (!canvas.gezhi.ids || canvas.gezhi.stale) continue;
        const {size} = canvas.gezhi;
        this._paintTile(canvas.gezhi, 0, 0, size, size);
      }
      return this;
    },

    /** Repaint the rectangle that the cells at `positions` cover, in the tiles that it meets. */
    _repaint(positions) {
      if (!positions.length || !this._map) return;
      const [x0, y0, x1, y1] = boundsOf(this.located, positions);
      const reach = this.located.spacing * 0.8;
      for (const key of Object.keys(this._tiles)) {
        const tile = this._tiles[key].el.gezhi;
        if (!tile.ids || tile.stale) continue;
        const margin = MARGIN + reach * tile.scale + 1;
        const left = Math.max(0, Math.floor(x0 * tile.scale - tile.ox - MARGIN - margin));
        const top = Math.max(0, Math.floor(y0 * tile.scale - tile.oy - MARGIN - margin));
        const right = Math.min(tile.size, Math.ceil(x1 * tile.scale - tile.ox - MARGIN + margin));
        const bottom = Math.min(tile.size, Math.ceil(y1 * tile.scale - tile.oy - MARGIN + margin));
        if (left < right && top < bottom) this._paintTile(tile, left, top, right, bottom);
      }
    },
  });

  /** Bounds of the centres of cells in world coordinates. */
  function boundsOf(located, positions) {
    let x0 = Infinity, y0 = Infinity, x1 = -Infinity, y1 = -Infinity;
    for (const position of positions) {
      const x = located.x[position], y = located.y[position];
      if (x < x0) x0 = x;
      if (x > x1) x1 = x;
      if (y < y0) y0 = y;
      if (y > y1) y1 = y;
    }
    return [x0, y0, x1, y1];
  }

  Tiles.boundsOf = boundsOf;
  root.GezhiTiles = Tiles;
})(typeof globalThis === 'undefined' ? self : globalThis);
