// Two minutes through the six steps, on whatever project is open.

import { h } from "./dom.js";

const STOPS = [
  ["#parts", "Parts", "Each CAD file is one class. Turn it, check size and colors, click a sub-part to give it a material."],
  ["#scene", "Scene", "Say how the camera will see the parts. Nine drafts follow each change, with labels if you like."],
  ["#photos", "Photos", "Optional at first: a few photos of another day say how good the detector really is."],
  ["#train", "Train", "Choose a time. The plan says what it buys; you can close this page meanwhile."],
  ["#results", "Results", "Move the threshold, look at the errors, correct labels that were wrong."],
  ["#live", "Live", "A camera, a film, or a phone: boxes, names, and each part's documents."],
];

export function startTour(number = 0) {
  const [hash, title, words] = STOPS[number];
  location.hash = hash;
  const go = (to) => { dialog.close(); if (to >= 0 && to < STOPS.length) startTour(to); };
  const dialog = h("dialog", { "aria-label": `Tour: ${title}` }, h("h3", {}, `${number + 1}. ${title}`), h("p", {}, words),
    h("div", { className: "row" }, h("button", { type: "button", disabled: number === 0, onclick: () => go(number - 1) }, "Back"),
      h("button", { type: "button", className: "main", onclick: () => go(number + 1) }, number + 1 < STOPS.length ? "Next" : "Done"), h("button", { type: "button", onclick: () => dialog.close() }, "End the tour")));
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
}
