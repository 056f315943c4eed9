/** Incidents over time, for the bottom strip: days summed into calendar steps. Pure. */

import { addDays } from "./format.mjs";

/** What a strip of a thousand pixels still shows apart: fourteen years of months, three of weeks. */
const MOST_BINS = 170;
const THIN_SHARE = 0.005;

/**
 * Calendar steps over a range of days: days, weeks, months, quarters or years, at most {@link MOST_BINS}.
 * @param {string} first YYYY-MM-DD
 * @param {string} last YYYY-MM-DD
 * @returns {{day: string, end: string}[]} `end` is the first day after the step
 */
export function steps(first, last) {
  const span = (Date.parse(last) - Date.parse(first)) / 86_400_000 + 1;
  const next =
    span <= MOST_BINS ? (/** @type {string} */ day) => addDays(day, 1) : span <= 7 * (MOST_BINS - 2) ? monday : monthly(span);
  const found = [];
  for (let day = first; day <= last;) {
    const end = next(day);
    found.push({ day, end: end > addDays(last, 1) ? addDays(last, 1) : end });
    day = end;
  }
  return found;
}

/**
 * Where reports begin in earnest: a share of at most {@link THIN_SHARE} that fills more than a third of the time (old
 * dates of occurrence) would leave no room for the rest.
 * @param {{day: string, n: number}[]} days in order
 * @returns {{first: string, earlier: number}} the first day of the axis, and the reports before it
 */
export function beginning(days) {
  const whole = days.reduce((sum, one) => sum + one.n, 0);
  let passed = 0;
  const at = days.findIndex((one) => (passed += one.n) > THIN_SHARE * whole);
  const since = (/** @type {string} */ day) => Date.parse(day) - Date.parse(days[0].day);
  if (at < 1 || since(days[at].day) <= since(days[days.length - 1].day) / 3) return { first: days[0].day, earlier: 0 };
  const first = `${days[at].day.slice(0, 7)}-01`;
  return { first, earlier: days.filter((one) => one.day < first).reduce((sum, one) => sum + one.n, 0) };
}

/**
 * The steps with the sum of the days that lie in each.
 * @param {{day: string, n: number}[]} days in order
 * @param {{day: string, end: string}[]} found
 */
export function summed(days, found) {
  let at = 0;
  return found.map(({ day, end }) => {
    let n = 0;
    for (; at < days.length && days[at].day < end; at += 1) if (days[at].day >= day) n += days[at].n;
    return { day, end, n };
  });
}

/** The Monday after a day. @param {string} day */
function monday(day) {
  const weekday = (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7;
  return addDays(day, 7 - weekday);
}

/** @param {number} span days in the whole range */
function monthly(span) {
  const months = [1, 3, 12, 60].find((count) => span / 30.4 / count <= MOST_BINS - 2) ?? 120;
  return (/** @type {string} */ day) => {
    const [year, month] = day.split("-").map(Number);
    const at = Math.floor((year * 12 + month - 1) / months + 1) * months;
    return `${String(Math.floor(at / 12)).padStart(4, "0")}-${String((at % 12) + 1).padStart(2, "0")}-01`;
  };
}
