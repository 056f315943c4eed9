/**
 * GezhiCells: which colour, group and mark every cell of a layer of tiles has, and repainting what changes of that.
 *
 * A plain script without imports; needs Leaflet (`L`), raster.js, paint.js and tiles.js before it. What builds on it hands
 * over its cells with `_colour(data)`, once they are located. Every change of colour is one pass over the ids; painting
 * with a brush repaints only the touched rectangle of the touched tiles.
 *
 * Event: 'groupchange' {positions, group}.
 */
(function (root) {
  'use strict';

  const {positionOf} = root.GezhiPayload;
  const {EXACT_ABOVE} = root.GezhiRaster;
  const {pack, fade, classOf} = root.GezhiPaint;
  const Tiles = root.GezhiTiles;
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
  };

  const Cells = Tiles.extend({
    options: DEFAULTS,

    /**
     * @param {Object} options
     *   colour: {kind:'group', column, colours: css[] by label}
     *         | {kind:'groupvalue', column, values: number[] by label, classes:[{from,to,colour}]}
     *         | {kind:'value', column, classes} | {kind:'plain', colour};
     *   bareColour: fill of cells in no group, none without it; fillOpacity 0–1; borders: draw group borders; levels:
     *   [{of: parent by label, width, colour}] wider borders of parents, the finest first; cellLines: thin lines
     *   between cells once a cell is wider than 14 px
     */
    initialize(options) {
      Tiles.prototype.initialize.call(this, options);
      this.data = null;
    },

    // ---- colour ---------------------------------------------------------------------------------------------------

    /** Take up other cells: no group of theirs is changed yet, none is marked. */
    _colour(data) {
      this.data = data;
      this._group = null;
      this._marks = new Uint8Array(data.n + 1);
      this._marked = 0;
      this._dress();
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

    /** Label of the group of a position, -1 for none. */
    groupOf(position) {
      return this._group ? this._group[position + 1] : -1;
    },

    groupCells(label) {
      const found = [];
      for (let id = 1; id <= this.data.n; id++) if (this._group[id] === label) found.push(id - 1);
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

  root.GezhiCells = Cells;
})(typeof globalThis === 'undefined' ? self : globalThis);
