// The list of parts in view, one row for each part with its number, and the card of each.

import { poseText } from "/static/poses.js";

const MOST_POSES = 3; // told in a row; more are told by the card of each
const LINGER_MS = 2500; // a part that left keeps its full row for so long
const NO_DOCUMENTS = "No documents yet. Whoever keeps the recipe adds them there, under";

const byId = (id) => document.getElementById(id);

function make(tag, content, className) {
  const element = document.createElement(tag);
  if (content !== undefined) element.textContent = content;
  if (className) element.className = className;
  return element;
}

const percent = (score) => `${Math.round(100 * score)} %`;

export class Cards {
  constructor(cards) {
    this.cards = cards;
    this.rows = new Map();
    this.open = null;
    byId("card").addEventListener("close", () => (this.open = null));
    byId("card").addEventListener("click", (event) => event.target === byId("card") && byId("card").close());
  }

  // Show the parts in view: those there first, in the order of the classes; what is gone collapses to a line below.
  // Poses are told with how exact the focal length is.
  update(parts, focalError) {
    const now = performance.now(), groups = Map.groupBy ? Map.groupBy(parts, (part) => part.kind) : grouped(parts);
    for (const [kind, same] of groups) {
      const row = this.rows.get(kind) ?? this.addRow(kind);
      row.seenMs = now;
      row.seenAt = new Date();
      const scores = same.map((part) => part.score);
      const least = Math.min(...scores), best = Math.max(...scores);
      setText(row.number, same.length > 1 ? ` × ${same.length}` : "");
      setText(row.score, percent(least) === percent(best) ? percent(best) : `${Math.round(100 * least)}–${percent(best)}`);
    }
    for (const [kind, row] of this.rows) {
      const posed = (groups.get(kind) ?? []).filter(({ pose }) => pose);
      setText(row.pose, posed.slice(0, MOST_POSES).map(({ pose }) => poseText(pose, focalError)).join("\n"));
      this.collapse(row, groups.has(kind), now);
    }
    setText(byId("count"), parts.length ? String(parts.length) : "");
    byId("nothing").hidden = parts.length > 0;
    byId("legend").hidden = !parts.some((part) => !part.isSeen) && !this.rows.size;
    if (this.open) this.showScore(parts, focalError);
  }

  collapse(row, isThere, now) {
    const isGone = !isThere && now - row.seenMs > LINGER_MS;
    row.button.classList.toggle("fading", !isThere && !isGone);
    if (isGone !== row.isGone) {
      row.isGone = isGone;
      row.button.classList.toggle("gone", isGone);
      byId(isGone ? "gone-parts" : "parts").append(row.item);
      if (isGone) setText(row.number, "");
      byId("gone").hidden = !byId("gone-parts").children.length;
    }
    if (isGone) setText(row.score, `seen ${row.seenAt.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}`);
  }

  addRow(kind) {
    const card = this.cards[kind];
    const row = { item: make("li"), button: make("button", undefined, "part"), number: make("span", "", "number"), score: make("span", "", "score"), pose: make("span", "", "pose"), isGone: false };
    const words = make("span", undefined, "words"), name = make("b", card.name);
    name.append(row.number);
    words.append(name, make("small", card.description), row.pose);
    row.button.style.setProperty("--class", card.color);
    row.button.setAttribute("aria-label", `${card.name}, show its card`);
    row.button.append(picture(card), words, row.score);
    row.button.addEventListener("click", () => this.show(kind));
    row.item.append(row.button);
    byId("parts").append(row.item);
    this.rows.set(kind, row);
    return row;
  }

  // Open the card of a class.
  show(kind, track) {
    const card = this.cards[kind];
    this.open = { kind, track };
    byId("card").style.setProperty("--class", card.color);
    byId("card-name").textContent = card.name;
    byId("card-text").textContent = card.description;
    byId("card-picture").hidden = !card.picture;
    if (card.picture) byId("card-picture").src = `/${card.picture}`;
    byId("card-picture").alt = `CAD model of ${card.name}`;
    byId("card-details").replaceChildren(...Object.entries(card.details).flatMap(([name, value]) => [make("dt", name), make("dd", value)]));
    byId("card-documents").replaceChildren(...card.documents.map(documentItem));
    byId("card-empty").replaceChildren(...(card.documents.length ? [] : howToAdd(card.name)));
    byId("card-score").textContent = "";
    if (!byId("card").open) byId("card").showModal();
  }

  showScore(parts, focalError) {
    const same = parts.filter(({ kind }) => kind === this.open.kind); // what a track shows may be judged anew
    const part = same.find(({ track }) => track === this.open.track) ?? same[0];
    const times = same.length > 1 ? `${same.length} in view` : "in view";
    const where = part?.pose ? `; ${poseText(part.pose, focalError)}` : "";
    setText(byId("card-score"), part ? `${times}, ${percent(part.score)} sure${where}` : "not in view now");
  }
}

function grouped(parts) {
  const groups = new Map();
  for (const part of parts) groups.set(part.kind, [...(groups.get(part.kind) ?? []), part]);
  return groups;
}

function howToAdd(name) {
  const key = /^[A-Za-z0-9_-]+$/.test(name) ? name : JSON.stringify(name);
  const code = make("code", `[parts.${key}]\ndocument = ["manual.pdf", "https://…"]`);
  return [make("span", NO_DOCUMENTS), code, make("span", "and runs partsight export again.")];
}

function picture(card) {
  if (!card.picture) return make("span", undefined, "blank");
  const image = make("img");
  image.src = `/${card.picture}`;
  image.alt = "";
  return image;
}

function documentItem({ title, href }) {
  const [item, link] = [make("li"), make("a", title)];
  link.href = href.startsWith("parts/") ? `/${href}` : href;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  item.append(link);
  return item;
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
