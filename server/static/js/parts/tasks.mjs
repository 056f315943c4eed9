/**
 * Long work: progress, time left, cancel. The ids are remembered by the browser, so a reload finds them again.
 */

import { request } from "../api.mjs";
import { byId, h, replace } from "../dom.mjs";
import * as format from "../format.mjs";
import { language, onLanguage, t, tOr } from "../i18n.mjs";
import { remembered } from "../store.mjs";
import { failed, toast } from "./toasts.mjs";

const POLL_MS = 700;
const SOON_MS = 150;
const AWAY_MS = 3000;
const QUIET_MS = 6000;
const OVER = new Set(["done", "failed", "cancelled"]);

/** Below this share or time, what is left is not guessed. */
const LEAST = { share: 0.03, run_s: 2 };
/** A guess this many times what was said, and more, makes the latter worthless. */
const LATE = { times: 2, more_s: 5 };

/**
 * @typedef {object} Task
 * @property {string} id
 * @property {string} title catalogue key
 * @property {any} job
 * @property {number} [said_s] the least time left that was said
 * @property {boolean} [away]
 */

/**
 * @param {string} city tasks are remembered per city
 * @param {(job: any) => {label: string, run: () => void} | undefined} onDone called once when a task has ended well;
 *   answers what can be done next
 */
export function createTasks(city, onDone) {
  const { tasks, keep } = createMemory(city);
  /** @type {Set<(task: Task) => void>} */
  const watchers = new Set();
  let timer = 0;
  const show = () => draw(tasks, forget);
  const forget = (/** @type {string} */ id) => {
    tasks.delete(id);
    keep();
    show();
  };
  const ended = (/** @type {Task} */ task) => {
    if (task.job.status === "cancelled") forget(task.id);
    if (task.job.status !== "done") return;
    toast(outcome(task), { action: onDone(task.job) });
    setTimeout(() => forget(task.id), QUIET_MS);
  };
  const poll = async () => {
    clearTimeout(timer);
    for (const task of [...tasks.values()].filter(running)) {
      const known = await look(task);
      if (!known) tasks.delete(task.id);
      if (task.away || !known) continue;
      for (const watcher of watchers) watcher(task);
      if (!running(task)) ended(task);
    }
    keep();
    show();
    clearTimeout(timer);
    if ([...tasks.values()].some(running)) timer = window.setTimeout(poll, document.hidden ? AWAY_MS : POLL_MS);
  };

  onLanguage(show);
  show();
  if (tasks.size) poll();
  return {
    /**
     * Follow a job that the server has accepted. What failed at the same before gives way to it.
     * @param {{job: {id: string}}} accepted
     * @param {string} title catalogue key
     */
    follow(accepted, title) {
      for (const old of tasks.values()) if (old.title === title && !running(old)) tasks.delete(old.id);
      tasks.set(accepted.job.id, { id: accepted.job.id, title, job: null });
      keep();
      show();
      clearTimeout(timer);
      timer = window.setTimeout(poll, SOON_MS);
      return accepted.job.id;
    },
    /** Whether something with this title is under way. @param {string} title */
    busy: (title) => [...tasks.values()].some((task) => task.title === title && running(task)),
    /** Hear of every change of every task. @param {(task: Task) => void} watcher */
    watch(watcher) {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
  };
}

/** @param {Task} task */
function running(task) {
  return !OVER.has(task.job?.status);
}

/**
 * The tasks that a reload finds again.
 * @param {string} city
 */
function createMemory(city) {
  const memory = remembered(`tasks.${city}`, /** @type {{id: string, title: string}[]} */ ([]));
  /** @type {Map<string, Task>} */
  const tasks = new Map(memory.get().map((one) => [one.id, { ...one, job: null }]));
  const keep = () =>
    memory.set([...tasks.values()].filter(running).map(({ id, title }) => ({ id, title })));
  return { tasks, keep };
}

/**
 * Ask how a task fares. False when the server does not know it (any more).
 * @param {Task} task
 */
async function look(task) {
  try {
    task.job = await request(`/api/jobs/${encodeURIComponent(task.id)}`);
    task.away = false;
    task.said_s = Math.min(task.said_s ?? Infinity, guess(task.job));
  } catch (failure) {
    if (/** @type {any} */ (failure).status === 404) return false;
    task.away = true;
  }
  return true;
}

/**
 * Draw every task, leaving the focus where it was.
 * @param {Map<string, Task>} tasks
 * @param {(id: string) => void} forget
 */
function draw(tasks, forget) {
  const place = byId("tasks");
  const focused = /** @type {HTMLElement | null} */ (place.querySelector(":focus"))?.dataset.task;
  place.hidden = tasks.size === 0;
  replace(
    place,
    [...tasks.values()].map((task) => card(task, forget)),
  );
  if (focused) place.querySelector(`[data-task="${CSS.escape(focused)}"]`)?.focus();
}

/**
 * @param {Task} task
 * @param {(id: string) => void} forget
 */
function card(task, forget) {
  const status = task.job?.status ?? "queued";
  const ratio = status === "done" ? 1 : (task.job?.progress ?? 0);
  const over = OVER.has(status);
  const cancel = () =>
    request(`/api/jobs/${encodeURIComponent(task.id)}/cancel`, { method: "POST", json: {} }).catch(failed);
  const button = over
    ? h(
        "button.button.quiet",
        { type: "button", data: { task: task.id }, on: { click: () => forget(task.id) } },
        t("action.close"),
      )
    : h("button.button.quiet", { type: "button", data: { task: task.id }, on: { click: cancel } }, t("action.cancel"));
  const error = task.job?.error;
  return h(
    "div.task",
    {},
    h("div.row.spread", {}, h("b", {}, t(task.title)), button),
    h(
      `div.bar-of.${status}`,
      {
        role: "progressbar",
        "aria-valuemin": 0,
        "aria-valuemax": 100,
        "aria-valuenow": Math.round(ratio * 100),
        "aria-label": t(task.title),
      },
      h("i", { style: { width: `${ratio * 100}%` } }),
    ),
    h(
      "p.note",
      {},
      h("span", {}, task.away ? t("tasks.away") : statusText(task.job, status)),
      h("span", {}, over ? "" : left(task, ratio)),
    ),
    status === "failed" ? h("p.fault", {}, errorText(error)) : null,
  );
}

/**
 * Seconds that a task will take yet as its progress makes it look; Infinity where that says nothing.
 * @param {any} job
 */
function guess({ run_s, progress }) {
  if (run_s === null || run_s < LEAST.run_s || progress < LEAST.share) return Infinity;
  return (run_s / progress) * (1 - progress);
}

/**
 * Seconds that a task will take yet: until its time is up where it was given one, else a guess that never grows. Null
 * where its progress has fallen far behind what was said, or says nothing yet.
 * @param {{job: any, said_s?: number}} task
 */
export function timeLeft({ job, said_s = Infinity }) {
  if (job.left_s !== null) return job.left_s > 0 ? job.left_s : null;
  const now = guess(job);
  return now === Infinity || now > LATE.times * said_s + LATE.more_s ? null : Math.min(now, said_s);
}

/**
 * @param {Task} task
 * @param {number} ratio
 */
function left(task, ratio) {
  const time = task.job ? timeLeft(task) : null;
  if (time === null) return format.percent(Math.round(ratio * 100) / 100);
  const key = task.job.left_s === null ? "tasks.left" : "tasks.left_most"; // a search may end before its time is up
  return t(key, { time: format.duration(time, language()) });
}

/**
 * What a job failed of, in the page's language where its code is known.
 * @param {any} error
 * @returns {string}
 */
export function errorText(error) {
  if (!error) return t("tasks.failed");
  if (typeof error === "string") return error;
  return tOr(`import.advice.${error.code}`, tOr(`error.${error.code}`, error.message ?? t("tasks.failed")));
}

/**
 * What a task that has ended well came to.
 * @param {{title: string, job: any}} task
 */
export function outcome({ title, job }) {
  if (job.kind !== "staff") return t("tasks.done", { task: t(title) });
  return t("tasks.staffed", { n: format.number(job.result.filled), grids: format.number(job.result.grids) });
}

/**
 * What a job is doing, in the page's language.
 * @param {any} job
 * @param {string} status
 */
export function statusText(job, status) {
  if (status === "done") return t("tasks.ended");
  if (OVER.has(status) || !job?.message) return tOr(`tasks.${status}`, status);
  const [, rows] = /^(\d+) rows$/.exec(job.message) ?? [];
  return rows ? t("progress.rows", { n: format.number(Number(rows)) }) : tOr(`progress.${job.message}`, job.message);
}
