/**
 * The bar above sheets that are to be printed: the mark they carry, printing, and the card as a picture. Nothing leaves
 * the page while the mark is empty.
 */

/** Pixels per unit of the card's drawing: 1000 × 1250, which a chat shows without scaling. */
const PIXELS = 5;

const mark = /** @type {HTMLInputElement} */ (document.getElementById("mark"));
const fault = /** @type {HTMLElement} */ (document.getElementById("fault"));

/** Whether there is a mark; says so where there is none. */
function marked() {
  const there = mark.value.trim() !== "";
  fault.hidden = there;
  mark.setAttribute("aria-invalid", String(!there));
  if (!there) mark.focus();
  return there;
}

function told() {
  const text = mark.value.trim();
  document.body.dataset.marked = text ? "yes" : "no";
  for (const place of document.querySelectorAll("[data-mark]")) place.textContent = text;
  if (text) fault.hidden = true;
}

/**
 * The drawing as a PNG.
 * @param {SVGSVGElement} drawing
 * @returns {Promise<Blob>}
 */
async function picture(drawing) {
  const { width, height } = drawing.viewBox.baseVal;
  const copy = /** @type {SVGSVGElement} */ (drawing.cloneNode(true));
  copy.setAttribute("width", String(width * PIXELS));
  copy.setAttribute("height", String(height * PIXELS));
  const text = new XMLSerializer().serializeToString(copy);
  const url = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  const image = new Image();
  image.src = url;
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width * PIXELS, height * PIXELS];
  /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")).drawImage(image, 0, 0);
  URL.revokeObjectURL(url);
  return new Promise((resolve, refuse) =>
    canvas.toBlob((made) => (made ? resolve(made) : refuse(new Error("no picture"))), "image/png"),
  );
}

mark.addEventListener("input", told);
document.getElementById("print")?.addEventListener("click", () => marked() && window.print());
document.getElementById("picture")?.addEventListener("click", async () => {
  if (!marked()) return;
  const drawing = /** @type {SVGSVGElement} */ (/** @type {unknown} */ (document.getElementById("card")));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await picture(drawing));
  link.download = `${drawing.dataset.name}.png`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
});
told();
