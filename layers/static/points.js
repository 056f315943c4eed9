/**
 * Points and words on the map: centres, workers, cameras, places, labels. A plain script without imports; needs features.js and
 * symbols.js. Labels are drawn last of all, since they keep clear of symbols and of each other.
 */
(function (root) {
  'use strict';

  const {worldX, worldY} = root.GezhiRaster;
  const {Overlay, kinds} = root.GezhiFeatures;
  const symbols = root.GezhiSymbols;
  const L = root.L;

  /**
   * Points with a symbol; `symbol(context, x, y, item, view, chosen)` draws one and returns its hit radius in pixels.
   * Those of a higher `rank` stand above the others, whichever came last.
   */
  const Points = Overlay.extend({
    options: {pane: 'gezhi-symbols', rank: 1},

    initialize(items, options) {
      L.Renderer.prototype.initialize.call(this, options);
      this.setItems(items);
    },

    setItems(items) {
      const placed = items.filter((item) => Number.isFinite(item.lat) && Number.isFinite(item.lng));
      this.items = this.order ? this.order(placed) : placed;
      this.x = Float64Array.from(this.items, (item) => worldX(item.lng));
      this.y = Float64Array.from(this.items, (item) => worldY(item.lat));
      this.reach = new Float32Array(this.items.length);
      this.boxes = [];
      return this.redraw();
    },

    /** Emphasise one item by id; null for none. */
    choose(id) {
      this.chosen = id;
      return this.redraw();
    },

    draw(context, view) {
      const margin = this.extent ? this.extent(view) : 20;
      this.boxes = [];
      for (let i = 0; i < this.items.length; i++) {
        const x = this.x[i] * view.scale - view.ox;
        const y = this.y[i] * view.scale - view.oy;
        if (x < -margin || y < -margin || x > view.width + margin || y > view.height + margin) {
          this.reach[i] = 0;
          continue;
        }
        const reach = this.symbol(context, x, y, this.items[i], view, this.items[i].id === this.chosen);
        this.reach[i] = reach;
        if (reach > 6) this.boxes.push([x - reach, y - reach, x + reach, y + reach]);
      }
    },

    /** The item whose symbol is nearest to a point and holds it, or null. */
    itemAt(latlng) {
      if (!this._view) return null;
      const x = worldX(latlng.lng), y = worldY(latlng.lat);
      let best = null;
      let least = Infinity;
      for (let i = this.items.length - 1; i >= 0; i--) {
        const distance = Math.hypot(this.x[i] - x, this.y[i] - y) * this._view.scale;
        if (distance <= Math.max(this.reach[i], this.reach[i] && 8) && distance < least) {
          least = distance;
          best = this.items[i];
        }
      }
      return best;
    },
  });

  const TIER_ORDER = {community: 0, town: 1, county: 2, city: 3};
  const TIER_ZOOM = {community: 13, town: 10, county: 7, city: 0};

  const Centres = Points.extend({
    options: {rank: 3},

    redraw() {
      Points.prototype.redraw.call(this);
      if (this._map) labelsAgain(this._map);
      return this;
    },

    onRemove(map) {
      Points.prototype.onRemove.call(this, map);
      labelsAgain(map);
    },

    order: (items) => [...items].sort((a, b) => (TIER_ORDER[a.tier] || 0) - (TIER_ORDER[b.tier] || 0)),

    symbol(context, x, y, item, view, chosen) {
      if (view.zoom < (TIER_ZOOM[item.tier] ?? 13) && !chosen && !this.options.all) {
        context.fillStyle = symbols.TIERS.community.fill;
        context.beginPath();
        context.arc(x, y, 2.2, 0, 2 * Math.PI);
        context.fill();
        return 5;
      }
      return symbols.centre(context, x, y, item.tier, chosen);
    },
  });

  const Workers = Points.extend({
    options: {rank: 2},

    symbol: (context, x, y, item, view, chosen) => symbols.worker(context, x, y, item, chosen),
  });

  /** Key places: a dot when zoomed out, then a tile by kind, and from street level their name. */
  const Places = Points.extend({
    symbol(context, x, y, item, view, chosen) {
      if (view.zoom < 13 && !chosen) {
        context.fillStyle = '#6a5a33';
        context.fillRect(x - 1.5, y - 1.5, 3, 3);
        return 5;
      }
      const reach = symbols.place(context, x, y, item.kind, chosen);
      if (view.zoom >= 16) symbols.text(context, [item.name], Math.round(x), Math.round(y + 16), 11, 400, '#4d4122');
      return reach;
    },
  });

  const Cameras = Points.extend({
    options: {pane: 'gezhi-areas', rank: 0},

    extent(view) {
      let most = 0;
      for (const item of this.items) if (item.range_m > most) most = item.range_m;
      return 20 + most * this._metre(view);
    },

    _metre(view) {
      const lat = this._map.getCenter().lat;
      return view.scale / (2 * Math.PI * L.CRS.Earth.R * Math.cos((lat * Math.PI) / 180));
    },

    symbol(context, x, y, item, view, chosen) {
      return symbols.camera(context, x, y, item, this._metre(view), chosen);
    },
  });

  /**
   * Labels that appear only where they fit: within the pixel width of their own area (`bbox` [w, s, e, n] when given),
   * clear of each other, of the symbols of centres, and of label overlays with a higher `priority`.
   * Items: {lat, lng, lines: string[], bbox?, rank?}; higher ranks are placed first.
   */
  const Labels = Overlay.extend({
    options: {pane: 'gezhi-labels', size: 12, weight: 500, colour: null, minZoom: 0, priority: 0},

    initialize(items, options) {
      L.Renderer.prototype.initialize.call(this, options);
      this.boxes = [];
      this.setItems(items);
    },

    onRemove(map) {
      Overlay.prototype.onRemove.call(this, map);
      labelsAgain(map);
    },

    /** Labels wait until everything else has drawn. */
    redraw() {
      if (this._map) labelsAgain(this._map);
      return this;
    },

    setItems(items) {
      const placed = items.map(({lat, lng, lines, bbox, rank}) => ({
        lines,
        rank: rank || 0,
        x: worldX(lng),
        y: worldY(lat),
        wide: bbox ? (bbox[2] - bbox[0]) / 360 : Infinity,
        high: bbox ? worldY(bbox[1]) - worldY(bbox[3]) : Infinity,
      }));
      this.items = placed.sort((a, b) => b.rank - a.rank);
      this.widths = new Map();
      return this.redraw();
    },

    _widthOf(context, line, k) {
      const {size, weight} = this.options;
      if (!this.widths.has(line)) {
        context.font = k ? symbols.font(size * 0.88, 400) : symbols.font(size, weight);
        this.widths.set(line, context.measureText(line).width);
      }
      return this.widths.get(line);
    },

    draw(context, view) {
      const {size, weight, colour, minZoom} = this.options;
      this.boxes = [];
      if (view.zoom < minZoom) return;
      const taken = this._taken();
      for (const item of this.items) {
        const x = item.x * view.scale - view.ox;
        const y = item.y * view.scale - view.oy;
        if (x < -60 || y < -20 || x > view.width + 60 || y > view.height + 20) continue;
        const lines = this._fitting(context, item, view);
        if (!lines.length) continue;
        const half = Math.max(...lines.map((line, k) => this._widthOf(context, line, k))) / 2 + 3;
        const tall = (lines.length * size * 1.25) / 2 + 1;
        const shift = [0, tall + 12, -tall - 12].find((down) => free([x - half, y + down - tall, x + half, y + down + tall], taken));
        if (shift === undefined) continue;
        const box = [x - half, y + shift - tall, x + half, y + shift + tall];
        taken.push(box);
        this.boxes.push(box);
        symbols.text(context, lines, Math.round(x), Math.round(y + shift), size, weight, colour);
      }
    },

    /** Boxes that are not free: symbols of centres, and labels of the overlays that have had their turn. */
    _taken() {
      const taken = [];
      this._map.eachLayer((layer) => {
        const first = layer instanceof Labels && layer.options.priority > this.options.priority;
        if (first || layer instanceof Centres) taken.push(...layer.boxes);
      });
      return taken;
    },

    /** As many of an item's lines, from the first, as its area has room for. */
    _fitting(context, {lines, wide, high}, {scale}) {
      const {size} = this.options;
      const fitting = [];
      for (const [k, line] of lines.entries()) {
        if (this._widthOf(context, line, k) + 4 > wide * scale * 0.95 || (k + 1) * size * 1.25 > high * scale * 0.8) break;
        fitting.push(line);
      }
      return fitting;
    },
  });

  const waiting = new WeakSet();

  /** Draw all labels of a map once more, after what runs now, those of the highest priority first. */
  function labelsAgain(map) {
    if (waiting.has(map)) return;
    waiting.add(map);
    queueMicrotask(() => {
      waiting.delete(map);
      const found = [];
      map.eachLayer((layer) => { if (layer instanceof Labels) found.push(layer); });
      found.sort((a, b) => b.options.priority - a.options.priority);
      for (const layer of found) Overlay.prototype.redraw.call(layer);
    });
  }

  function free(box, taken) {
    return !taken.some((other) => box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1]);
  }

  Object.assign(kinds, {centres: Centres, workers: Workers, cameras: Cameras, places: Places, labels: Labels});
})(typeof globalThis === 'undefined' ? self : globalThis);
