/**
 * GezhiFeatures: vector overlays on canvas from plain JSON (the JSON that the API serves): regions, outlines, ground,
 * barriers here, symbols and labels in points.js. A plain script without imports; needs Leaflet and raster.js.
 *
 * Each overlay draws only what is in view, once the map has come to rest. Overlays that answer `itemAt(latlng)` fire
 * 'itemclick' {item, latlng} and 'itemhover' {item}.
 */
(function (root) {
  'use strict';

  const {worldX, worldY} = root.GezhiRaster;
  const L = root.L;
  const PANES = {ground: 150, lines: 410, areas: 420, symbols: 430, labels: 440};

  /** A canvas over the map that redraws itself when the map rests; subclasses draw. */
  const Overlay = L.Renderer.extend({
    options: {padding: 0.25, pane: 'gezhi-lines', opacity: 1},

    beforeAdd(map) {
      ensurePanes(map);
    },

    _initContainer() {
      this._container = document.createElement('canvas');
      this._container.setAttribute('aria-hidden', 'true');
      this._container.className = 'gezhi-overlay';
      this._container.style.opacity = this.options.opacity;
      if (this.options.rank) this._container.style.zIndex = 100 + this.options.rank;
    },

    _destroyContainer() {
      this._container.remove();
      this._container = null;
    },

    getEvents() {
      const events = L.Renderer.prototype.getEvents.call(this);
      return this.itemAt ? {...events, click: this._onClick, mousemove: this._onMove} : events;
    },

    _update() {
      if (this._map._animatingZoom && this._bounds) return;
      L.Renderer.prototype._update.call(this);
      const size = this._bounds.getSize();
      const ratio = Math.min(3, root.devicePixelRatio || 1);
      const canvas = this._container;
      L.DomUtil.setPosition(canvas, this._bounds.min);
      canvas.width = Math.round(size.x * ratio);
      canvas.height = Math.round(size.y * ratio);
      canvas.style.width = `${size.x}px`;
      canvas.style.height = `${size.y}px`;
      this.redraw();
    },

    /** After a jump the canvas stands where it was drawn, on whole pixels. */
    _reset() {
      this._update();
    },

    setOpacity(opacity) {
      this.options.opacity = opacity;
      if (this._container) this._container.style.opacity = opacity;
      return this;
    },

    /** Draw again now, with whatever changed. */
    redraw() {
      if (!this._map || !this._container) return this;
      const context = this._container.getContext('2d');
      const ratio = this._container.width / this._bounds.getSize().x;
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.clearRect(0, 0, this._container.width, this._container.height);
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      this._view = this._viewNow();
      this.draw(context, this._view);
      return this;
    },

    /** What draw may know: scale (pixels of the world), origin, size, zoom, and the box in world coordinates. */
    _viewNow() {
      const map = this._map;
      const zoom = map.getZoom();
      const scale = 256 * 2 ** zoom;
      const origin = map.getPixelOrigin().add(this._bounds.min);
      const size = this._bounds.getSize();
      const box = [origin.x / scale, origin.y / scale, (origin.x + size.x) / scale, (origin.y + size.y) / scale];
      return {scale, ox: origin.x, oy: origin.y, width: size.x, height: size.y, zoom, box};
    },

    _onClick(event) {
      const item = this.itemAt(event.latlng);
      if (item) this.fire('itemclick', {item, latlng: event.latlng, originalEvent: event.originalEvent});
    },

    _onMove(event) {
      if (!this.listens('itemhover')) return;
      const item = this.itemAt(event.latlng);
      if (item === this._hovered) return;
      this._hovered = item;
      this.fire('itemhover', {item, latlng: event.latlng});
    },
  });

  function ensurePanes(map) {
    for (const [name, z] of Object.entries(PANES)) {
      if (map.getPane(`gezhi-${name}`)) continue;
      const pane = map.createPane(`gezhi-${name}`);
      pane.style.zIndex = z;
      pane.style.pointerEvents = 'none';
    }
  }

  // ---- lines and areas from GeoJSON ---------------------------------------------------------------------------------

  /** Rings and lines of a GeoJSON geometry as [closed, Float64Array of world x, y pairs]. */
  function paths(geometry) {
    const found = [];
    const add = (coordinates, closed) => {
      const flat = new Float64Array(coordinates.length * 2);
      coordinates.forEach(([lng, lat], k) => {
        flat[2 * k] = worldX(lng);
        flat[2 * k + 1] = worldY(lat);
      });
      found.push([closed, flat]);
    };
    const walk = (one) => {
      if (!one) return;
      const {type, coordinates} = one;
      if (type === 'LineString') add(coordinates, false);
      else if (type === 'MultiLineString') coordinates.forEach((line) => add(line, false));
      else if (type === 'Polygon') coordinates.forEach((ring) => add(ring, true));
      else if (type === 'MultiPolygon') coordinates.forEach((polygon) => polygon.forEach((ring) => add(ring, true)));
      else if (type === 'GeometryCollection') one.geometries.forEach(walk);
    };
    walk(geometry);
    return found;
  }

  function shapesOf(collection) {
    return collection.features.map((feature) => {
      const parts = paths(feature.geometry);
      const box = [Infinity, Infinity, -Infinity, -Infinity];
      for (const [, flat] of parts) {
        for (let k = 0; k < flat.length; k += 2) {
          box[0] = Math.min(box[0], flat[k]);
          box[1] = Math.min(box[1], flat[k + 1]);
          box[2] = Math.max(box[2], flat[k]);
          box[3] = Math.max(box[3], flat[k + 1]);
        }
      }
      return {properties: feature.properties || {}, parts, box};
    });
  }

  function meets(box, view) {
    return box[0] <= view[2] && box[2] >= view[0] && box[1] <= view[3] && box[3] >= view[1];
  }

  /** Add a shape to the current path, leaving out points closer than half a pixel to the one before. */
  function trace(context, shape, view) {
    for (const [closed, flat] of shape.parts) {
      let lastX = NaN, lastY = NaN;
      for (let k = 0; k < flat.length; k += 2) {
        const x = flat[k] * view.scale - view.ox;
        const y = flat[k + 1] * view.scale - view.oy;
        if (k === 0) context.moveTo(x, y);
        else if (Math.abs(x - lastX) + Math.abs(y - lastY) < 0.7 && k < flat.length - 2) continue;
        else context.lineTo(x, y);
        lastX = x;
        lastY = y;
      }
      if (closed) context.closePath();
    }
  }

  const LEVELS = {
    city: {width: 4, colour: '#2c1f45', halo: 5},
    county: {width: 4, colour: '#2c1f45', halo: 5},
    town: {width: 3.5, colour: '#3d2b56', halo: 3},
    community: {width: 2.5, colour: '#5a4a63', halo: 0},
    grid: {width: 1.5, colour: '#2d3436', halo: 0},
  };

  /** Region borders: data GeoJSON with properties.level, the weight rising with the level; thinner when zoomed out. */
  const Regions = Overlay.extend({
    initialize(data, options) {
      L.Renderer.prototype.initialize.call(this, options);
      this.shapes = shapesOf(data);
    },

    draw(context, view) {
      context.lineJoin = 'round';
      const order = ['grid', 'community', 'town', 'county', 'city'];
      for (const level of order) {
        const shapes = this.shapes.filter((one) => (one.properties.level || this.options.level || 'grid') === level && meets(one.box, view.box));
        if (!shapes.length) continue;
        const style = LEVELS[level];
        const thin = Math.max(0.45, Math.min(1, (view.zoom - 8) / 4));
        context.beginPath();
        for (const shape of shapes) trace(context, shape, view);
        if (style.halo) {
          context.lineWidth = style.width * thin + style.halo;
          context.strokeStyle = 'rgba(126,98,160,0.16)';
          context.stroke();
        }
        context.lineWidth = style.width * thin;
        context.strokeStyle = this.options.colour || style.colour;
        context.stroke();
      }
    },
  });

  const ROADS = {
    motorway: [5, '#e3c9a8', 8], trunk: [4.5, '#e6d3b3', 8], primary: [4, '#ece0c6', 10], secondary: [3, '#f1ead9', 11],
    tertiary: [2.4, '#f4f0e6', 13], residential: [1.6, '#ffffff', 14], service: [1.2, '#ffffff', 15],
  };

  /** Ground: water, buildings, rails and roads, drawn softly. data: {road, water, building, rail} of GeoJSON, any of them. */
  const Ground = Overlay.extend({
    options: {pane: 'gezhi-ground'},

    initialize(data, options) {
      L.Renderer.prototype.initialize.call(this, options);
      this.kinds = {};
      for (const kind of ['water', 'building', 'rail', 'road']) this.kinds[kind] = data[kind] ? shapesOf(data[kind]) : [];
    },

    draw(context, view) {
      context.lineJoin = 'round';
      context.lineCap = 'round';
      const visible = (kind) => this.kinds[kind].filter((shape) => meets(shape.box, view.box));
      this._water(context, view, visible('water'));
      if (view.zoom >= 15) this._fill(context, view, visible('building'), '#dcd8d2', '#c9c4bc');
      this._lines(context, view, visible('rail'), 1.2, '#b9b4ae', [6, 4]);
      this._roads(context, view, visible('road'));
    },

    _water(context, view, shapes) {
      const areas = shapes.filter((shape) => shape.parts.some(([closed]) => closed));
      this._fill(context, view, areas, '#c3dbe6', '#a9c9d8');
      const size = Math.max(1.2, Math.min(9, 2 ** (view.zoom - 12) * 1.6));
      this._lines(context, view, shapes.filter((shape) => !areas.includes(shape)), size, '#b5d3e0', []);
    },

    _fill(context, view, shapes, fill, edge) {
      context.beginPath();
      for (const shape of shapes) trace(context, shape, view);
      context.fillStyle = fill;
      context.fill('evenodd');
      context.lineWidth = 0.6;
      context.strokeStyle = edge;
      context.stroke();
    },

    _lines(context, view, shapes, width, colour, dash) {
      context.beginPath();
      for (const shape of shapes) trace(context, shape, view);
      context.setLineDash(dash);
      context.lineWidth = width;
      context.strokeStyle = colour;
      context.stroke();
      context.setLineDash([]);
    },

    /** All casings first, then all surfaces, so that crossings join. */
    _roads(context, view, shapes) {
      const size = Math.max(0.45, Math.min(2.4, 2 ** ((view.zoom - 14) / 1.6)));
      const byClass = new Map();
      for (const shape of shapes) {
        const name = ROADS[shape.properties.class] ? shape.properties.class : 'residential';
        if (view.zoom < ROADS[name][2]) continue;
        if (!byClass.has(name)) byClass.set(name, []);
        byClass.get(name).push(shape);
      }
      const order = Object.keys(ROADS).reverse().filter((name) => byClass.has(name));
      for (const name of order) this._lines(context, view, byClass.get(name), ROADS[name][0] * size + 1.4, '#cfc8bd', []);
      for (const name of order) this._lines(context, view, byClass.get(name), ROADS[name][0] * size, ROADS[name][1], []);
    },
  });

  const BARRIERS = {river: '#3f7fa6', road: '#8a5a2b', rail: '#4a4a4a', wall: '#6b4a3a', bridge: '#2f7d4f', tunnel: '#2f7d4f'};

  /** Barriers by kind; bridges and tunnels, which reopen, in green with a light core. */
  const Barriers = Overlay.extend({
    initialize(data, options) {
      L.Renderer.prototype.initialize.call(this, options);
      this.shapes = shapesOf(data);
    },

    draw(context, view) {
      context.lineCap = 'round';
      for (const shape of this.shapes) {
        if (!meets(shape.box, view.box)) continue;
        const {kind} = shape.properties;
        const open = kind === 'bridge' || kind === 'tunnel';
        context.beginPath();
        trace(context, shape, view);
        context.setLineDash(open ? [] : [8, 5]);
        context.lineWidth = open ? 5 : 2.5;
        context.strokeStyle = BARRIERS[kind] || BARRIERS.wall;
        context.stroke();
        context.setLineDash([]);
        if (!open) continue;
        context.lineWidth = 2;
        context.strokeStyle = '#ffffff';
        context.stroke();
      }
    },
  });

  root.GezhiFeatures = {
    Overlay,
    ensurePanes,
    /** Constructors by kind; points.js adds its own. */
    kinds: {regions: Regions, outlines: Regions, ground: Ground, barriers: Barriers},
    /** Make the overlay of a kind from its data. */
    make(kind, data, options) {
      return new this.kinds[kind](data, options);
    },
  };
})(typeof globalThis === 'undefined' ? self : globalThis);
