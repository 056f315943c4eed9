/** The rail: one job at a time, each a module that is loaded when it is first opened. The map stays. */

import { byId } from "./dom.mjs";
import { PRESETS } from "./layers/kinds.mjs";
import { problem } from "./parts/states.mjs";
import { remembered } from "./store.mjs";
import { createTurns } from "./turns.mjs";

/** What each job needs; the ones a role may not do are not offered. */
export const JOBS = /** @type {Record<string, string>} */ ({
  map: "city.read",
  redraw: "plan.read",
  incidents: "heat.read",
  coverage: "coverage.read",
  centres: "centre.read",
  plans: "plan.read",
  data: "import.read",
  admin: "user.manage",
});

/** @param {any} app */
export function connectJobs(app) {
  const links = /** @type {HTMLAnchorElement[]} */ ([...document.querySelectorAll(".rail-job")]);
  const tab = byId("work-tab");
  for (const link of links) offer(app, link);
  app.openJob = (/** @type {string} */ job) => openJob(app, job);
  app.hideWork = () => {
    app.work.replaceChildren();
    app.work.hidden = true;
    app.resized();
  };
  app.foldWork = () => {
    app.work.hidden = !app.work.hidden;
    tab.hidden = !app.work.hidden;
    app.resized();
    (tab.hidden ? app.work.querySelector("button") : tab).focus();
  };
  tab.addEventListener("click", app.foldWork);
  const mount = mounter(app, (job) => {
    document.body.dataset.job = job;
    app.work.hidden = job === "map";
    tab.hidden = true;
    for (const link of links) {
      if (link.dataset.job === job) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    showCurrent();
  });
  app.store.on(["job"], mount);
  mount();
  leadToMore(links);
}

/** Where the jobs do not all fit, the one that is open is in sight. */
function showCurrent() {
  document.querySelector(".rail-job[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

/**
 * On a phone the jobs are a bar that may be wider than the screen: a button at its end shows so, and leads on and back.
 * @param {HTMLElement[]} links
 */
function leadToMore(links) {
  const rail = byId("rail");
  const more = byId("rail-more");
  const reach = () => rail.scrollWidth - rail.clientWidth;
  const look = () => {
    more.hidden = reach() < 1;
    more.classList.toggle("back", rail.scrollLeft > reach() - 1);
  };
  more.addEventListener("click", () => {
    if (more.classList.contains("back")) return rail.scrollTo({ left: 0 });
    const end = more.getBoundingClientRect().left;
    const next = links.map((link) => link.getBoundingClientRect()).find(({ right }) => right > end);
    rail.scrollTo({ left: next ? rail.scrollLeft + next.left : reach() });
  });
  rail.addEventListener("scroll", look, { passive: true });
  const sizes = new ResizeObserver(() => {
    look();
    showCurrent();
  });
  for (const part of [rail, byId("rail-jobs"), byId("rail-foot")]) sizes.observe(part);
}

/**
 * A link of the rail: opens its job here; with Ctrl or Shift the browser opens it elsewhere.
 * @param {any} app
 * @param {HTMLAnchorElement} link
 */
function offer(app, link) {
  const job = link.dataset.job ?? "";
  if (!app.can(JOBS[job])) /** @type {HTMLElement} */ (link.closest("li")).hidden = true;
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    app.openJob(job);
  });
}

/**
 * Go to a job with the layers it was left with; the open job's own link folds its column.
 * @param {any} app
 * @param {string} job
 */
function openJob(app, job) {
  const { store } = app;
  if (job === store.get().job) {
    if (app.work.childElementCount) app.foldWork();
    return;
  }
  const preset = PRESETS[job];
  const layers = preset ? remembered(`layers.${app.city.code}.${job}`, preset).get() : store.get().layers;
  const { selection } = store.get();
  store.set({ job, layers, selection: selection?.kind === "city" && job !== "map" ? null : selection });
}

/**
 * Takes the job before off the page and puts the store's job on it.
 * @param {any} app
 * @param {(job: string) => void} prepare
 */
function mounter(app, prepare) {
  /** @type {(() => void) | null} */
  let unmount = null;
  const begin = createTurns();
  return async function mount() {
    const { job } = app.store.get();
    const newest = begin();
    prepare(job);
    unmount?.();
    unmount = null;
    try {
      const module = await import(`./jobs/${job}.mjs`);
      if (!newest()) return;
      unmount = module.mount(app);
    } catch (failure) {
      app.work.replaceChildren(problem(failure, mount));
    }
    app.resized();
  };
}
