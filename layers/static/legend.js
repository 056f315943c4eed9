/**
 * Words, numbers and legends. A plain script without imports; text enters the page by textContent only.
 */
(function (root) {
  'use strict';

  /** A text that may be plain or {zh, en}. */
  function say(text, lang) {
    if (text === null || text === undefined) return '';
    return typeof text === 'object' ? String(text[lang] ?? text.zh ?? text.en ?? '') : String(text);
  }

  /** A number with thousands separated and at most `digits` decimals; three significant digits when small. */
  function number(value, digits) {
    if (value === null || value === undefined || Number.isNaN(value)) return '–';
    const size = Math.abs(value);
    const decimals = digits ?? (Number.isInteger(value) || size >= 100 ? 0 : size >= 10 ? 1 : 2);
    return value.toLocaleString('en', {maximumFractionDigits: decimals}).replace('-', '−');
  }

  function percent(ratio) {
    return `${ratio > 0 ? '+' : ''}${number(ratio * 100, Math.abs(ratio) < 0.1 ? 1 : 0)}%`;
  }

  /** An element with attributes and children; strings become text. */
  function element(tag, attributes, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (name === 'text') made.textContent = value;
      else if (name.startsWith('on')) made.addEventListener(name.slice(2), value);
      else made.setAttribute(name, value === true ? '' : value);
    }
    made.append(...children.filter((child) => child !== null && child !== undefined));
    return made;
  }

  /** The words for one class of a legend: '≥ 5', '1 – 3', '0'; ratios as percentages; whole numbers by their ends. */
  function range(one, {whole, ratio}, last) {
    const show = ratio ? percent : (value) => number(value);
    if (one.from === null) return `< ${show(one.to)}`;
    if (one.to === null) return `≥ ${show(one.from)}`;
    if (one.from === one.to) return show(one.from);
    const end = whole && !last ? one.to - 1 : one.to;
    return end === one.from ? show(end) : `${show(one.from)} – ${show(end)}`;
  }

  /**
   * The legend of a layer as an element.
   * @param {Object} legend {title, unit, n, of, each, window, source, left_out, classes}  @param {'zh'|'en'} lang
   */
  function render(legend, lang) {
    const unit = say(legend.unit, lang);
    const list = element('ul', {class: 'gezhi-classes'});
    if (legend.each) {
      list.append(element('li', {}, element('span', {}), element('span', {}), element('span', {class: 'gezhi-count', text: say(legend.each, lang)})));
    }
    for (const one of legend.classes) {
      const swatch = element('span', {class: 'gezhi-swatch', 'aria-hidden': 'true'});
      if (one.colour) swatch.style.backgroundColor = one.colour;
      list.append(element('li', {}, swatch,
        element('span', {text: one.label ? say(one.label, lang) : range(one, legend, one === legend.classes.at(-1))}),
        element('span', {class: 'gezhi-count', text: number(one.count)})));
    }
    const head = element('h3', {text: say(legend.title, lang)}, element('small', {text: unit}));
    const notes = [`n = ${number(legend.n)}${legend.of ? ` ${say(legend.of, lang)}` : ''}`];
    if (legend.window) notes.push(legend.window.map((time) => time.slice(0, 10)).join(' – '));
    if (legend.source) notes.push(`${lang === 'zh' ? '来源：' : 'Source: '}${say(legend.source, lang)}`);
    if (legend.left_out) notes.push(`${lang === 'zh' ? '未计入：' : 'Left out: '}${say(legend.left_out, lang)}`);
    return element('section', {class: 'gezhi-legend'}, head, list, element('p', {text: notes.join(lang === 'zh' ? '；' : '; ')}));
  }

  root.GezhiLegend = {render, say, number, percent, element, range};
})(typeof globalThis === 'undefined' ? self : globalThis);
