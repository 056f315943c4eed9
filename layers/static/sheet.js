/**
 * The exported sheet: one HTML file with the map, a list of layers with their legends, search, a panel for what was
 * clicked, 中文/English, and a print layout. A plain script without imports; the last one of the page. What it shows comes
 * from the page's data blocks; text enters the page by textContent only.
 */
(function (root) {
  'use strict';

  const {element, say, number, percent} = root.GezhiLegend;
  const WORDS = {
    zh: {
      layers: '图层', fill: '底色', none: '不着色', search: '搜索网格编码、名称、社区…', nothing: '没有找到', close: '关闭', print: '打印',
      other: 'English', north: '北', zoomIn: '放大', zoomOut: '缩小', whole: '全图', map: '地图：方向键平移，回车查看中心位置',
      code: '编码', name: '名称', town: '镇街', region: '社区', households: '户数', band: '目标', cells: '单元数', area: '面积',
      deviation: '偏离目标', within: '在目标内', worker: '网格员', centre: '所属中心', faults: '问题', cell: '单元', tier: '层级',
      post: '岗位', grids: '网格', kind: '类型', status: '状态', heading: '朝向', angle: '视角', range: '距离', value: '数值',
      vacant: '未配备', results: '个结果', plan: '方案', date: '日期', loading: '正在读取…', failed: '这个图层没有读出来',
      tiers: {city: '市', county: '县（区）', town: '镇（街道）', community: '村（社区）'},
      kinds: {
        fixed: '枪机（固定）', dome: '球机', panning: '云台', basic: '综合网格', dedicated: '专属网格', professional: '专业网格', school: '学校',
        hospital: '医院', market: '市场', mall: '商场', station: '车站', government: '机关', park: '公园', kindergarten: '幼儿园', square: '广场',
      },
      states: {online: '在线', offline: '离线', unknown: '未知'}, unitHouseholds: '户', unitArea: '平方公里', metres: '米', km: '公里',
    },
    en: {
      layers: 'Layers', fill: 'Fill', none: 'No fill', search: 'Search grid code, name, community…', nothing: 'Nothing found', close: 'Close',
      print: 'Print', other: '中文', north: 'N', zoomIn: 'Zoom in', zoomOut: 'Zoom out', whole: 'Whole map',
      map: 'Map: arrow keys pan, Enter shows what is at the centre', code: 'Code', name: 'Name', town: 'Town', region: 'Community',
      households: 'Households', band: 'target', cells: 'Cells', area: 'Area', deviation: 'Off target', within: 'on target', worker: 'Worker',
      centre: 'Centre', faults: 'Faults', cell: 'Cell', tier: 'Tier', post: 'Post', grids: 'Grids', kind: 'Kind', status: 'Status',
      heading: 'Heading', angle: 'Field angle', range: 'Range', value: 'Value', vacant: 'none', results: 'results', plan: 'Plan', date: 'Date',
      loading: 'Loading…', failed: 'This layer could not be read',
      tiers: {city: 'City', county: 'County', town: 'Town', community: 'Village or community'},
      kinds: {
        fixed: 'Fixed', dome: 'Dome', panning: 'Panning', basic: 'Basic grid', dedicated: 'Dedicated grid', professional: 'Professional grid',
        school: 'School', hospital: 'Hospital', market: 'Market', mall: 'Mall', station: 'Station', government: 'Government office', park: 'Park',
        kindergarten: 'Kindergarten', square: 'Square',
      },
      states: {online: 'Online', offline: 'Offline', unknown: 'Unknown'}, unitHouseholds: 'households', unitArea: 'km²', metres: 'm', km: 'km',
    },
  };

  class Sheet {
    constructor(settings, specs) {
      this.settings = settings;
      this.lang = settings.lang === 'en' ? 'en' : 'zh';
      this.entries = specs.map((spec) => ({spec, layer: null, shown: false, failed: false}));
      this.grids = (specs.find((spec) => spec.grids) || {}).grids || [];
      this.byLabel = new Map(this.grids.map((grid) => [grid.label, grid]));
      this.rows = settings.search || [];
      this.build();
    }

    get words() {
      return WORDS[this.lang];
    }

    build() {
      const frame = document.getElementById('map');
      document.body.classList.add('gezhi-sheet');
      this.head = element('header', {class: 'sheet-head'});
      this.side = element('aside', {class: 'sheet-side'});
      this.panel = element('section', {class: 'sheet-panel', hidden: true, tabindex: '-1'});
      this.foot = element('footer', {class: 'sheet-foot'});
      this.tools = element('div', {class: 'sheet-tools'});
      this.bar = element('div', {class: 'sheet-bar'}, element('span', {}));
      this.north = element('div', {class: 'sheet-north'});
      const stage = element('main', {class: 'sheet-stage'});
      frame.replaceWith(this.head, element('div', {class: 'sheet-body'}, this.side, stage), this.foot);
      stage.append(frame, this.tools, this.north, this.bar, this.panel);
      this.map = root.GezhiMap.create(frame, {bbox: this.settings.bbox, label: this.words.map});
      this.map.on('click', (event) => this.pick(event));
      this.map.on('moveend zoomend', () => this.scale());
      document.addEventListener('keydown', (event) => {
        if (event.key === 'Escape' && !this.panel.hidden) this.closePanel();
        if (event.key === '/' && event.target.tagName !== 'INPUT') {
          event.preventDefault();
          this.head.querySelector('input').focus();
        }
      });
      root.addEventListener('beforeprint', () => this.printing(true));
      root.addEventListener('afterprint', () => this.printing(false));
      this.write();
      this.ready = this.start();
    }

    async start() {
      for (const entry of this.entries) if (entry.spec.show) await this.switch(entry, true);
      this.list();
      this.legends();
      document.documentElement.dataset.ready = 'true';
    }

    // ---- layers ---------------------------------------------------------------------------------------------------

    async switch(entry, on) {
      if (on && entry.spec.group === 'fill') {
        for (const other of this.entries) if (other !== entry && other.spec.group === 'fill' && other.shown) await this.switch(other, false);
      }
      entry.shown = on;
      try {
        if (on && !entry.layer) {
          entry.layer = await root.GezhiMap.layerFrom(entry.spec);
          entry.layer.on('fault', () => { entry.failed = true; this.list(); });
        }
      } catch {
        entry.failed = true;
        this.list();
        return;
      }
      if (!entry.layer) return;
      if (entry.shown) entry.layer.addTo(this.map);
      else entry.layer.remove();
    }

    list() {
      const {words, lang} = this;
      const fills = this.entries.filter((entry) => entry.spec.group === 'fill');
      const others = this.entries.filter((entry) => entry.spec.group !== 'fill');
      const choice = (entry, type) => element('label', {class: entry.failed ? 'failed' : null},
        element('input', {
          type, name: type === 'radio' ? 'fill' : null, checked: entry.shown, value: entry.spec.id,
          onchange: async (event) => { await this.switch(entry, event.target.checked); this.legends(); },
        }),
        element('span', {text: say(entry.spec.name, lang)}),
        entry.failed ? element('small', {text: words.failed}) : null);
      const none = element('label', {}, element('input', {
        type: 'radio', name: 'fill', checked: !fills.some((entry) => entry.shown),
        onchange: async () => { for (const entry of fills) if (entry.shown) await this.switch(entry, false); this.legends(); },
      }), element('span', {text: words.none}));
      this.listing.replaceChildren(
        element('fieldset', {}, element('legend', {text: words.fill}), ...fills.map((entry) => choice(entry, 'radio')), none),
        element('fieldset', {}, element('legend', {text: words.layers}), ...others.map((entry) => choice(entry, 'checkbox'))));
    }

    legends() {
      const shown = this.entries.filter((entry) => entry.shown && entry.spec.legend);
      this.legendBox.replaceChildren(...shown.map((entry) => root.GezhiLegend.render(entry.spec.legend, this.lang)));
    }

    // ---- words ----------------------------------------------------------------------------------------------------

    /** Write everything that has words; again after a change of language. */
    write() {
      const {words, settings} = this;
      document.documentElement.lang = this.lang === 'zh' ? 'zh-CN' : 'en';
      const facts = [settings.plan && `${words.plan} ${say(settings.plan, this.lang)}`, settings.date && `${words.date} ${settings.date}`].filter(Boolean);
      this.head.replaceChildren(
        element('h1', {text: say(settings.title, this.lang)}),
        element('span', {class: 'sheet-class', text: settings.classification}),
        element('span', {class: 'sheet-facts', text: facts.join(' · ')}),
        this.finder(),
        element('button', {type: 'button', class: 'quiet', text: words.print, onclick: () => root.print()}),
        element('button', {type: 'button', class: 'quiet', lang: this.lang === 'zh' ? 'en' : 'zh-CN', text: words.other, onclick: () => this.speak(this.lang === 'zh' ? 'en' : 'zh')}));
      this.listing = element('div', {class: 'sheet-layers'});
      this.legendBox = element('div', {class: 'sheet-legends'});
      this.side.setAttribute('aria-label', words.layers);
      this.side.replaceChildren(this.listing, this.legendBox);
      this.tools.replaceChildren(
        element('button', {type: 'button', 'aria-label': words.zoomIn, title: words.zoomIn, text: '+', onclick: () => this.map.zoomIn(1)}),
        element('button', {type: 'button', 'aria-label': words.zoomOut, title: words.zoomOut, text: '−', onclick: () => this.map.zoomOut(1)}),
        element('button', {type: 'button', 'aria-label': words.whole, title: words.whole, text: '⤢', onclick: () => this.whole()}));
      this.north.replaceChildren(element('span', {text: words.north}));
      this.foot.replaceChildren(element('span', {text: say(settings.footer, this.lang)}), element('span', {text: settings.classification}));
      this.list();
      this.legends();
      this.scale();
    }

    speak(lang) {
      this.lang = lang;
      this.map.getContainer().setAttribute('aria-label', this.words.map);
      this.write();
      if (this.shownAt) this.show(this.shownAt);
      this.head.querySelector('button:last-child').focus();
    }

    whole() {
      if (this.settings.bbox) root.GezhiMap.fit(this.map, this.settings.bbox);
    }

    scale() {
      if (!this.map || !this.map._loaded) return;
      const {metres, pixels} = root.GezhiMap.scaleBar(this.map);
      this.bar.style.width = `${pixels}px`;
      this.bar.firstChild.textContent = metres >= 1000 ? `${metres / 1000} ${this.words.km}` : `${metres} ${this.words.metres}`;
    }

    // ---- search ---------------------------------------------------------------------------------------------------

    finder() {
      const {words} = this;
      const list = element('ul', {class: 'sheet-found', role: 'listbox', id: 'sheet-found', hidden: true});
      const input = element('input', {
        type: 'search', placeholder: words.search, 'aria-label': words.search, role: 'combobox', 'aria-expanded': 'false',
        'aria-controls': 'sheet-found', autocomplete: 'off',
        oninput: () => this.find(input, list),
        onkeydown: (event) => this.steer(event, input, list),
      });
      return element('div', {class: 'sheet-search', role: 'search'}, input, list);
    }

    find(input, list) {
      const wanted = input.value.trim().toLowerCase();
      const found = wanted ? this.rows.filter((row) => `${row.label} ${row.sub || ''}`.toLowerCase().includes(wanted)).slice(0, 12) : [];
      list.replaceChildren(...found.map((row, k) => element('li', {
        role: 'option', id: `found-${k}`, 'aria-selected': k === 0 ? 'true' : 'false', onpointerdown: (event) => { event.preventDefault(); this.goTo(row, list); },
      }, element('b', {text: row.label}), element('small', {text: row.sub || ''}))));
      if (wanted && !found.length) list.append(element('li', {class: 'none', text: this.words.nothing}));
      list.hidden = !wanted;
      list.found = found;
      input.setAttribute('aria-expanded', String(!list.hidden));
      this.point(input, list, 0);
    }

    point(input, list, at) {
      list.at = at;
      for (const [k, option] of Array.from(list.querySelectorAll('[role=option]')).entries()) option.setAttribute('aria-selected', String(k === at));
      if ((list.found || []).length) input.setAttribute('aria-activedescendant', `found-${at}`);
      else input.removeAttribute('aria-activedescendant');
    }

    steer(event, input, list) {
      const count = (list.found || []).length;
      if (event.key === 'ArrowDown' && count) this.point(input, list, (list.at + 1) % count);
      else if (event.key === 'ArrowUp' && count) this.point(input, list, (list.at + count - 1) % count);
      else if (event.key === 'Enter' && count) this.goTo(list.found[list.at], list);
      else if (event.key === 'Escape') { list.hidden = true; input.setAttribute('aria-expanded', 'false'); return; }
      else return;
      event.preventDefault();
    }

    goTo(row, list) {
      list.hidden = true;
      if (row.bbox) root.GezhiMap.fit(this.map, row.bbox, {maxZoom: 17, padding: [80, 80]});
      else this.map.setView([row.lat, row.lng], Math.max(this.map.getZoom(), 16), {animate: false});
      this.show({latlng: root.L.latLng(row.lat, row.lng), label: row.group ?? null});
    }

    // ---- panel ----------------------------------------------------------------------------------------------------

    pick(event) {
      const rank = (entry) => entry.layer.options.rank || 0;
      const pickable = this.entries.filter((entry) => entry.shown && entry.layer && entry.layer.itemAt);
      const overlays = pickable.reverse().sort((a, b) => rank(b) - rank(a));
      for (const entry of overlays) {
        const item = entry.layer.itemAt(event.latlng);
        if (item) {
          this.show({latlng: event.latlng, item, entry});
          return;
        }
      }
      this.show({latlng: event.latlng});
    }

    /** Show what is at a point: a picked item, else the grid and the values of the shown layers. */
    show(at) {
      this.shownAt = at;
      const parts = at.item ? [this.itemPart(at.entry, at.item)] : this.cellParts(at);
      if (!parts.length) {
        this.closePanel();
        return;
      }
      const close = element('button', {type: 'button', class: 'close', 'aria-label': this.words.close, text: '×', onclick: () => this.closePanel()});
      this.panel.replaceChildren(close, ...parts);
      this.panel.hidden = false;
    }

    closePanel() {
      this.panel.hidden = true;
      this.shownAt = null;
      for (const {layer} of this.entries) {
        if (layer && layer.highlight) layer.highlight();
        if (layer && layer.choose) layer.choose(null);
      }
      this.map.getContainer().focus();
    }

    facts(rows) {
      const list = element('dl', {});
      for (const [name, value] of rows) {
        if (value === null || value === undefined || value === '') continue;
        list.append(element('dt', {text: name}), element('dd', {}, value instanceof Node ? value : String(value)));
      }
      return list;
    }

    cellParts({latlng, label = null}) {
      const parts = [];
      const hexagons = this.entries.filter((entry) => entry.layer && entry.layer.cellAt && entry.layer.data);
      let grid = label === null ? null : this.byLabel.get(label);
      let cell = null;
      for (const {spec, layer, shown} of hexagons) {
        const found = layer.cellAt(latlng);
        if (!found) continue;
        cell = cell || found.cell;
        if (spec.grids && !grid && found.group !== null) grid = this.byLabel.get(found.group);
        if (shown && spec.options.colour.kind === 'value' && spec.legend) {
          parts.push(element('p', {class: 'value'}, element('span', {text: say(spec.legend.title, this.lang)}),
            element('b', {text: `${number(found.value)} ${say(spec.legend.unit, this.lang)}`})));
        }
      }
      for (const {spec, layer} of hexagons) {
        if (spec.group === 'lines' || (spec.grids && layer._map)) layer.highlight(grid ? {groups: [grid.label]} : {});
      }
      if (grid) parts.unshift(this.gridPart(grid));
      if (cell) parts.push(this.facts([[this.words.cell, cell]]));
      return parts;
    }

    gridPart(grid) {
      const {words, settings} = this;
      const band = settings.band || null;
      const target = band ? ` / ${words.band} ${number(band[0])}–${number(band[1])}` : '';
      const off = grid.deviation ? percent(grid.deviation) : words.within;
      return element('div', {}, element('h2', {text: grid.name || grid.code}), this.facts([
        [words.code, grid.code],
        [words.kind, words.kinds[grid.kind] || grid.kind],
        [words.town, grid.town && grid.town.name],
        [words.region, grid.region && grid.region.name],
        [words.households, `${number(grid.households, 0)} ${words.unitHouseholds}${target}`],
        [words.deviation, grid.deviation === undefined || grid.deviation === null ? null : off],
        [words.area, grid.area_km2 === undefined ? null : `${number(grid.area_km2)} ${words.unitArea}`],
        [words.cells, number(grid.cells)],
        [words.worker, grid.worker ? grid.worker.name : words.vacant],
        [words.centre, grid.centre && grid.centre.name],
        [words.faults, (grid.faults || []).map((code) => say((settings.faults || {})[code] || code, this.lang)).join(' · ')],
      ]));
    }

    itemPart(entry, item) {
      const {words} = this;
      for (const other of this.entries) if (other.layer && other.layer.choose) other.layer.choose(other === entry ? item.id : null);
      const degrees = (value) => (value === null || value === undefined ? null : `${number(value, 0)}°`);
      return element('div', {}, element('h2', {text: item.name || item.id}), this.facts([
        [words.tier, words.tiers[item.tier]],
        [words.kind, words.kinds[item.kind] || item.kind],
        [words.post, item.post],
        [words.status, words.states[item.status] || item.status],
        [words.heading, degrees(item.heading_deg)],
        [words.angle, degrees(item.angle_deg)],
        [words.range, item.range_m === undefined ? null : `${number(item.range_m, 0)} ${words.metres}`],
        [words.region, item.region && item.region.name],
        [words.grids, Array.isArray(item.grids) ? item.grids.slice(0, 30).join(', ') : item.grids],
      ]));
    }

    // ---- paper ----------------------------------------------------------------------------------------------------

    /** Print is a layout of its own: the map takes the size of the paper before the browser looks at it. */
    printing(on) {
      const centre = this.map.getCenter();
      document.body.classList.toggle('printing', on);
      this.map.invalidateSize({animate: false, pan: false});
      this.map.setView(centre, this.map.getZoom(), {animate: false});
      for (const {layer, shown} of this.entries) if (shown && layer && layer.flush) layer.flush();
      this.scale();
    }
  }

  root.gezhiSheet = new Sheet(root.GezhiMap.block('gezhi-map'), root.GezhiMap.specs());
})(typeof globalThis === 'undefined' ? self : globalThis);
