// The list of parts in view and the card of each.

const LINGER_MS = 2500; // a part that left can still be tapped for so long

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

  // Show the parts in view: one row for each, in the order in which they came.
  update(parts) {
    const now = performance.now();
    for (const part of parts) {
      const row = this.rows.get(part.track) ?? this.addRow(part);
      if (row.kind !== part.kind) this.fill(row, part.kind);
      row.seenMs = now;
      setText(row.score, percent(part.score));
      row.button.classList.toggle("gone", false);
    }
    const there = new Set(parts.map((part) => part.track));
    for (const [track, row] of this.rows) {
      if (there.has(track)) continue;
      row.button.classList.toggle("gone", true);
      if (now - row.seenMs > LINGER_MS) {
        row.item.remove();
        this.rows.delete(track);
      }
    }
    setText(byId("count"), parts.length ? String(parts.length) : "");
    byId("nothing").hidden = this.rows.size > 0;
    if (this.open) this.showScore(parts);
  }

  addRow(part) {
    const row = { item: make("li"), button: make("button", undefined, "part") };
    row.button.addEventListener("click", () => this.show(row.kind, part.track));
    row.item.append(row.button);
    byId("parts").append(row.item);
    this.rows.set(part.track, row);
    this.fill(row, part.kind);
    return row;
  }

  fill(row, kind) {
    const card = this.cards[kind];
    const words = make("span", undefined, "words");
    words.append(make("b", card.name), make("small", card.description));
    row.kind = kind;
    row.score = make("span", "", "score");
    row.button.style.setProperty("--class", card.color);
    row.button.setAttribute("aria-label", `${card.name}, show its card`);
    row.button.replaceChildren(picture(card), words, row.score);
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
    byId("card-score").textContent = "";
    if (!byId("card").open) byId("card").showModal();
  }

  showScore(parts) {
    const same = parts.filter(({ kind }) => kind === this.open.kind); // what a track shows may be judged anew
    const part = same.find(({ track }) => track === this.open.track) ?? same[0];
    setText(byId("card-score"), part ? `in view, ${percent(part.score)} sure` : "not in view now");
  }
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
