/**
 * Figures as people read them: units and sensible precision in both languages. Pure; no DOM.
 * Ratios come in as 0–1, areas in km², distances in metres, times as ISO 8601 text in UTC.
 */

/** @typedef {import("./i18n.mjs").Language} Language */

const NONE = "–";
/** Formatters by their decimals: making one costs more than a thousand uses. @type {Map<number, Intl.NumberFormat>} */
const formats = new Map();

/**
 * 1,234 or 0.37: thousands separated, at most `digits` decimals.
 * @param {number | null | undefined} value
 * @param {number} [digits]
 */
export function number(value, digits = 0) {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
  const format = formats.get(digits) ?? new Intl.NumberFormat("en-US", { maximumFractionDigits: digits });
  formats.set(digits, format);
  const text = format.format(value);
  return text.startsWith("-") ? `−${text.slice(1)}` : text;
}

/**
 * A figure of unknown size with three significant digits: 1,234 · 12.3 · 0.0123.
 * @param {number | null | undefined} value
 */
export function figure(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
  const size = Math.abs(value);
  if (size === 0 || size >= 100) return number(value);
  return number(value, Math.min(6, Math.max(0, 2 - Math.floor(Math.log10(size)))));
}

/**
 * 12.3%: one decimal, no space.
 * @param {number | null | undefined} ratio 0–1
 */
export function percent(ratio) {
  if (ratio === null || ratio === undefined || !Number.isFinite(ratio)) return NONE;
  return `${number(ratio * 100, 1)}%`;
}

/**
 * +12.3% above a target, −4.0% below, 0% on it.
 * @param {number | null | undefined} ratio
 */
export function signed(ratio) {
  if (ratio === null || ratio === undefined || !Number.isFinite(ratio)) return NONE;
  const text = percent(ratio);
  return ratio > 0 && text !== "0%" ? `+${text}` : text;
}

/**
 * Households with their unit: 412 户, 9.3 万户; 412 households, 93,000 households.
 * @param {number | null | undefined} count
 * @param {Language} language
 */
export function households(count, language) {
  if (count === null || count === undefined || !Number.isFinite(count)) return NONE;
  if (language === "en") return `${number(count)} households`;
  return Math.abs(count) >= 100_000 ? `${number(count / 10_000, 1)} 万户` : `${number(count)} 户`;
}

/**
 * Households where the word stands beside the figure already: 412 户, 9.3 万户; 412.
 * @param {number | null | undefined} count
 * @param {Language} language
 */
export function householdCount(count, language) {
  return language === "en" ? number(count) : households(count, language);
}

/**
 * Area with its unit.
 * @param {number | null | undefined} km2
 * @param {Language} language
 */
export function area(km2, language) {
  if (km2 === null || km2 === undefined || !Number.isFinite(km2)) return NONE;
  const unit = language === "en" ? "km²" : "平方公里";
  return `${km2 >= 100 ? number(km2) : figure(km2)} ${unit}`;
}

/**
 * Distance with its unit: 340 米, 1.2 公里.
 * @param {number | null | undefined} metres
 * @param {Language} language
 */
export function distance(metres, language) {
  if (metres === null || metres === undefined || !Number.isFinite(metres)) return NONE;
  if (metres < 1000) return `${number(metres)} ${language === "en" ? "m" : "米"}`;
  return `${number(metres / 1000, metres < 100_000 ? 1 : 0)} ${language === "en" ? "km" : "公里"}`;
}

/**
 * A point as text: 26.42512, 111.61320 (latitude first, five decimals are about a metre).
 * @param {number} lat
 * @param {number} lng
 */
export function point(lat, lng) {
  return `${lat.toFixed(5)}, ${lng.toFixed(5)}`;
}

/**
 * Seconds as people say them.
 * @param {number | null | undefined} seconds
 * @param {Language} language
 */
export function duration(seconds, language) {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return NONE;
  const whole = Math.max(0, Math.round(seconds));
  const [minutes, rest] = [Math.floor(whole / 60), whole % 60];
  if (language === "en") return minutes ? `${minutes} min ${rest} s` : `${rest} s`;
  return minutes ? `${minutes} 分 ${rest} 秒` : `${rest} 秒`;
}

/**
 * Bytes as kB or MB.
 * @param {number} bytes
 */
export function bytes(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${number(bytes / 1e3, 1)} kB` : `${number(bytes / 1e6, 1)} MB`;
}

/**
 * A moment in the city's zone: 2025-03-04 14:32.
 * @param {string | null | undefined} iso
 * @param {string} zone IANA name
 */
export function moment(iso, zone) {
  const parts = partsOf(iso, zone);
  return parts ? `${parts.year}-${parts.month}-${parts.day} ${parts.hour}:${parts.minute}` : NONE;
}

/**
 * A day in the city's zone: 2025-03-04.
 * @param {string | null | undefined} iso
 * @param {string} zone
 */
export function day(iso, zone) {
  const parts = partsOf(iso, zone);
  return parts ? `${parts.year}-${parts.month}-${parts.day}` : NONE;
}

/**
 * The moment at which a local day begins in a zone, as ISO 8601 UTC.
 * @param {string} date YYYY-MM-DD
 * @param {string} zone
 */
export function startOfDay(date, zone) {
  const guess = Date.parse(`${date}T00:00:00Z`);
  let moment = guess;
  for (let round = 0; round < 2; round += 1) {
    const parts = partsOf(new Date(moment).toISOString(), zone);
    if (!parts) break;
    const shown = Date.UTC(+parts.year, +parts.month - 1, +parts.day, +parts.hour % 24, +parts.minute);
    moment += guess - shown;
  }
  return new Date(moment).toISOString().replace(".000Z", "Z");
}

/**
 * The day `count` days after a day.
 * @param {string} date YYYY-MM-DD
 * @param {number} count
 */
export function addDays(date, count) {
  return new Date(Date.parse(`${date}T00:00:00Z`) + count * 86_400_000).toISOString().slice(0, 10);
}

/**
 * @param {string | null | undefined} iso
 * @param {string} zone
 */
function partsOf(iso, zone) {
  if (!iso) return null;
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return null;
  return Object.fromEntries(clockOf(zone).formatToParts(date).map((part) => [part.type, part.value]));
}

/** Making one costs more than using it. @type {Map<string, Intl.DateTimeFormat>} */
const clocks = new Map();

/** @param {string} zone */
function clockOf(zone) {
  let clock = clocks.get(zone);
  if (!clock) {
    clock = new Intl.DateTimeFormat("en-GB", {
      timeZone: zone,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    });
    clocks.set(zone, clock);
  }
  return clock;
}
