/** Which layers there are, what each job shows at first, and how switching one bears on the others. Pure. */

/**
 * @typedef {object} Kind
 * @property {string} id
 * @property {string} group
 * @property {string} needs action
 * @property {number} opacity what it starts with
 * @property {string[]} [choices]
 * @property {boolean} [plain] has no opacity of its own
 * @property {boolean} [fills] colours cells
 * @property {boolean} [timed] depends on the window and category
 * @property {boolean} [zoomed] depends on the zoom
 * @property {boolean} [framed] depends on the step that the slider shows
 */

const GRID_CHOICES = ["colour", "deviation", "households", "outline"];
const LABEL_CHOICES = ["name", "code", "households", "worker"];
const AREA_CHOICES = ["n", "per_km2", "per_1000", "change", "alert"];
const TIERS = ["community", "town", "county", "city"];

/** @type {Kind[]} */
export const KINDS = [
  { id: "grids", group: "grids", needs: "grid.read", opacity: 0.55, choices: GRID_CHOICES },
  { id: "grid-names", group: "grids", needs: "grid.read", opacity: 1, choices: LABEL_CHOICES, plain: true },
  { id: "regions", group: "grids", needs: "region.read", opacity: 1, plain: true },
  { id: "centres", group: "people", needs: "centre.read", opacity: 1 },
  { id: "service", group: "people", needs: "centre.read", opacity: 0.5, choices: TIERS, fills: true },
  { id: "workers", group: "people", needs: "worker.read", opacity: 1 },
  { id: "heat", group: "incidents", needs: "heat.read", opacity: 0.7, fills: true, timed: true, zoomed: true, framed: true },
  {
    id: "hotspots",
    group: "incidents",
    needs: "exact.read",
    opacity: 0.75,
    choices: ["size", "class"],
    fills: true,
    timed: true,
  },
  { id: "areas", group: "incidents", needs: "heat.read", opacity: 0.7, choices: AREA_CHOICES, fills: true, timed: true },
  { id: "cameras", group: "cameras", needs: "camera.read", opacity: 1 },
  {
    id: "coverage",
    group: "cameras",
    needs: "coverage.read",
    opacity: 0.7,
    choices: ["density", "seen1", "seen2"],
    fills: true,
    zoomed: true,
  },
  { id: "gaps", group: "cameras", needs: "gap.read", opacity: 0.7, fills: true, timed: true, zoomed: true },
  { id: "ground", group: "ground", needs: "ground.read", opacity: 1 },
];

/** What each job shows until the reader chooses otherwise: id → opacity. */
export const PRESETS = /** @type {Record<string, Record<string, number>>} */ ({
  map: { ground: 1, grids: 0.55, "grid-names": 1, regions: 1 },
  redraw: { ground: 1, grids: 0.6, "grid-names": 1, regions: 1 },
  incidents: { ground: 1, grids: 0.6, regions: 1, heat: 0.7 },
  coverage: { ground: 1, grids: 0.6, regions: 1, coverage: 0.65, cameras: 1 },
  centres: { ground: 1, grids: 0.45, regions: 1, centres: 1, workers: 1 },
});

/**
 * The layers after one is switched: a layer that colours cells takes the place of another.
 * @param {Record<string, number>} layers
 * @param {string} id
 * @param {boolean} on
 */
export function switched(layers, id, on) {
  const kind = kindOf(id);
  if (!kind) return layers;
  const stays = (/** @type {[string, number]} */ [other]) =>
    other !== id && !(on && kind.fills && kindOf(other)?.fills);
  const others = Object.entries(layers).filter(stays);
  return Object.fromEntries(on ? [...others, [id, layers[id] ?? kind.opacity]] : others);
}

/** Whether a layer that colours cells is on, so that grids keep only their lines. @param {Record<string, number>} layers */
export function covered(layers) {
  return KINDS.some((kind) => kind.fills && layers[kind.id] !== undefined);
}

/** @param {string} id */
function kindOf(id) {
  return KINDS.find((kind) => kind.id === id);
}
