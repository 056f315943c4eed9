/**
 * The address of what is on the screen: job, view, layers, selection, plan, time window, language.
 * Sharing a link shares the view. Pure: text in, plain state out, and back. What is malformed is left out.
 */

/** @typedef {{lat: number, lng: number, zoom: number}} View */
/** @typedef {{kind: string, id: string}} Selection */
/**
 * @typedef {object} Address
 * @property {string} [job]
 * @property {View} [view]
 * @property {Record<string, number>} [layers] id → opacity 0–1 of the layers that are on
 * @property {Selection} [selection]
 * @property {string} [plan]
 * @property {string} [beside] the plan that it is compared with
 * @property {string} [from] first day of the window, YYYY-MM-DD
 * @property {string} [to] last day of the window, YYYY-MM-DD
 * @property {string} [category]
 * @property {string} [per]
 * @property {number} [smooth] rings
 * @property {string} [level] areas that are counted in: a level, or net:DEPARTMENT
 * @property {string} [against] window compared with: year
 * @property {string} [hours] hours of the day that count, with commas
 * @property {string} [weekdays] weekdays that count, 0 Monday, with commas
 * @property {"zh" | "en"} [language]
 */

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const WORD = /^[a-z][a-z-]{0,31}$/;
const KINDS = new Set(["city", "region", "grid", "cell", "camera", "centre", "worker", "place", "net", "area"]);

/**
 * @param {string} search the query part of an address
 * @returns {Address}
 */
export function parse(search) {
  const query = new URLSearchParams(search);
  /** @type {Address} */
  const address = {};
  const job = query.get("job");
  if (job && WORD.test(job)) address.job = job;
  const view = parseView(query.get("at"));
  if (view) address.view = view;
  if (query.has("layers")) address.layers = parseLayers(query.get("layers") ?? "");
  const selection = parseSelection(query.get("sel"));
  if (selection) address.selection = selection;
  const plan = query.get("plan");
  if (plan && /^\w{1,40}$/.test(plan)) address.plan = plan;
  const beside = query.get("beside");
  if (beside && /^\w{1,40}$/.test(beside)) address.beside = beside;
  for (const end of /** @type {const} */ (["from", "to"])) {
    const text = query.get(end);
    if (text && DAY.test(text) && !Number.isNaN(Date.parse(text))) address[end] = text;
  }
  const category = query.get("category");
  if (category && category.length <= 40) address.category = category;
  const per = query.get("per");
  if (per && WORD.test(per)) address.per = per;
  const smooth = Number(query.get("smooth"));
  if (Number.isInteger(smooth) && smooth > 0 && smooth <= 8) address.smooth = smooth;
  const hours = query.get("hours");
  if (hours && /^\d{1,2}(,\d{1,2}){0,23}$/.test(hours) && hours.split(",").every((one) => +one < 24)) address.hours = hours;
  const weekdays = query.get("weekdays");
  if (weekdays && /^[0-6](,[0-6]){0,6}$/.test(weekdays)) address.weekdays = weekdays;
  const level = query.get("level");
  if (level && (WORD.test(level) || (level.startsWith("net:") && level.length <= 204))) address.level = level;
  if (query.get("against") === "year") address.against = "year";
  const language = query.get("lang");
  if (language === "zh" || language === "en") address.language = language;
  return address;
}

/**
 * @param {Address} address
 * @returns {string} the query part, with its question mark, in a fixed order
 */
export function build(address) {
  /** @type {string[]} */
  const parts = [];
  const add = (/** @type {string} */ name, /** @type {string | undefined} */ value) => {
    if (value) parts.push(`${name}=${encodeURIComponent(value).replaceAll("%2C", ",").replaceAll("%3A", ":")}`);
  };
  add("job", address.job);
  if (address.view) {
    const { lat, lng, zoom } = address.view;
    add("at", `${lat.toFixed(5)},${lng.toFixed(5)},${+zoom.toFixed(2)}`);
  }
  if (address.layers) parts.push(`layers=${writeLayers(address.layers)}`);
  add("sel", address.selection && `${address.selection.kind}:${address.selection.id}`);
  add("plan", address.plan);
  add("beside", address.beside);
  add("from", address.from);
  add("to", address.to);
  add("category", address.category);
  add("per", address.per);
  add("smooth", address.smooth ? String(address.smooth) : undefined);
  add("hours", address.hours);
  add("weekdays", address.weekdays);
  add("level", address.level);
  add("against", address.against);
  add("lang", address.language);
  return parts.length ? `?${parts.join("&")}` : "";
}

/** @param {string | null} text */
function parseView(text) {
  const numbers = (text ?? "").split(",").map(Number);
  if (numbers.length !== 3 || numbers.some((value) => !Number.isFinite(value))) return null;
  const [lat, lng, zoom] = numbers;
  return Math.abs(lat) <= 90 && Math.abs(lng) <= 180 && zoom >= 0 && zoom <= 22 ? { lat, lng, zoom } : null;
}

/** @param {string} text */
function parseLayers(text) {
  /** @type {Record<string, number>} */
  const layers = {};
  for (const part of text.split(",")) {
    const [id, share] = part.split(":");
    if (!WORD.test(id)) continue;
    const opacity = share === undefined ? 1 : Number(share) / 100;
    layers[id] = Number.isFinite(opacity) ? Math.min(1, Math.max(0, opacity)) : 1;
  }
  return layers;
}

/** @param {Record<string, number>} layers */
function writeLayers(layers) {
  return Object.entries(layers)
    .map(([id, opacity]) => (opacity >= 0.995 ? id : `${id}:${Math.round(opacity * 100)}`))
    .join(",");
}

/** @param {string | null} text */
function parseSelection(text) {
  const at = (text ?? "").indexOf(":");
  if (!text || at < 1) return null;
  const [kind, id] = [text.slice(0, at), text.slice(at + 1)];
  return KINDS.has(kind) && id.length > 0 && id.length <= 80 ? { kind, id } : null;
}
