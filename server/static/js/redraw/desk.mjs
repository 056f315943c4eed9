/**
 * The planner's desk: one draft, its tag, and the changes made to it. Strokes are painted at once and sent one after
 * the other; what the server refuses is painted back.
 */

import { ApiError, request } from "../api.mjs";

/**
 * @typedef {object} Change as POST …/edits takes it
 * @property {string} op
 * @property {string[]} [cells]
 * @property {number} [to]
 * @property {number[]} [grids]
 * @property {number} [parts]
 * @property {[number, number][]} [line]
 * @property {string} [name]
 * @property {string} [kind]
 * @property {number[]} [labels]
 */

/**
 * @param {any} app
 * @param {{plan: any, seq: number, onChange: (result: any) => void,
 *   onRefused: (failure: ApiError, again: (() => any) | null, seen: number) => void}} how `seq`: the log's last number that was seen
 */
export function createDesk(app, { plan, seq, onChange, onRefused }) {
  let tag = plan.tag;
  let seen = seq;
  /** @type {Promise<any>} */
  let last = Promise.resolve();
  const hex = app.layers.grids.hex;

  const send = async (/** @type {Change} */ change, /** @type {boolean} */ onTop) => {
    const json = onTop ? { ...change, since: seen } : change;
    const result = await request(app.planPath("edits", plan.id), { method: "POST", json, ifMatch: `"${tag}"` });
    tag = result.tag;
    seen = result.seq;
    return result;
  };

  /** Put the labels that the server tells on the map. */
  const paint = (/** @type {string[]} */ cells, /** @type {number[]} */ labels) => {
    for (const [label, some] of grouped(cells, labels)) hex.layer.setGroup(some, label);
  };

  return {
    plan,
    tag: () => tag,
    /** The labels of cells as they are now. */
    labelsOf: (/** @type {string[]} */ cells) =>
      hex.layer.positions(cells).map((/** @type {number} */ at) => hex.layer.groupOf(at)),
    /** Paint cells before they are sent. */
    preview: (/** @type {string[]} */ cells, /** @type {number} */ label) => hex.layer.setGroup(cells, label),
    paint,
    /**
     * Make a change after those under way. `before` are labels to paint back when it is refused; `onTop` of what others
     * did since, where it touches nothing of theirs.
     * @param {Change} change
     * @param {{cells: string[], labels: number[]} | null} [before]
     * @param {boolean} [onTop]
     */
    apply(change, before = null, onTop = false) {
      last = last
        .then(() => send(change, onTop))
        .then(
          (result) => {
            paint(result.changed.cells, result.changed.labels);
            onChange(result);
            return result;
          },
          (failure) => {
            if (before) paint(before.cells, before.labels);
            const again = onTop || ["undo", "redo"].includes(change.op) ? null : () => this.apply(change, before, true);
            if (failure instanceof ApiError) onRefused(failure, again, seen);
            else throw failure;
            return null;
          },
        );
      return last;
    },
  };
}

/**
 * Cells by label.
 * @param {string[]} cells
 * @param {number[]} labels
 * @returns {Map<number, string[]>}
 */
export function grouped(cells, labels) {
  const found = new Map();
  cells.forEach((cell, i) => {
    const label = labels[i];
    if (!found.has(label)) found.set(label, []);
    found.get(label).push(cell);
  });
  return found;
}
