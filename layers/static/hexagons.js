/**
 * GezhiHexagons: cells, their groups (management grids) and values as a Leaflet canvas layer, with no WebGL.
 *
 * A plain script without imports; needs Leaflet (`L`), h3-js (`h3`), raster.js, paint.js, tiles.js and cells.js before it.
 * How cells are coloured is said there; here they are fetched and located, asked for and pointed at. Each tile keeps an id
 * buffer that is filled once per zoom.
 *
 * Events: 'ready' {n}; 'cellhover' and 'cellclick' {position, cell, group, latlng, originalEvent} (position -1 and
 * cell null outside); 'groupchange' {positions, group}; 'fault' {error}.
 */
(function (root) {
  'use strict';

  const {positionOf, decode} = root.GezhiPayload;
  const {Locator, worldX, worldY, lngOf, latOf} = root.GezhiRaster;
  const Cells = root.GezhiCells;
  const SLICE_MS = 12;
  const CACHED_OUTLINES = 20000;

  const DEFAULTS = {
    className: 'gezhi-hexagons',
    updateWhenIdle: false,
    updateWhenZooming: false,
    updateInterval: 60,
    keepBuffer: 1,
    noWrap: true,
  };

  const Hexagons = Cells.extend({
    options: DEFAULTS,

    /**
     * @param {Object} options
     *   payload: ArrayBuffer or decoded payload; or url: where to fetch one; and the options of GezhiCells
     */
    initialize(options) {
      Cells.prototype.initialize.call(this, options);
      this._outlines = new Map();
      this._epoch = 0;
    },

    // ---- data -----------------------------------------------------------------------------------------------------

    /** Show another payload (ArrayBuffer or decoded). Resolves when its cells are located. */
    async setData(payload) {
      const loading = ++this._epoch;
      const data = payload instanceof ArrayBuffer ? decode(payload) : payload;
      const located = new Locator(root.h3, data.cells, data.res);
      const slice = Math.max(SLICE_MS, this._turn);
      let pause = performance.now() + slice;
      for (const done of located.run()) {
        if (performance.now() < pause) continue;
        void done;
        await breathe();
        if (loading !== this._epoch) return false;
        pause = performance.now() + slice;
      }
      this.located = located;
      this._outlines.clear();
      this._hovered = -2;
      this._colour(data);
      this._refill();
      this.fire('ready', {n: data.n});
      return true;
    },

    async _load() {
      try {
        if (this.options.payload) {
          await this.setData(this.options.payload);
        } else if (this.options.url) {
          const answer = await fetch(this.options.url, {credentials: 'same-origin'});
          if (!answer.ok) throw new Error(`${answer.status} ${this.options.url}`);
          await this.setData(await answer.arrayBuffer());
        }
      } catch (error) {
        this.fire('fault', {error});
      }
    },

    // ---- asking ---------------------------------------------------------------------------------------------------

    /** Position of the cell under a point, -1 outside. */
    positionAt(latlng) {
      if (!this.data || !this.data.n || Math.abs(latlng.lat) > 90) return -1;
      const id = root.h3.latLngToCell(latlng.lat, latlng.lng, this.data.res);
      return positionOf(this.data.cells, BigInt(`0x${id}`));
    },

    /** {position, cell (hex), group, value} under a point, or null outside. */
    cellAt(latlng) {
      const position = this.positionAt(latlng);
      return position < 0 ? null : this.describe(position);
    },

    describe(position) {
      const values = this.data.columns[this.options.colour.column || 'value'];
      return {
        position,
        cell: this.data.cells[position].toString(16),
        group: this._group ? this._group[position + 1] : null,
        value: values ? values[position] : null,
      };
    },

    /** For each of the groups `labels` the labels of those that it touches (a Map of Sets). */
    neighbourGroups(labels) {
      const found = new Map(labels.map((label) => [label, new Set()]));
      for (let id = 1; found.size && id <= this.data.n; id++) {
        const near = found.get(this._group[id]);
        if (!near) continue;
        for (const cell of root.h3.gridDisk(this.data.cells[id - 1].toString(16), 1)) {
          const other = positionOf(this.data.cells, BigInt(`0x${cell}`));
          if (other >= 0) near.add(this._group[other + 1]);
        }
      }
      for (const [label, near] of found) near.delete(label);
      return found;
    },

    /** L.LatLngBounds of everything, or of the given positions. */
    getBounds(positions) {
      if (!this.data || !this.data.n) return null;
      let [x0, y0, x1, y1] = this.located.bounds;
      if (positions) {
        [x0, y0, x1, y1] = root.GezhiTiles.boundsOf(this.located, positions);
      }
      return root.L.latLngBounds([latOf(y1), lngOf(x0)], [latOf(y0), lngOf(x1)]);
    },

    // ---- Leaflet --------------------------------------------------------------------------------------------------

    onAdd(map) {
      Cells.prototype.onAdd.call(this, map);
      if (!this.data && !this._started) {
        this._started = true;
        this._load();
      }
      return this;
    },

    getEvents() {
      const events = Cells.prototype.getEvents.call(this);
      return {...events, click: this._onClick, mousemove: this._onMove, mouseout: this._onOut};
    },

    _outlineOf(position) {
      let outline = this._outlines.get(position);
      if (outline) return outline;
      const corners = root.h3.cellToBoundary(this.data.cells[position].toString(16));
      outline = new Float64Array(corners.length * 2);
      corners.forEach(([lat, lng], k) => {
        outline[2 * k] = worldX(lng);
        outline[2 * k + 1] = worldY(lat);
      });
      if (this._outlines.size >= CACHED_OUTLINES) this._outlines.clear();
      this._outlines.set(position, outline);
      return outline;
    },

    // ---- pointer --------------------------------------------------------------------------------------------------

    _onClick(event) {
      if (!this.data) return;
      this.fire('cellclick', this._eventAt(event));
    },

    _onMove(event) {
      this._pointer = event;
      if (this._hoverFrame || !this.data || !this.listens('cellhover')) return;
      this._hoverFrame = requestAnimationFrame(() => {
        this._hoverFrame = 0;
        if (!this._pointer || !this._map) return;
        const position = this.positionAt(this._pointer.latlng);
        if (position === this._hovered) return;
        this._hovered = position;
        this.fire('cellhover', this._eventAt(this._pointer));
      });
    },

    _onOut(event) {
      this._pointer = null;
      if (!this.data || this._hovered < 0) return;
      this._hovered = -1;
      this.fire('cellhover', {position: -1, cell: null, group: null, latlng: event.latlng, originalEvent: event.originalEvent});
    },

    _eventAt(event) {
      const found = this.cellAt(event.latlng);
      const {latlng, originalEvent} = event;
      return {position: -1, cell: null, group: null, value: null, ...found, latlng, originalEvent};
    },
  });

  /** Let the page handle what waits; a message is sooner than a timer. */
  function breathe() {
    return new Promise((resolve) => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => { channel.port1.close(); resolve(); };
      channel.port2.postMessage(0);
    });
  }

  root.GezhiHexagons = Hexagons;
})(typeof globalThis === 'undefined' ? self : globalThis);
