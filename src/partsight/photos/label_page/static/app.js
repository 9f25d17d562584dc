// The page: which photo is shown, what its boxes are, and what keys and buttons do.

import { Saver, pictureOf, readLabels, readPhotos, readProposals } from "./api.js";
import { Board } from "./board.js";
import { History } from "./history.js";
import { chooseClass, colorOf } from "./palette.js";

const find = (id) => document.getElementById(id);
const ASK_AGAIN_MS = 700;
const SAME_PART = 0.5, SAME_PROPOSAL = 0.9; // overlap
const MARKS = { open: ["○", "not labeled"], begun: ["◐", "begun"], proposed: ["◇", "boxes proposed"], done: ["✓", "done"], nothing: ["∅", "nothing here"] };

const page = { classes: [], photos: [], key: null, history: null, proposals: [], selected: -1, name: "", turn: 0, proposed: new Set() };
const saver = new Saver(tellSaved);
const board = new Board(find("board"), {
  items, select, selected: () => page.selected, drawn, changed,
  pen: () => ({ name: page.name, number: numberOf(page.name) }),
});

const numberOf = (name) => page.classes.indexOf(name);
const now = () => page.history?.now ?? { boxes: [], state: "open" };
const entryOf = (key) => page.photos.find((photo) => photo.key === key);

function items() {
  const labeled = now().boxes.map(({ box, name }) => ({ box, name, number: numberOf(name), isProposal: false }));
  return [...labeled, ...page.proposals.map(({ box, name }) => ({ box, name, number: numberOf(name), isProposal: true }))];
}

// ---- changes

function put(boxes, state = stateAfter(boxes)) {
  page.history.push({ boxes, state, proposals: page.proposals });
  keep();
}

// A finished photo stays finished while it is corrected; without any box somebody has to say again that nothing is there.
function stateAfter(boxes) {
  return now().state === "done" && boxes.length ? "done" : "open";
}

function keep() {
  const { boxes, state } = now();
  const entry = entryOf(page.key);
  Object.assign(entry, { state, count: boxes.length, names: [...new Set(boxes.map((box) => box.name))] });
  saver.save(page.key, { state, boxes });
  render();
}

// A box drawn over a proposal takes its place and its class: drawing anew is quicker than dragging corners.
function drawn(box) {
  const name = page.proposals.find((one) => overlap(one.box, box) >= SAME_PART)?.name ?? page.name;
  page.proposals = page.proposals.filter((one) => overlap(one.box, box) < SAME_PART);
  page.selected = now().boxes.length;
  put([...now().boxes, { box, name }]);
}

function overlap(one, other) {
  const area = ([left, top, right, bottom]) => Math.max(0, right - left) * Math.max(0, bottom - top);
  const shared = area([Math.max(one[0], other[0]), Math.max(one[1], other[1]), Math.min(one[2], other[2]), Math.min(one[3], other[3])]);
  return shared / (area(one) + area(other) - shared);
}

function changed(index, box) {
  const item = items()[index];
  if (item.isProposal) accept([page.proposals[index - now().boxes.length]], box);
  else put(now().boxes.map((one, number) => (number === index ? { ...one, box } : one)));
}

function accept(proposals, box) {
  if (!proposals.length) return;
  const taken = proposals.map((one) => ({ box: box ?? one.box, name: one.name }));
  const boxes = [...now().boxes, ...taken];
  page.proposals = page.proposals.filter((one) => !proposals.includes(one));
  page.selected = boxes.length - 1;
  put(boxes);
}

function remove() {
  const index = page.selected, { boxes } = now();
  if (index < 0) return;
  page.selected = -1;
  if (index < boxes.length) return put(boxes.filter((_, number) => number !== index));
  dismiss(page.proposals[index - boxes.length]);
  render();
}

// A dismissed proposal stays away when the photo is shown again in this tab.
function dismiss(proposal) {
  page.proposals = page.proposals.filter((one) => one !== proposal);
  sessionStorage.setItem(dismissedKey(), JSON.stringify([...dismissed(), proposal.box]));
}

const dismissedKey = () => `dismissed ${page.key}`;
const dismissed = () => JSON.parse(sessionStorage.getItem(dismissedKey()) ?? "[]");
const isWanted = (one) => !dismissed().some((box) => overlap(one.box, box) >= SAME_PROPOSAL);

function setClass(name) {
  page.name = name;
  const index = page.selected, { boxes } = now();
  if (index >= 0 && index < boxes.length) return put(boxes.map((one, number) => (number === index ? { ...one, name } : one)));
  if (index >= 0) page.proposals = page.proposals.map((one, number) => (number === index - boxes.length ? { ...one, name } : one));
  render();
}

function nudge(dx, dy, edgesOnly) {
  const item = items()[page.selected];
  if (!item) return;
  const [left, top, right, bottom] = item.box;
  const box = edgesOnly ? board.cut([left, top, right + dx, bottom + dy]) : board.moved(item.box, dx, dy);
  if (box[2] - box[0] >= 1 && box[3] - box[1] >= 1) changed(page.selected, box);
}

function step(way) {
  if (!page.history?.[way]()) return;
  page.selected = -1;
  page.proposals = now().proposals ?? page.proposals;
  keep();
}

function nothing() {
  if (now().boxes.length) return notify("There are boxes in this photo. Delete them first, or say Done.");
  page.proposals = [];
  put([], "nothing");
  goOn();
}

function askDone() {
  if (!now().boxes.length) return notify("No box yet. Draw the parts, or say Nothing here.");
  find("ask-missing").replaceChildren(...missing());
  find("ask").showModal();
  find("ask-yes").focus();
}

function missing() {
  const here = new Set(now().boxes.map((box) => box.name));
  const session = entryOf(page.key).session;
  const elsewhere = new Set(page.photos.filter((photo) => photo.session === session).flatMap((photo) => photo.names));
  const absent = page.classes.filter((name) => !here.has(name));
  const lines = [];
  const near = absent.filter((name) => elsewhere.has(name)), never = absent.filter((name) => !elsewhere.has(name));
  if (page.proposals.length) lines.push(paragraph(`${page.proposals.length} proposed box(es) are not accepted.`));
  if (near.length) lines.push(paragraph("In this session, but not in this photo:"), ...near.map(swatched));
  if (never.length) lines.push(paragraph(`Not seen in this session so far: ${never.join(", ")}`));
  return lines;
}

function done() {
  find("ask").close();
  page.proposals = [];
  put(now().boxes, "done");
  goOn();
}

// ---- photos

async function open(key) {
  const turn = ++page.turn;
  Object.assign(page, { key, history: null, proposals: [], selected: -1 });
  notify("");
  await saver.running;
  try {
    const [labels, picture] = await Promise.all([readLabels(key), load(pictureOf(key))]);
    if (turn !== page.turn) return;
    saver.seen(key, labels.revision);
    page.history = new History({ boxes: labels.boxes, state: labels.state, proposals: [] });
    Object.assign(entryOf(key), { state: labels.state, count: labels.boxes.length, names: [...new Set(labels.boxes.map((box) => box.name))] });
    board.show(picture);
    location.hash = encodeURIComponent(key);
    find("photos").classList.remove("shown");
    render();
    await offer(key, turn);
  } catch (error) {
    if (turn === page.turn) notify(error.message);
  }
}

async function load(address) {
  const picture = new Image();
  picture.src = address;
  await picture.decode().catch(() => { throw new Error("This picture cannot be shown: the file is damaged or was moved."); });
  return { source: picture, width: picture.naturalWidth, height: picture.naturalHeight };
}

// Proposals come when they are ready; what was drawn meanwhile is never touched.
async function offer(key, turn) {
  while (turn === page.turn && now().state === "open") {
    const given = await readProposals(key);
    if (turn !== page.turn || page.history.past.length) return;
    page.proposals = given.found.filter(isWanted);
    page.history.now = { ...now(), proposals: page.proposals };
    if (page.proposals.length) page.proposed.add(key);
    if (given.problem) hint(given.problem);
    render();
    if (given.complete) return;
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
  }
}

function go(by) {
  const index = page.photos.findIndex((photo) => photo.key === page.key) + by;
  if (page.photos[index]) open(page.photos[index].key);
}

function goOn() {
  const index = page.photos.findIndex((photo) => photo.key === page.key);
  const order = [...page.photos.slice(index + 1), ...page.photos.slice(0, index)];
  const next = order.find((photo) => photo.state === "open");
  if (next) open(next.key);
  else hint("All photos are labeled. Thank you.");
}

// ---- what is shown

function render() {
  renderList();
  renderSide();
  const finished = page.photos.filter((photo) => photo.state !== "open").length;
  find("title").textContent = page.key ?? "Photos";
  find("count").textContent = `${finished} of ${page.photos.length} finished`;
  find("undo").disabled = !page.history?.past.length;
  find("redo").disabled = !page.history?.future.length;
  find("delete").disabled = page.selected < 0;
  find("accept").disabled = !page.proposals.length;
  find("accept").textContent = page.proposals.length ? `Accept all (${page.proposals.length})` : "Accept all";
  document.body.dataset.state = now().state;
  document.body.dataset.key = page.history ? page.key : "";
  board.draw();
}

function markOf(photo) {
  if (photo.state !== "open") return photo.state;
  if (photo.count) return "begun";
  return page.proposed.has(photo.key) ? "proposed" : "open";
}

function renderList() {
  const rows = [];
  let session = null;
  for (const photo of page.photos) {
    if (photo.session !== session) rows.push(sessionRow((session = photo.session)));
    const kind = markOf(photo);
    const row = button("photo", photo.key.split("/").pop(), photo.key === page.key, () => open(photo.key));
    row.prepend(span(`state ${kind}`, MARKS[kind][0]));
    row.title = MARKS[kind][1];
    if (photo.count) row.append(span("quiet", photo.count));
    rows.push(row);
  }
  find("photos").replaceChildren(...rows);
  find("photos").querySelector('[aria-current="true"]')?.scrollIntoView({ block: "nearest" });
}

function sessionRow(session) {
  const photos = page.photos.filter((photo) => photo.session === session);
  const row = document.createElement("h2");
  row.className = "session";
  row.append(span("", session), span("quiet", `${photos.filter((photo) => photo.state !== "open").length}/${photos.length}`));
  return row;
}

function renderSide() {
  const chosen = items()[page.selected]?.name ?? page.name;
  find("classes").replaceChildren(...page.classes.map((name, number) => {
    const row = button("class", name, name === chosen, () => setClass(name));
    row.prepend(swatch(number));
    if (number < 9) row.append(element("kbd", "", number + 1));
    return row;
  }));
  find("boxes").replaceChildren(...items().map((item, index) => {
    const row = button(`box${item.isProposal ? " proposal" : ""}`, `${item.name}${item.isProposal ? " ?" : ""}`, index === page.selected, () => select(index));
    row.prepend(swatch(item.number));
    row.append(span("quiet", `${Math.round(item.box[2] - item.box[0])}×${Math.round(item.box[3] - item.box[1])}`));
    row.dataset.box = JSON.stringify(item.box);
    const entry = document.createElement("li");
    entry.append(row);
    return entry;
  }));
}

function select(index) {
  page.selected = index;
  render();
}

function cycle(by) {
  const count = items().length;
  if (count) select((Math.max(page.selected, by > 0 ? -1 : 0) + by + count) % count);
}

function element(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

const span = (className, text) => element("span", className, text);
const paragraph = (text) => element("p", "", text);

function button(className, text, isCurrent, act) {
  const made = element("button", className, "");
  made.append(span("name", text));
  made.setAttribute("aria-current", String(isCurrent));
  made.onclick = act;
  return made;
}

function swatch(number) {
  const made = span("swatch", "");
  made.style.background = colorOf(number);
  return made;
}

function swatched(name) {
  const made = span("missing", "");
  made.append(swatch(numberOf(name)), name);
  return made;
}

function notify(text) {
  find("notice").textContent = text;
  find("notice").hidden = !text;
}

let hintTimer = 0;
function hint(text) {
  find("hint").textContent = text;
  find("hint").hidden = false;
  clearTimeout(hintTimer);
  hintTimer = setTimeout(() => { find("hint").hidden = true; }, 5000);
}

function tellSaved(what, details) {
  const texts = { saving: "saving …", saved: "all saved", offline: "not saved", stale: "not saved", refused: "not saved" };
  find("saved").textContent = texts[what];
  if (what === "saved" && find("notice").dataset.offline) { notify(""); delete find("notice").dataset.offline; }
  if (what === "offline") {
    find("notice").dataset.offline = "yes";
    notify("The server does not answer. Start the command again with the same port and open its link in a new tab; keep this one open: it goes on trying.");
  }
  if (what === "refused") notify(details.problem);
  if (what === "stale") reloadStale(details.key);
}

async function reloadStale(key) {
  if (key === page.key) await open(key);
  notify("This photo was changed in another tab. It was loaded anew; your last change was not kept.");
  find("saved").textContent = "";
}

// ---- keys and buttons

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const KEYS = {
  a: () => accept(page.proposals), n: nothing, d: askDone, z: () => step("undo"), y: () => step("redo"), f: () => board.fit(),
  c: () => chooseClass(page.classes, setClass), "?": () => find("keys").showModal(), "+": () => board.zoom(1.25), "-": () => board.zoom(0.8),
  Delete: remove, Backspace: remove, Escape: () => select(-1), Enter: () => accept(page.proposals.slice(page.selected - now().boxes.length, page.selected - now().boxes.length + 1)),
};

function pressed(event) {
  if (document.querySelector("dialog[open]") || !page.history) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const isOnButton = event.target.closest("button") && (key === "Enter" || key === " ");
  if (isOnButton) return;
  const act = actionOf(event, key);
  if (!act) return;
  event.preventDefault();
  act();
}

function actionOf(event, key) {
  if (ARROWS[key] && (event.shiftKey || event.ctrlKey)) return () => nudge(...ARROWS[key], event.ctrlKey);
  if (key === "ArrowLeft" || key === "ArrowRight") return () => go(ARROWS[key][0]);
  if (key === "Tab") return () => cycle(event.shiftKey ? -1 : 1);
  if (key === " ") return () => { board.spaceHeld = true; };
  if ((event.ctrlKey || event.metaKey) && key === "z") return () => step(event.shiftKey ? "redo" : "undo");
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  if (/^[1-9]$/.test(key)) return page.classes[key - 1] ? () => setClass(page.classes[key - 1]) : null;
  if (key === "Enter" && page.selected < now().boxes.length) return null;
  return KEYS[key] ?? null;
}

const BUTTONS = {
  undo: () => step("undo"), redo: () => step("redo"), fit: () => board.fit(), help: () => find("keys").showModal(), delete: remove,
  accept: () => accept(page.proposals), nothing, done: askDone, previous: () => go(-1), next: () => go(1), "ask-yes": done,
  "ask-no": () => find("ask").close(), "keys-close": () => find("keys").close(), "toggle-list": () => find("photos").classList.toggle("shown"),
};

async function start() {
  for (const [id, act] of Object.entries(BUTTONS)) find(id).onclick = () => { act(); if (!document.querySelector("dialog[open]")) find("board").focus(); };
  document.addEventListener("keydown", pressed);
  document.addEventListener("keyup", (event) => { if (event.key === " ") board.spaceHeld = false; });
  addEventListener("beforeunload", (event) => { if (!saver.isIdle) event.preventDefault(); });
  try {
    Object.assign(page, await readPhotos());
  } catch (error) {
    return notify(error.message);
  }
  page.name = page.classes[0];
  const wanted = decodeURIComponent(location.hash.slice(1));
  const first = entryOf(wanted) ?? page.photos.find((photo) => photo.state === "open") ?? page.photos[0];
  await open(first.key);
}

start();
