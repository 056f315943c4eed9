/**
 * GezhiHexagons: cells, their groups (management grids) and values as a Leaflet canvas layer, with no WebGL.
 *
 * A plain script without imports; needs Leaflet (`L`), h3-js (`h3`), raster.js, paint.js and tiles.js before it. Each
 * tile keeps an id buffer that is filled once per zoom; every later change of colour is one pass over it, and painting
 * with a brush repaints only the touched rectangle of the touched tiles.
 *
 * Events: 'ready' {n}; 'cellhover' and 'cellclick' {position, cell, group, latlng, originalEvent} (position -1 and
 * cell null outside); 'groupchange' {positions, group}; 'fault' {error}.
 */
(function (root) {
  'use strict';

  const {positionOf, decode} = root.GezhiPayload;
  const {Locator, worldX, worldY, lngOf, latOf, EXACT_ABOVE} = root.GezhiRaster;
  const {pack, fade, classOf} = root.GezhiPaint;
  const Tiles = root.GezhiTiles;
  const SLICE_MS = 12;
  const CACHED_OUTLINES = 20000;
  /** Groups narrower than this many pixels have no border: lines would hide what they bound. */
  const GROUP_LINE_ABOVE = 5;
  /** From this many pixels on the border has its full weight; between the two it thins out. */
  const GROUP_LINE_FULL = 26;

  const DEFAULTS = {
    colour: {kind: 'plain', colour: '#3f7d78'},
    fillOpacity: 0.62,
    borders: true,
    levels: [],
    borderColour: '#2d3436',
    borderWidth: 1.5,
    cellLines: true,
    highlightColour: '#111111',
    bareColour: null,
    className: 'gezhi-hexagons',
    updateWhenIdle: false,
    updateWhenZooming: false,
    updateInterval: 60,
    keepBuffer: 1,
    noWrap: true,
  };

  const Hexagons = Tiles.extend({
    options: DEFAULTS,

    /**
     * @param {Object} options
     *   payload: ArrayBuffer or decoded payload; or url: where to fetch one;
     *   colour: {kind:'group', column, colours: css[] by label}
     *         | {kind:'groupvalue', column, values: number[] by label, classes:[{from,to,colour}]}
     *         | {kind:'value', column, classes} | {kind:'plain', colour};
     *   bareColour: fill of cells in no group, none without it; fillOpacity 0–1; borders: draw group borders; levels: [{of: parent by label, width, colour}] wider borders of
     *   parents, the finest first; cellLines: thin lines between cells once a cell is wider than 14 px
     */
    initialize(options) {
      Tiles.prototype.initialize.call(this, options);
      this._outlines = new Map();
      this._epoch = 0;
      this.data = null;
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
      this.data = data;
      this.located = located;
      this._outlines.clear();
      this._group = null;
      this._marks = new Uint8Array(data.n + 1);
      this._marked = 0;
      this._hovered = -2;
      this._dress();
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

    /** Change colour, borders, levels, opacity: any option of the constructor but the data. What is so already costs nothing. */
    setStyle(options) {
      if (Object.keys(options).every((name) => same(options[name], this.options[name]))) return this;
      Object.assign(this.options, options);
      if (!this.data) return this;
      this._dress();
      return this._repaintAll();
    },

    setFillOpacity(fillOpacity) {
      return this.setStyle({fillOpacity});
    },

    /** The column that groups cells, as int32 by id; made once and then changed by setGroup. */
    _groupsOf(column) {
      if (this._group && this._groupColumn === column) return this._group;
      const source = this.data.columns[column];
      const group = new Int32Array(this.data.n + 1);
      group[0] = -1;
      group.set(source, 1);
      this._groupColumn = column;
      this._group = group;
      this._groups = distinct(group);
      return group;
    },

    /** Compute the fill of every id and the number of groups from the options. */
    _dress() {
      const {colour} = this.options;
      const n = this.data.n;
      const fill = new Uint32Array(n + 1);
      this._fill = fill;
      if (colour.kind === 'group' || colour.kind === 'groupvalue') {
        const group = this._groupsOf(colour.column || 'grid');
        this._byGroup = this._groupColours(colour);
        this._fillByGroup(fill, group);
      } else if (colour.kind === 'value') {
        const packed = colour.classes.map((one) => (one.colour ? pack(one.colour, this.options.fillOpacity) : 0));
        const values = this.data.columns[colour.column || 'value'];
        for (let i = 0; i < n; i++) {
          const k = classOf(values[i], colour.classes);
          fill[i + 1] = k < 0 ? 0 : packed[k];
        }
      } else {
        fill.fill(pack(colour.colour, this.options.fillOpacity), 1);
      }
      this._lines = this._borderLevels();
    },

    _fillByGroup(fill, group) {
      const n = this.data.n;
      const colours = Uint32Array.from(this._byGroup);
      const bare = this._bare();
      const known = colours.length;
      for (let id = 1; id <= n; id++) {
        const label = group[id];
        fill[id] = label < 0 ? bare : label < known ? colours[label] : 0;
      }
    },

    _bare() {
      return this.options.bareColour ? pack(this.options.bareColour, this.options.fillOpacity) : 0;
    },

    _groupColours(colour) {
      const opacity = this.options.fillOpacity;
      if (colour.kind === 'group') return colour.colours.map((css) => (css ? pack(css, opacity) : 0));
      const packed = colour.classes.map((one) => (one.colour ? pack(one.colour, opacity) : 0));
      return Array.from(colour.values, (value) => {
        const k = value === null ? -1 : classOf(value, colour.classes);
        return k < 0 ? 0 : packed[k];
      });
    },

    _borderLevels() {
      if (!this._group || !this.options.borders) return [];
      const finest = {colour: pack(this.options.borderColour, 0.85), width: this.options.borderWidth, of: null};
      return [finest, ...this.options.levels.map((one) => ({
        colour: pack(one.colour || this.options.borderColour, 1), width: one.width, of: one.of,
      }))];
    },

    // ---- painting -------------------------------------------------------------------------------------------------

    /** Positions of cells given as positions (numbers), hex text or BigInt; unknown cells are left out. */
    positions(cells) {
      const found = [];
      for (const cell of cells) {
        const position = typeof cell === 'number' ? cell
          : positionOf(this.data.cells, typeof cell === 'bigint' ? cell : BigInt(`0x${cell}`));
        if (position >= 0) found.push(position);
      }
      return found;
    },

    /** Give cells to the group `label` and repaint only what they touch. */
    setGroup(cells, label) {
      const positions = this.positions(cells);
      const {colour} = this.options;
      const group = this._groupsOf(colour.column || 'grid');
      const fill = label < 0 ? this._bare() : this._byGroup[label] || 0;
      for (const position of positions) {
        group[position + 1] = label;
        this._fill[position + 1] = fill;
      }
      this._repaint(positions);
      this.fire('groupchange', {positions, group: label});
      return positions;
    },

    /** Give one label its colour (css) or value without touching other groups. */
    setGroupColour(label, css) {
      this._byGroup[label] = pack(css, this.options.fillOpacity);
      if (this.options.colour.colours) this.options.colour.colours[label] = css;
      const positions = this.groupCells(label);
      for (const position of positions) this._fill[position + 1] = this._byGroup[label];
      this._repaint(positions);
    },

    /** Take over colours, values and parents of groups (options as for setStyle) and repaint only the cells of `labels`. */
    restyleGroups(labels, options) {
      Object.assign(this.options, options);
      if (!this.data) return this;
      const {colour} = this.options;
      const group = this._groupsOf(colour.column || 'grid');
      this._byGroup = this._groupColours(colour);
      this._lines = this._borderLevels();
      this._groups = distinct(group);
      const wanted = new Set(labels);
      const changed = [];
      for (let id = 1; wanted.size && id <= this.data.n; id++) {
        if (!wanted.has(group[id])) continue;
        this._fill[id] = this._byGroup[group[id]] || 0;
        changed.push(id - 1);
      }
      this._repaint(changed);
      return this;
    },

    /** Set the value of cells (aligned arrays) in a value layer and repaint only what they touch. */
    setValues(cells, values) {
      const {colour, fillOpacity} = this.options;
      const column = this.data.columns[colour.column || 'value'];
      const positions = this.positions(cells);
      positions.forEach((position, i) => {
        column[position] = values[i];
        const k = classOf(values[i], colour.classes);
        this._fill[position + 1] = k < 0 || !colour.classes[k].colour ? 0 : pack(colour.classes[k].colour, fillOpacity);
      });
      this._repaint(positions);
    },

    /** Draw a strong line round groups (labels) or cells; nothing given clears it. */
    highlight({groups = null, cells = null} = {}) {
      return this._mark(1, groups, cells);
    },

    /** Hatch cells or groups (for instance those that another plan gives elsewhere); nothing given clears it. */
    hatch({groups = null, cells = null} = {}) {
      return this._mark(2, groups, cells);
    },

    _mark(bit, groups, cells) {
      if (!this.data || !(groups || cells || this._marked & bit)) return this;
      this._marked = groups || cells ? this._marked | bit : this._marked & ~bit;
      const changed = [];
      const wanted = new Uint8Array(this.data.n + 1);
      if (cells) for (const position of this.positions(cells)) wanted[position + 1] = bit;
      if (groups && this._group) {
        const set = new Set(groups);
        for (let id = 1; id <= this.data.n; id++) if (set.has(this._group[id])) wanted[id] = bit;
      }
      for (let id = 1; id <= this.data.n; id++) {
        if ((this._marks[id] & bit) === wanted[id]) continue;
        this._marks[id] ^= bit;
        changed.push(id - 1);
      }
      this._repaint(changed);
      return this;
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

    /** Label of the group of a position, -1 for none. */
    groupOf(position) {
      return this._group ? this._group[position + 1] : -1;
    },

    groupCells(label) {
      const found = [];
      for (let id = 1; id <= this.data.n; id++) if (this._group[id] === label) found.push(id - 1);
      return found;
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
        [x0, y0, x1, y1] = Tiles.boundsOf(this.located, positions);
      }
      return root.L.latLngBounds([latOf(y1), lngOf(x0)], [latOf(y0), lngOf(x1)]);
    },

    // ---- Leaflet --------------------------------------------------------------------------------------------------

    onAdd(map) {
      Tiles.prototype.onAdd.call(this, map);
      if (!this.data && !this._started) {
        this._started = true;
        this._load();
      }
      return this;
    },

    getEvents() {
      const events = Tiles.prototype.getEvents.call(this);
      return {...events, click: this._onClick, mousemove: this._onMove, mouseout: this._onOut};
    },

    _lookAt(tile) {
      const cellPx = (this.located.spacing * tile.scale) / tile.ratio;
      const groupPx = this._groups ? cellPx * Math.sqrt(this.data.n / this._groups) : 0;
      const lines = groupPx > GROUP_LINE_ABOVE ? this._lines : this._lines.slice(1);
      const share = Math.min(1, Math.max(0.35, groupPx / GROUP_LINE_FULL));
      const levels = lines.map((one) => (one.of ? one : {...one, width: Math.max(1 / tile.ratio, one.width * share), colour: fade(one.colour, share)}));
      return {
        fill: this._fill,
        group: this._group,
        mark: this._marks,
        levels,
        cellLine: this.options.cellLines && cellPx > EXACT_ABOVE ? pack('#ffffff', Math.min(0.45, 0.1 + (cellPx - EXACT_ABOVE) * 0.014)) : 0,
        highlight: this._marked & 1 ? pack(this.options.highlightColour, 1) : 0,
        ratio: tile.ratio,
      };
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

  /** Whether two options are equal, lists and objects value by value. One that is the very same may have been changed within. */
  function same(one, other) {
    const plain = (value) => value === null || typeof value !== 'object';
    if (plain(one) || plain(other)) return one === other;
    const names = Object.keys(one);
    return one !== other && names.length === Object.keys(other).length && names.every((name) => same(one[name], other[name]));
  }

  /** How many labels there are among the groups of cells. */
  function distinct(group) {
    let most = -1;
    for (let id = 1; id < group.length; id++) if (group[id] > most) most = group[id];
    const seen = new Uint8Array(most + 1);
    let count = 0;
    for (let id = 1; id < group.length; id++) {
      if (group[id] < 0 || seen[group[id]]) continue;
      seen[group[id]] = 1;
      count++;
    }
    return count;
  }

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
