/**
 * GezhiMap: the Leaflet map itself and layers from their specs, for the live page and for exports.
 *
 * A plain script without imports; needs the scripts before it. It draws no panel and no list of its own: the page
 * round it does. Nothing here asks for an outside address.
 */
(function (root) {
  'use strict';

  const L = root.L;

  /** The JSON of a data block of the page. */
  function block(id) {
    const found = document.getElementById(id);
    return found ? JSON.parse(found.textContent) : null;
  }

  /** All layer specs of the page in order. */
  function specs() {
    return Array.from(document.querySelectorAll('script.gezhi-layer'), (one) => JSON.parse(one.textContent));
  }

  /** The bytes of a binary block (base64 of gzip). */
  async function binary(id) {
    const text = atob(document.getElementById(id).textContent);
    const packed = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) packed[i] = text.charCodeAt(i);
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'));
    return new Response(stream).arrayBuffer();
  }

  /**
   * A Leaflet map set up as Gezhi wants it: no attribution links, no fading, panes in order, Enter picks the centre.
   * @param {HTMLElement} container  @param {{bbox?: number[], lang?: string, label?: string}} settings bbox w, s, e, n
   */
  function create(container, settings = {}) {
    const map = L.map(container, {
      attributionControl: false, zoomControl: false, fadeAnimation: false, markerZoomAnimation: false,
      zoomSnap: 0.5, wheelPxPerZoomLevel: 90, minZoom: 3, maxZoom: 20, worldCopyJump: false,
      ...(settings.options || {}),
    });
    root.GezhiFeatures.ensurePanes(map);
    container.setAttribute('role', 'application');
    if (settings.label) container.setAttribute('aria-label', settings.label);
    if (settings.bbox) fit(map, settings.bbox);
    else map.setView([30, 110], 5);
    crosshair(map, container);
    return map;
  }

  function fit(map, [west, south, east, north], options) {
    map.fitBounds([[south, west], [north, east]], {animate: false, padding: [12, 12], ...options});
  }

  /** With the keyboard on the map: a cross marks the centre, arrows pan (Leaflet), Enter clicks the centre. */
  function crosshair(map, container) {
    const cross = document.createElement('div');
    cross.className = 'gezhi-cross';
    cross.hidden = true;
    container.append(cross);
    container.addEventListener('keydown', (event) => {
      if (event.target !== container) return;
      if (event.key.startsWith('Arrow')) cross.hidden = false;
      if (event.key !== 'Enter') return;
      cross.hidden = false;
      const latlng = map.getCenter();
      const containerPoint = map.latLngToContainerPoint(latlng);
      map.fire('click', {latlng, containerPoint, layerPoint: map.containerPointToLayerPoint(containerPoint), originalEvent: event});
    });
    container.addEventListener('pointerdown', () => { cross.hidden = true; });
    container.addEventListener('blur', () => { cross.hidden = true; });
  }

  /**
   * The Leaflet layer of a spec: {id, kind, options, legend} with payload (block id or, for cells,
   * ArrayBuffer), data or url.
   * @returns {Promise<Object>} a layer; its data is there (or for a hexagon url: on its way)
   */
  async function layerFrom(spec) {
    if (spec.kind === 'hexagons') {
      const payload = typeof spec.payload === 'string' ? await binary(spec.payload) : spec.payload;
      return new root.GezhiHexagons({...spec.options, payload, url: spec.url});
    }
    let {data} = spec;
    if (!data && spec.payload) data = JSON.parse(new TextDecoder().decode(await binary(spec.payload)));
    if (!data && spec.url) {
      const answer = await fetch(spec.url, {credentials: 'same-origin'});
      if (!answer.ok) throw new Error(`${answer.status} ${spec.url}`);
      data = await answer.json();
    }
    return root.GezhiFeatures.make(spec.kind, data, spec.options);
  }

  /** Length for a scale bar at the map's middle: {metres, pixels}, a round number of metres not wider than `widest`. */
  function scaleBar(map, widest = 110) {
    const size = map.getSize();
    const left = map.containerPointToLatLng([size.x / 2 - widest / 2, size.y / 2]);
    const right = map.containerPointToLatLng([size.x / 2 + widest / 2, size.y / 2]);
    const most = map.distance(left, right);
    const power = 10 ** Math.floor(Math.log10(most));
    const metres = [5, 2, 1].map((one) => one * power).find((one) => one <= most);
    return {metres, pixels: (widest * metres) / most};
  }

  root.GezhiMap = {create, fit, layerFrom, block, binary, specs, scaleBar};
})(typeof globalThis === 'undefined' ? self : globalThis);
