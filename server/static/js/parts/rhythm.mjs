/** When incidents happen, as small inline SVG: hour of the day by weekday, and the days of a year as a calendar. */

import { s } from "../dom.mjs";
import { addDays } from "../format.mjs";

const TINTS = ["#eef1f3", "#f4e79b", "#b7d37a", "#6fb98a", "#3a9a93", "#2c7690", "#32507f"];
const WEEKS = 53;
/** Days of a window that are framed at most. */
const FRAMED = 31;

/**
 * The tint of a count: nothing is grey, the rest six even parts of the root, so that one busy cell hides no other.
 * @param {number} n
 * @param {number} most
 */
export function tint(n, most) {
  return n <= 0 || most <= 0 ? TINTS[0] : TINTS[Math.max(1, Math.ceil(Math.sqrt(n / most) * (TINTS.length - 1)))];
}

/**
 * Weekdays down, hours across. Pressing a cell chooses its hour of its day, a day's name the day, an hour's the hour.
 * @param {number[][]} hours seven rows from Monday of 24 counts
 * @param {{label: string, days: string[], hint: (day: string, hour: number, n: number) => string,
 *   chosen: {hours: number[] | null, weekdays: number[] | null},
 *   choose: (day: number | null, hour: number | null) => void}} how
 */
export function weekChart(hours, { label, days, hint, chosen, choose }) {
  const [left, size, tall] = [40, 12.5, 14];
  const most = Math.max(...hours.flat());
  const on = (/** @type {number} */ day, /** @type {number} */ hour) =>
    (chosen.weekdays?.includes(day) ?? true) && (chosen.hours?.includes(hour) ?? true);
  const some = chosen.hours !== null || chosen.weekdays !== null;
  const cells = hours.flatMap((row, day) =>
    row.map((n, hour) =>
      s(
        "rect",
        {
          class: some && on(day, hour) ? "pressable chosen" : "pressable",
          x: left + hour * size,
          y: day * tall,
          width: size - 1,
          height: tall - 1,
          fill: tint(n, most),
          "fill-opacity": on(day, hour) ? 1 : 0.35,
          on: { click: () => choose(day, hour) },
        },
        s("title", {}, hint(days[day], hour, n)),
      ),
    ),
  );
  const rows = days.map((day, i) =>
    s("text", { class: "pressable", x: 0, y: i * tall + 11, on: { click: () => choose(i, null) } }, day),
  );
  const marks = [0, 6, 12, 18].map((hour) =>
    s(
      "text",
      { class: "pressable", x: left + hour * size, y: 7 * tall + 12, on: { click: () => choose(null, hour) } },
      `${hour}:00`,
    ),
  );
  return chart(340, 7 * tall + 16, label, [cells, rows, marks]);
}

/**
 * The days of the year that ends with `last`: weeks across, weekdays down; those outside the window are pale, and those
 * of a short one are framed, while the frames of many would hide their colours.
 * @param {{day: string, n: number}[]} days
 * @param {string} last YYYY-MM-DD
 * @param {{label: string, hint: (day: string, n: number) => string, choose: (day: string) => void,
 *   window: [string | null, string | null]}} how
 */
export function calendar(days, last, { label, hint, choose, window: [from, to] }) {
  const [size, head] = [340 / WEEKS, 12];
  const count = new Map(days.map((one) => [one.day, one.n]));
  const first = firstDay(last);
  const shown = [];
  for (let day = first; day <= last; day = addDays(day, 1)) shown.push(day);
  const most = Math.max(...shown.map((day) => count.get(day) ?? 0));
  const inside = (/** @type {string} */ day) => (!from || day >= from) && (!to || day <= to);
  const framed = from && to && addDays(from, FRAMED) > to;
  const cells = shown.map((day, i) => {
    const n = count.get(day) ?? 0;
    const [x, y] = [Math.floor(i / 7) * size, head + (i % 7) * size];
    return s(
      "rect",
      {
        class: framed && inside(day) ? "pressable chosen" : "pressable",
        x,
        y,
        width: size - 0.8,
        height: size - 0.8,
        fill: tint(n, most),
        "fill-opacity": inside(day) ? 1 : 0.35,
        on: { click: () => choose(day) },
      },
      s("title", {}, hint(day, n)),
    );
  });
  const marks = shown
    .map((day, i) => /** @type {[string, number]} */ ([day, i]))
    .filter(([day]) => day.endsWith("-01") && (Number(day.slice(5, 7)) - 1) % 3 === 0)
    .map(([day, i]) => s("text", { x: Math.floor(i / 7) * size, y: 9 }, day.slice(0, 7)));
  return chart(340, head + 7 * size, label, [marks, cells]);
}

/**
 * The last day of the year to show: the last year of reports while the window ends in it, else the window's own, as it
 * is in the calendar.
 * @param {string} to last day of the window
 * @param {string} last last day of reports
 */
export function yearEnd(to, last) {
  return to >= firstDay(last) ? last : `${to.slice(0, 4)}-12-31`;
}

/** The Monday with which the 53 weeks up to a day begin. @param {string} last */
export function firstDay(last) {
  const weekday = (new Date(`${last}T00:00:00Z`).getUTCDay() + 6) % 7;
  return addDays(last, -weekday - 7 * (WEEKS - 1));
}

/**
 * @param {number} width
 * @param {number} height
 * @param {string} label
 * @param {any[]} parts
 */
function chart(width, height, label, parts) {
  const named = { class: "chart", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label };
  return s("svg", named, ...parts);
}
