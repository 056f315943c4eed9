/**
 * Drawing on canvas: centres by tier, workers, camera sectors, lines and text with a halo. Pure functions of a 2D
 * context and pixel coordinates; a plain script without imports.
 */
(function (root) {
  'use strict';

  const INK = '#1b2a33';
  const PAPER = '#ffffff';
  const TIERS = {
    city: {radius: 11, fill: '#123a58'},
    county: {radius: 9.5, fill: '#1d5f83'},
    town: {radius: 8, fill: '#3a7d9a'},
    community: {radius: 6, fill: '#6da3b8'},
  };
  const CAMERA = {online: '#0f6b5c', unknown: '#6b5a8e', offline: '#7a7f85'};

  /** A centre: a house-shaped shield, larger and darker the higher its tier; the city's carries a star. */
  function centre(context, x, y, tier, chosen) {
    const {radius: r, fill} = TIERS[tier] || TIERS.community;
    context.beginPath();
    context.moveTo(x - r, y - r * 0.35);
    context.lineTo(x, y - r * 1.15);
    context.lineTo(x + r, y - r * 0.35);
    context.lineTo(x + r, y + r * 0.85);
    context.lineTo(x - r, y + r * 0.85);
    context.closePath();
    context.fillStyle = fill;
    context.fill();
    context.lineWidth = chosen ? 3 : 1.5;
    context.strokeStyle = chosen ? INK : PAPER;
    context.stroke();
    context.fillStyle = PAPER;
    if (tier === 'city') {
      star(context, x, y, r * 0.62);
    } else {
      const bars = {county: 3, town: 2}[tier] || 1;
      for (let k = 0; k < bars; k++) {
        context.fillRect(x - r * 0.5, y + r * (0.45 - 0.42 * k), r, Math.max(1, r * 0.2));
      }
    }
    return r * 1.2;
  }

  function star(context, x, y, r) {
    context.beginPath();
    for (let k = 0; k < 10; k++) {
      const angle = -Math.PI / 2 + (k * Math.PI) / 5;
      const reach = k % 2 ? r * 0.42 : r;
      context.lineTo(x + reach * Math.cos(angle), y + reach * Math.sin(angle));
    }
    context.closePath();
    context.fill();
  }

  function worker(context, x, y, item, chosen) {
    const r = chosen ? 6 : 4.5;
    context.beginPath();
    context.arc(x, y, r, 0, 2 * Math.PI);
    context.fillStyle = item.grids && item.grids.length ? '#7a4b94' : PAPER;
    context.fill();
    context.lineWidth = chosen ? 2.5 : 1.5;
    context.strokeStyle = item.grids && item.grids.length ? PAPER : '#7a4b94';
    context.stroke();
    return r + 3;
  }

  /** A key place: a small white-edged tile with a mark of its kind, so that kinds differ without colour. */
  function place(context, x, y, kind, chosen) {
    const r = chosen ? 7.5 : 6;
    context.fillStyle = '#6a5a33';
    context.beginPath();
    context.roundRect(x - r, y - r, 2 * r, 2 * r, 2);
    context.fill();
    context.lineWidth = chosen ? 2.5 : 1.2;
    context.strokeStyle = chosen ? INK : PAPER;
    context.stroke();
    context.fillStyle = PAPER;
    for (const [left, top, width, height] of MARKS[kind] || MARKS.other) {
      context.fillRect(x + left * r, y + top * r, width * r, height * r);
    }
    return r + 3;
  }

  // Rectangles in units of half a tile: a cross, a flag, an awning, rails, a portal, a tree, a paved square, a dot.
  const FLAG = [[-0.5, -0.6, 0.2, 1.25], [-0.3, -0.6, 0.85, 0.55]];
  const AWNING = [[-0.65, -0.5, 1.3, 0.4], [-0.5, 0.05, 0.25, 0.5], [0.25, 0.05, 0.25, 0.5]];
  const MARKS = {
    hospital: [[-0.2, -0.65, 0.4, 1.3], [-0.65, -0.2, 1.3, 0.4]],
    school: FLAG,
    kindergarten: FLAG,
    market: AWNING,
    mall: AWNING,
    station: [[-0.5, -0.65, 0.22, 1.3], [0.28, -0.65, 0.22, 1.3], [-0.28, -0.4, 0.56, 0.2], [-0.28, 0.2, 0.56, 0.2]],
    government: [[-0.65, -0.6, 1.3, 0.25], [-0.55, -0.25, 0.22, 0.75], [-0.11, -0.25, 0.22, 0.75], [0.33, -0.25, 0.22, 0.75]],
    park: [[-0.5, -0.6, 1, 0.75], [-0.12, 0.15, 0.24, 0.5]],
    square: [[-0.5, -0.5, 0.4, 0.4], [0.1, -0.5, 0.4, 0.4], [-0.5, 0.1, 0.4, 0.4], [0.1, 0.1, 0.4, 0.4]],
    other: [[-0.3, -0.3, 0.6, 0.6]],
  };

  /**
   * A camera: its sector in true size (a circle for domes), filled when it works, hollow and dashed when offline.
   * `metre` is the length of a metre in pixels; below 6 px of range only the dot is drawn.
   */
  function camera(context, x, y, item, metre, chosen) {
    const colour = CAMERA[item.status] || CAMERA.unknown;
    const range = (item.range_m || 0) * metre;
    const offline = item.status === 'offline';
    if (range >= 6) {
      context.beginPath();
      const whole = item.heading_deg === null || item.heading_deg === undefined || item.angle_deg >= 360;
      if (whole) {
        context.arc(x, y, range, 0, 2 * Math.PI);
      } else {
        const middle = ((item.heading_deg - 90) * Math.PI) / 180;
        const half = (item.angle_deg * Math.PI) / 360;
        context.moveTo(x, y);
        context.arc(x, y, range, middle - half, middle + half);
        context.closePath();
      }
      context.setLineDash(offline ? [3, 3] : []);
      if (!offline) {
        context.fillStyle = `${colour}${whole ? '1f' : '3d'}`;
        context.fill();
      }
      context.lineWidth = chosen ? 2 : 1;
      context.strokeStyle = `${colour}${chosen ? 'ff' : 'b0'}`;
      context.stroke();
      context.setLineDash([]);
    }
    const r = chosen ? 4.5 : range >= 6 ? 3 : 2.2;
    context.beginPath();
    context.arc(x, y, r, 0, 2 * Math.PI);
    context.fillStyle = offline ? PAPER : colour;
    context.fill();
    context.lineWidth = 1.2;
    context.strokeStyle = offline ? colour : PAPER;
    context.stroke();
    return r + 4;
  }

  /** Text centred on a point, dark with a light halo. `lines` are drawn under one another. */
  function text(context, lines, x, y, size, weight, colour) {
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.lineJoin = 'round';
    lines.forEach((line, k) => {
      const top = Math.round(y + (k - (lines.length - 1) / 2) * size * 1.25);
      context.font = font(k ? size * 0.88 : size, k ? 400 : weight);
      context.lineWidth = 3;
      context.strokeStyle = 'rgba(255,255,255,0.9)';
      context.strokeText(line, x, top);
      context.fillStyle = colour || INK;
      context.fillText(line, x, top);
    });
  }

  function font(size, weight) {
    return `${weight} ${size}px "PingFang SC","Microsoft YaHei","Noto Sans CJK SC",system-ui,sans-serif`;
  }

  root.GezhiSymbols = {centre, worker, place, camera, text, font, TIERS, CAMERA};
})(typeof globalThis === 'undefined' ? self : globalThis);
