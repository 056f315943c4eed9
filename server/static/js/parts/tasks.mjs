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
const QUIET_MS = 6000;
const OVER = new Set(["done", "failed", "cancelled"]);

/** @typedef {{id: string, title: string, started: number, job: any, away?: boolean}} Task */

/**
 * @param {string} city tasks are remembered per city
 * @param {(job: any) => void} onDone called once when a task has ended well
 */
export function createTasks(city, onDone) {
  const memory = remembered(`tasks.${city}`, /** @type {{id: string, title: string, started: number}[]} */ ([]));
  /** @type {Map<string, Task>} */
  const tasks = new Map();
  /** @type {Set<(task: Task) => void>} */
  const watchers = new Set();
  const place = byId("tasks");
  let timer = 0;

  const keep = () => memory.set([...tasks.values()].filter((one) => !OVER.has(one.job?.status)).map(({ id, title, started }) => ({ id, title, started })));

  const show = () => {
    place.hidden = tasks.size === 0;
    replace(place, [...tasks.values()].map((task) => card(task, forget)));
  };

  const forget = (/** @type {string} */ id) => {
    tasks.delete(id);
    keep();
    show();
  };

  const ended = (/** @type {Task} */ task) => {
    const { status } = task.job;
    if (status === "done") {
      toast(t("tasks.done", { task: t(task.title) }));
      onDone(task.job);
      setTimeout(() => forget(task.id), QUIET_MS);
    } else if (status === "cancelled") forget(task.id);
  };

  const poll = async () => {
    timer = 0;
    for (const task of tasks.values()) {
      if (OVER.has(task.job?.status)) continue;
      try {
        task.job = await request(`/api/jobs/${encodeURIComponent(task.id)}`);
        task.away = false;
      } catch (failure) {
        if (/** @type {any} */ (failure).status === 404) tasks.delete(task.id);
        else task.away = true;
        continue;
      }
      for (const watcher of watchers) watcher(task);
      if (OVER.has(task.job.status)) ended(task);
    }
    keep();
    show();
    again();
  };

  const again = () => {
    const running = [...tasks.values()].some((task) => !OVER.has(task.job?.status));
    if (running && !timer) timer = window.setTimeout(poll, document.hidden ? 4 * POLL_MS : POLL_MS);
  };

  for (const { id, title, started } of memory.get()) tasks.set(id, { id, title, started, job: null });
  onLanguage(show);
  show();
  if (tasks.size) poll();

  return {
    /**
     * Follow a job that the server has accepted.
     * @param {{job: {id: string}}} accepted
     * @param {string} title catalogue key
     */
    follow(accepted, title) {
      tasks.set(accepted.job.id, { id: accepted.job.id, title, started: Date.now(), job: null });
      keep();
      show();
      poll();
      return accepted.job.id;
    },
    /** Whether something with this title is under way. @param {string} title */
    busy: (title) => [...tasks.values()].some((task) => task.title === title && !OVER.has(task.job?.status)),
    /** Hear of every change of every task. @param {(task: Task) => void} watcher */
    watch(watcher) {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
  };
}

/**
 * @param {Task} task
 * @param {(id: string) => void} forget
 */
function card(task, forget) {
  const status = task.job?.status ?? "queued";
  const ratio = status === "done" ? 1 : (task.job?.progress ?? 0);
  const over = OVER.has(status);
  const cancel = () => request(`/api/jobs/${encodeURIComponent(task.id)}/cancel`, { method: "POST" }).catch(failed);
  const button = over
    ? h("button.button.quiet", { type: "button", on: { click: () => forget(task.id) } }, t("action.close"))
    : h("button.button.quiet", { type: "button", on: { click: cancel } }, t("action.cancel"));
  const error = task.job?.error;
  return h("div.task", {},
    h("div.row.spread", {}, h("b", {}, t(task.title)), button),
    h(`div.bar-of.${status}`, { role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": Math.round(ratio * 100), "aria-label": t(task.title) },
      h("i", { style: { width: `${ratio * 100}%` } })),
    h("p.note", {},
      h("span", {}, task.away ? t("tasks.away") : statusText(task.job, status)),
      h("span", {}, over ? "" : left(task, ratio))),
    status === "failed" ? h("p.fault", {}, typeof error === "string" ? error : (error?.message ?? t("tasks.failed"))) : null,
  );
}

/**
 * @param {Task} task
 * @param {number} ratio
 */
function left(task, ratio) {
  const gone = (Date.now() - task.started) / 1000;
  if (ratio < 0.03 || gone < 2) return format.percent(Math.round(ratio * 100) / 100);
  return t("tasks.left", { time: format.duration((gone / ratio) * (1 - ratio), language()) });
}

/**
 * @param {any} job
 * @param {string} status
 */
function statusText(job, status) {
  if (status === "done") return t("tasks.ended");
  if (OVER.has(status) || !job?.message) return tOr(`tasks.${status}`, status);
  return tOr(`progress.${job.message}`, job.message);
}
