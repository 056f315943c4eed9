/**
 * The door to the server. Every failure becomes an {@link ApiError} that can be shown: what happened,
 * what to try, and the request id to quote.
 */

import { language, t } from "./i18n.mjs";

/** What went wrong, in the reader's language. */
export class ApiError extends Error {
  /**
   * @param {{code: string, message: string, detail?: any[], requestId?: string | null, status?: number}} what
   */
  constructor({ code, message, detail = [], requestId = null, status = 0 }) {
    super(message);
    this.code = code;
    this.detail = detail;
    this.requestId = requestId;
    this.status = status;
  }
}

/**
 * @typedef {object} Options
 * @property {string} [method]
 * @property {any} [json] body sent as JSON
 * @property {FormData} [form] body sent as multipart
 * @property {string} [ifMatch] version that the change is based on
 * @property {AbortSignal} [signal]
 */

/**
 * Ask the server for JSON.
 * @param {string} path
 * @param {Options} [options]
 * @returns {Promise<any>}
 */
export async function request(path, options = {}) {
  const answer = await send(path, options);
  return answer.status === 204 ? null : answer.json();
}

/**
 * Ask for JSON together with its ETag, for a later If-Match.
 * @param {string} path
 * @returns {Promise<{body: any, tag: string | null}>}
 */
export async function versioned(path) {
  const answer = await send(path, {});
  return { body: await answer.json(), tag: answer.headers.get("ETag") };
}

/**
 * Ask for the cells of a layer.
 * @param {string} path
 * @param {AbortSignal} [signal]
 * @returns {Promise<ArrayBuffer>}
 */
export async function binary(path, signal) {
  return (await send(path, { signal })).arrayBuffer();
}

/**
 * Ask for a file that is to be saved.
 * @param {string} path
 * @returns {Promise<{body: Blob, name: string}>}
 */
export async function file(path) {
  const answer = await send(path, {});
  const [, name] = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") ?? "") ?? ["", "file"];
  return { body: await answer.blob(), name };
}

/**
 * Add parameters to a path; empty ones are left out.
 * @param {string} path
 * @param {Record<string, string | number | boolean | null | undefined>} values
 */
export function withQuery(path, values) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== null && value !== undefined && value !== "" && value !== false) query.set(name, String(value));
  }
  const text = query.toString();
  return text ? `${path}${path.includes("?") ? "&" : "?"}${text}` : path;
}

/**
 * Every item of a paginated list.
 * @param {string} path
 * @param {number} [most] stop after this many
 * @returns {Promise<any[]>}
 */
export async function all(path, most = 100_000) {
  /** @type {any[]} */
  const items = [];
  let cursor = null;
  do {
    const page = await request(cursor ? withQuery(path, { cursor }) : path);
    items.push(...page.items);
    cursor = page.next ?? null;
  } while (cursor && items.length < most);
  return items;
}

/**
 * @param {string} path
 * @param {Options} options
 * @returns {Promise<Response>}
 */
async function send(path, { method = "GET", json, form, ifMatch, signal }) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json, application/octet-stream", "Accept-Language": language() };
  if (json !== undefined) headers["Content-Type"] = "application/json";
  if (ifMatch) headers["If-Match"] = ifMatch;
  const body = form ?? (json === undefined ? undefined : JSON.stringify(json));
  let answer;
  try {
    answer = await fetch(path, { method, headers, body, signal, credentials: "same-origin" });
  } catch (failure) {
    if (/** @type {any} */ (failure)?.name === "AbortError") throw failure;
    throw new ApiError({ code: "offline", message: t("error.offline") });
  }
  if (!answer.ok) throw await failureOf(answer);
  return answer;
}

/** @param {Response} answer */
async function failureOf(answer) {
  const id = answer.headers.get("X-Request-Id");
  try {
    const { error } = await answer.json();
    return new ApiError({
      code: error.code,
      message: error.message,
      detail: error.detail ?? [],
      requestId: error.request_id ?? id,
      status: answer.status,
    });
  } catch {
    const message = t("error.status", { status: answer.status });
    return new ApiError({ code: "unreadable", message, requestId: id, status: answer.status });
  }
}
