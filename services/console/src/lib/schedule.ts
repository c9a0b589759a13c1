/** Runs work at the next drawing, or soon where the page is hidden and nothing is drawn. */

const HIDDEN_MS = 250;

export function scheduleFrame(work: () => void): void {
  if (document.visibilityState === "hidden") setTimeout(work, HIDDEN_MS);
  else requestAnimationFrame(work);
}
