// Two minutes through the six steps, on whatever project is open; the page behind the card can be used meanwhile.

import { h } from "./dom.js";

const STOPS = [
  ["#parts", ".list", "Parts", "Each CAD file is one class that the camera will recognize. Choose one in the list."],
  ["#parts", ".viewer", "Look and touch", "Drag the part to turn it. A click on a sub-part lets you say what it is made of: brushed steel, yellow plastic, or a color taken from a photo."],
  ["#scene", ".choices", "Scene", "How will the camera see the parts? Choose a place; nine drafts follow each change."],
  ["#scene", ".sheet", "What it learns from", "Thousands of such pictures are drawn, with exact labels. “Show labels” draws them in."],
  ["#photos", ".drop", "Photos", "Optional at first. A few photos of another day say how good the detector really is; a phone can take them."],
  ["#train", ".choices", "Train", "Choose a time and press Start. The plan says what it buys. The page may be closed meanwhile; curves and six pictures show how it goes."],
  ["#results", "h2", "Results", "When it has ended: move the threshold, look at each error, correct labels that were wrong, and read what to do next."],
  ["#live", "h2", "Live", "Export the detector and open a camera, a film, or a phone: boxes, names, and each part's documents."],
];
const PATIENCE = 40;

export async function startTour(number = 0) {
  const [hash, selector, title, words] = STOPS[number];
  document.querySelector("dialog.tour")?.close();
  location.hash = hash;
  const go = (to) => { card.close(); if (to >= 0 && to < STOPS.length) startTour(to); };
  const card = h("dialog", { className: "tour", "aria-label": `Tour: ${title}`, onkeydown: (event) => { if (event.key === "Escape") card.close(); } },
    h("p", { className: "quiet" }, `${number + 1} of ${STOPS.length}`), h("h3", {}, title), h("p", {}, words),
    h("div", { className: "row" }, h("button", { type: "button", disabled: number === 0, onclick: () => go(number - 1) }, "Back"),
      h("button", { type: "button", className: "main", autofocus: true, onclick: () => go(number + 1) }, number + 1 < STOPS.length ? "Next" : "Done"), h("button", { type: "button", onclick: () => card.close() }, "End the tour")));
  document.body.append(card);
  card.addEventListener("close", () => { card.remove(); document.querySelectorAll(".shown").forEach((one) => one.classList.remove("shown")); });
  card.show();
  for (let tries = 0; tries < PATIENCE && card.open; tries += 1) {
    const place = document.querySelector("#steps a[aria-current]")?.hash === hash ? document.querySelector(`main ${selector}`) : null;
    if (place) { place.classList.add("shown"); place.scrollIntoView({ block: "nearest" }); return; }
    await new Promise((resolve) => { setTimeout(resolve, 100); });
  }
}
