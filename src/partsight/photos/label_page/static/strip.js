// The strip of photos: thumbnails that load when they come into view, filters, search and order.

import { element } from "./elements.js";

const MARKS = { open: ["○", "not labeled"], begun: ["◐", "begun"], proposed: ["◇", "boxes proposed"], done: ["✓", "done"], nothing: ["∅", "nothing here"] };
const STATES = { "": () => true, todo: (photo) => photo.state === "open", proposed: (photo) => photo.state === "open" && photo.proposed > 0, done: (photo) => photo.state === "done", nothing: (photo) => photo.state === "nothing" };
const ORDERS = { name: () => 0, newest: (a, b) => b.added_s - a.added_s, doubt: (a, b) => b.doubt - a.doubt };

const byId = (id) => document.getElementById(id);
const thumbnailOf = (key) => `/thumbnail?key=${encodeURIComponent(key)}`;

export class Strip {
  // open(key) is called when a photo is chosen, arranged() when filter or order change
  constructor(open, arranged) {
    this.open = open;
    this.arranged = arranged;
    this.photos = [];
    this.rows = new Map();
    this.shown = [];
    for (const id of ["filter-session", "filter-class", "filter-state", "order"]) byId(id).addEventListener("change", () => this.arrange());
    byId("search").addEventListener("input", () => this.arrange());
    byId("search").addEventListener("keydown", (event) => event.key === "Escape" && this.clear());
    byId("clear-filters").addEventListener("click", () => this.clear());
  }

  fill(photos, classes) {
    this.photos = photos;
    const sessions = [...new Set(photos.map((photo) => photo.session))];
    byId("filter-session").append(...sessions.map((name) => new Option(name, name)));
    byId("filter-class").append(...classes.map((name) => new Option(name, name)));
    for (const photo of photos) Object.assign(photo, { proposed: 0, doubt: 0 });
    this.arrange();
  }

  // Take what is known of photos that nobody has opened yet.
  learn(outlooks) {
    for (const photo of this.photos) [photo.proposed, photo.doubt] = outlooks[photo.key] ?? [0, 0];
    if (byId("order").value === "doubt" || byId("filter-state").value === "proposed") this.arrange();
    else this.update(this.current);
  }

  clear() {
    for (const id of ["filter-session", "filter-class", "filter-state", "search"]) byId(id).value = "";
    byId("order").value = "name";
    this.arrange();
  }

  // Choose and order the photos that are shown; the one that is open stays where it is known to be.
  arrange() {
    const [session, name, state, words] = ["filter-session", "filter-class", "filter-state", "search"].map((id) => byId(id).value);
    const wanted = words.trim().toLowerCase();
    const fits = (photo) => (!session || photo.session === session) && (!name || photo.names.includes(name)) && STATES[state](photo)
      && (!wanted || photo.key.toLowerCase().includes(wanted));
    this.shown = this.photos.filter(fits).sort(ORDERS[byId("order").value]);
    const isGrouped = byId("order").value === "name";
    const content = [];
    let before = null;
    for (const photo of this.shown) {
      if (isGrouped && photo.session !== before) content.push(this.sessionRow((before = photo.session)));
      content.push(this.rowOf(photo).item);
    }
    byId("strip").replaceChildren(...content);
    const isFiltered = Boolean(session || name || state || wanted);
    byId("clear-filters").hidden = !isFiltered;
    byId("none-fits").hidden = this.shown.length > 0;
    byId("num-shown").textContent = isFiltered ? `${this.shown.length} of ${this.photos.length} photos` : "";
    this.update(this.current);
    this.arranged();
  }

  // The photo so many steps away in the strip; from one that is not in it, the first.
  step(key, by) {
    const index = this.shown.findIndex((photo) => photo.key === key);
    return index < 0 ? this.shown[0] : this.shown[index + by];
  }

  // The next unfinished photo of the strip that nobody else has open; then any of those.
  next(key, isElsewhere) {
    const index = this.shown.findIndex((photo) => photo.key === key);
    const order = [...this.shown.slice(index + 1), ...this.shown.slice(0, Math.max(index, 0))].filter((photo) => photo.state === "open" && photo.key !== key);
    return order.find((photo) => !isElsewhere(photo.key)) ?? order[0];
  }

  // Show states and counts as they are now; only what changed is touched.
  update(current) {
    this.current = current;
    for (const photo of this.shown) {
      const row = this.rowOf(photo);
      const kind = photo.state !== "open" ? photo.state : photo.count ? "begun" : photo.proposed ? "proposed" : "open";
      if (row.kind !== kind) {
        row.kind = kind;
        [row.mark.textContent, row.button.title] = MARKS[kind];
        row.mark.className = `state ${kind}`;
      }
      const count = photo.count ? String(photo.count) : photo.state === "open" && photo.proposed ? `${photo.proposed} ?` : "";
      if (row.count.textContent !== count) row.count.textContent = count;
      const isCurrent = String(photo.key === current);
      if (row.button.getAttribute("aria-current") === isCurrent) continue;
      row.button.setAttribute("aria-current", isCurrent);
      if (photo.key === current) row.button.scrollIntoView({ block: "nearest" });
    }
    for (const row of byId("strip").querySelectorAll(".session")) row.lastChild.textContent = this.progressOf(row.dataset.session);
  }

  progressOf(session) {
    const photos = this.photos.filter((photo) => photo.session === session);
    return `${photos.filter((photo) => photo.state !== "open").length}/${photos.length}`;
  }

  sessionRow(session) {
    const row = element("h2", "session", "");
    row.dataset.session = session;
    row.append(element("span", "", session), element("span", "quiet", this.progressOf(session)));
    return row;
  }

  rowOf(photo) {
    const known = this.rows.get(photo.key);
    if (known) return known;
    const row = { item: element("div", "thumb", ""), button: element("button", "photo", ""), mark: element("span", "state", ""), count: element("span", "quiet", "") };
    const picture = element("img", "", "");
    Object.assign(picture, { loading: "lazy", decoding: "async", alt: "", src: thumbnailOf(photo.key), width: 64, height: 48 });
    picture.onerror = () => picture.classList.add("broken");
    row.button.append(picture, row.mark, element("span", "name", photo.key.split("/").pop()), row.count);
    row.button.setAttribute("aria-current", "false");
    row.button.onclick = () => this.open(photo.key);
    row.item.append(row.button);
    this.rows.set(photo.key, row);
    return row;
  }
}
