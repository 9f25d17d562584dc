// The page: which photo is shown, what its boxes are, and what keys and buttons do.

import { Saver, pictureOf, readLabels, readOutlooks, readPhotos, readProposals } from "./api.js";
import { Board } from "./board.js";
import { button, element, span, swatch } from "./elements.js";
import { outlineFor, overlap } from "./geometry.js";
import { History } from "./history.js";
import { chooseClass } from "./palette.js";
import { Strip } from "./strip.js";
import { Presence, hint, notify, tellSaved } from "./telling.js";

const find = (id) => document.getElementById(id);
const ASK_AGAIN_MS = 700, LEARN_AGAIN_MS = 5000;
const SAME_PART = 0.5, SAME_PROPOSAL = 0.9; // overlap

// offered: all that is proposed for this photo; finished: photos finished in this tab, the last one last
const page = { classes: [], photos: [], key: null, history: null, offered: [], selected: -1, name: "", turn: 0, histories: new Map(), finished: [], lost: new Map() };
const saver = new Saver(tellSaved(reloadStale));
const presence = new Presence(() => page.key);
const strip = new Strip(open, () => page.key && renderCount());
const board = new Board(find("board"), {
  items, select, selected: () => page.selected, drawn, changed, outlined,
  pen: () => ({ words: page.name, number: numberOf(page.name) }),
});

const numberOf = (name) => page.classes.indexOf(name);
const now = () => page.history?.now ?? { boxes: [], state: "open", handled: [] };
const entryOf = (key) => page.photos.find((photo) => photo.key === key);

function items() {
  const labeled = now().boxes.map(({ box, name, outline }) => ({ box, name, outline, number: numberOf(name), isProposal: false, words: name, remark: sizeOf(box) }));
  return [...labeled, ...proposals().map((one) => ({ ...one, number: numberOf(one.name), isProposal: true, words: `${one.name}  ${sureOf(one)}`, remark: sureOf(one) }))];
}

const sizeOf = ([left, top, right, bottom]) => `${Math.round(right - left)}×${Math.round(bottom - top)}`;

// What is proposed and neither handled nor labeled: so whatever is undone brings its proposals back.
function proposals() {
  if (now().state !== "open") return [];
  const isFree = (one) => !now().handled.some((box) => overlap(one.box, box) >= SAME_PROPOSAL) && !now().boxes.some(({ box }) => overlap(one.box, box) >= SAME_PART);
  return page.offered.filter(isFree);
}

const ORIGINS = { previous: "photo before", yours: "your change" };
const sureOf = ({ score, origin }) => ORIGINS[origin] ?? `${Math.round(100 * score)} %`;

// ---- changes

function put({ boxes = now().boxes, state = stateAfter(boxes), handled = now().handled }) {
  page.history.push({ boxes, state, handled });
  keep();
}

// A finished photo stays finished while it is corrected; without any box somebody has to say again that nothing is there.
function stateAfter(boxes) {
  return now().state === "done" && boxes.length ? "done" : "open";
}

function keep() {
  const { boxes, state, handled } = now();
  sessionStorage.setItem(handledKey(page.key), JSON.stringify(handled));
  Object.assign(entryOf(page.key), { state, count: boxes.length, names: namesOf(boxes) });
  if (page.saved.boxes !== boxes || page.saved.state !== state) saver.save(page.key, { state, boxes });
  page.saved = { boxes, state };
  page.histories.set(page.key, page.history);
  if (state === "open") page.finished = page.finished.filter((key) => key !== page.key);
  render();
}

const namesOf = (boxes) => [...new Set(boxes.map((box) => box.name))];
const handledKey = (key) => `handled ${key}`;
const handledOf = (key) => JSON.parse(sessionStorage.getItem(handledKey(key)) ?? "[]");

// A box drawn over a proposal takes its place and its class: drawing anew is quicker than dragging corners.
function drawn(box) {
  const over = proposals().filter((one) => overlap(one.box, box) >= SAME_PART);
  const name = over[0]?.name ?? page.name;
  page.selected = now().boxes.length;
  put({ boxes: [...now().boxes, { box, name }], handled: [...now().handled, ...over.map((one) => one.box)] });
}

function changed(index, box) {
  const item = items()[index];
  if (item.isProposal) accept([proposals()[index - now().boxes.length]], box);
  else put({ boxes: now().boxes.map((one, number) => (number === index ? withBox(one, box) : one)) });
}

function withBox(one, box) {
  if (!one.outline) return { ...one, box };
  const outline = outlineFor(one, box);
  if (!outline) notify("The outline did not fit the new box and is gone: this part teaches boxes only. Undo brings it back.");
  return { box, name: one.name, ...(outline && { outline }) };
}

function outlined(index, outline, box) {
  put({ boxes: now().boxes.map((one, number) => (number === index ? { ...one, outline, box } : one)) });
}

function accept(accepted, box) {
  if (!accepted.length) return;
  const boxes = [...now().boxes, ...accepted.map((one) => ({ box: box ?? one.box, name: one.name }))];
  page.selected = accepted.length === 1 ? boxes.length - 1 : -1;
  put({ boxes, handled: [...now().handled, ...accepted.map((one) => one.box)] });
}

const selectedProposal = () => proposals().slice(page.selected - now().boxes.length)[0];

// A proposal that is deleted gives way to the next one: a row of wrong proposals is a row of Del.
function remove() {
  const index = page.selected, { boxes } = now();
  if (index < 0) return;
  if (index < boxes.length) {
    page.selected = -1;
    return put({ boxes: boxes.filter((_, number) => number !== index) });
  }
  const { box } = selectedProposal();
  put({ handled: [...now().handled, box] });
  select(proposals().length ? Math.min(index, items().length - 1) : -1);
}

function setClass(name) {
  page.name = name;
  const index = page.selected, { boxes } = now();
  if (index >= 0 && index < boxes.length) return put({ boxes: boxes.map((one, number) => (number === index ? { ...one, name } : one)) });
  const proposal = index >= 0 ? selectedProposal() : undefined;
  if (proposal) page.offered = page.offered.map((one) => (one === proposal ? { ...one, name } : one));
  render();
}

function nudge(dx, dy, edgesOnly) {
  const item = items()[page.selected];
  if (!item) return;
  const [left, top, right, bottom] = item.box;
  const box = edgesOnly ? board.cut([left, top, right + dx, bottom + dy]) : board.moved(item.box, dx, dy);
  if (box[2] - box[0] >= 1 && box[3] - box[1] >= 1) changed(page.selected, box);
}

// Undo goes on where the last photo was finished once nothing is left to undo here.
async function step(way) {
  if (page.history?.[way]()) {
    page.selected = -1;
    keep();
    offer(page.key, page.turn);
  } else if (way === "undo" && page.finished.length) await takeBack(page.finished.at(-1));
}

// Take back "done" or "nothing here", of this photo or of one before.
async function takeBack(key) {
  page.finished = page.finished.filter((one) => one !== key);
  if (key !== page.key) await open(key);
  if (page.key !== key || !page.history || now().state === "open") return;
  const before = page.history.past.at(-1);
  if (before?.state === "open") page.history.undo();
  else page.history.push({ ...now(), state: "open" });
  page.selected = -1;
  keep();
  offer(key, page.turn);
}

function nothing() {
  if (now().state !== "open") return takeBack(page.key);
  if (now().boxes.length) return notify("There are boxes in this photo. Delete them first, or say Done.");
  finish("nothing");
}

// Nothing is asked where nothing is missing.
function askDone() {
  const open = proposals(), near = missing();
  if (!now().boxes.length && !open.length) return notify("No box yet. Draw the parts, or say Nothing here.");
  if (!open.length && !near.length) return finish("done");
  const all = `Accept ${open.length === 1 ? "it" : `all ${open.length}`} and done (A)`;
  find("ask-open").textContent = open.length ? `${open.length} proposed ${open.length === 1 ? "box is" : "boxes are"} not accepted yet.` : "";
  find("ask-missing").replaceChildren(...(near.length ? [element("p", "", "In this session, but not in this photo:"), ...near.map((name) => missingClass(name))] : []));
  find("ask-all").hidden = !open.length;
  find("ask-all").textContent = all;
  find("ask-yes").hidden = !now().boxes.length;
  find("ask-yes").textContent = open.length ? "Done without" : "Yes, done";
  find("ask").showModal();
  (open.length ? find("ask-all") : find("ask-yes")).focus();
}

function missingClass(name) {
  const made = span("missing", "");
  made.append(swatch(numberOf(name)), name);
  return made;
}

// Classes of this session that are neither labeled nor proposed here.
function missing() {
  const here = new Set(items().map((item) => item.name));
  const session = entryOf(page.key).session;
  const elsewhere = new Set(page.photos.filter((photo) => photo.session === session).flatMap((photo) => photo.names));
  return page.classes.filter((name) => elsewhere.has(name) && !here.has(name));
}

function acceptAndFinish() {
  if (now().state === "open" && proposals().length) accept(proposals());
  if (now().boxes.length) finish("done");
  else notify("No box yet. Draw the parts, or say Nothing here.");
}

function finish(state) {
  find("ask").close();
  const key = page.key;
  if (now().state !== state) put({ state });
  page.finished = [...page.finished.filter((one) => one !== key), key];
  const told = `${state === "done" ? "Done" : "Nothing here"}: ${key}`;
  const next = strip.next(key, (one) => presence.isElsewhere(one));
  if (next) open(next.key);
  hint(next ? told : `${told}. ${strip.shown.length < page.photos.length ? "All photos shown are labeled." : "All photos are labeled. Thank you."}`, () => takeBack(key));
}

// ---- photos

async function open(key) {
  const turn = ++page.turn;
  Object.assign(page, { key, history: null, offered: [], selected: -1 });
  notify("");
  find("shared").hidden = !presence.isElsewhere(key);
  await saver.running;
  try {
    const [labels, picture] = await Promise.all([readLabels(key), load(pictureOf(key))]);
    if (turn !== page.turn) return;
    begin(key, labels);
    board.show(picture);
    location.hash = encodeURIComponent(key);
    find("photos").classList.remove("shown");
    render();
    presence.say();
    offer(key, turn);
  } catch (error) {
    if (turn === page.turn) notify(error.message);
  }
}

// What was done to a photo in this tab can be undone when it is opened again, unless it was changed elsewhere.
function begin(key, labels) {
  const isKnown = saver.revisions.get(key) === labels.revision && page.histories.has(key);
  saver.seen(key, labels.revision);
  page.history = isKnown ? page.histories.get(key) : new History({ boxes: labels.boxes, state: labels.state, handled: handledOf(key) });
  page.saved = now();
  Object.assign(entryOf(key), { state: labels.state, count: labels.boxes.length, names: namesOf(labels.boxes) });
}

async function load(address) {
  const picture = new Image();
  picture.src = address;
  await picture.decode().catch(() => { throw new Error("This picture cannot be shown: the file is damaged or was moved."); });
  return { source: picture, width: picture.naturalWidth, height: picture.naturalHeight };
}

// Proposals come when they are ready, the least sure one first; what was drawn meanwhile is never touched.
async function offer(key, turn) {
  while (turn === page.turn && now().state === "open") {
    await saver.running; // what is labeled on the disk is not proposed
    const given = await readProposals(key).catch((error) => ({ found: [], complete: true, problem: error.message }));
    if (turn !== page.turn) return;
    const chosen = page.selected >= now().boxes.length ? selectedProposal()?.box.join() : null;
    page.offered = [...(page.lost.get(key) ?? []), ...given.found].sort((a, b) => a.score - b.score);
    if (chosen) page.selected = items().findIndex((item) => item.isProposal && item.box.join() === chosen);
    if (given.problem) hint(given.problem);
    render();
    if (given.complete) return;
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
  }
}

// What this page had drawn and could not save comes back as proposals.
async function reloadStale(key, boxes) {
  page.histories.delete(key);
  page.lost.set(key, boxes.map(({ box, name }) => ({ box, name, score: 1, origin: "yours" })));
  if (key === page.key) await open(key);
  notify(`${key} was changed in another tab or by somebody else, and was loaded anew. What you had drawn is there as proposals: A accepts them.`);
  find("saved").textContent = "";
}

function go(by) {
  const photo = strip.step(page.key, by);
  if (photo) open(photo.key);
}

async function learn() {
  const known = await readOutlooks().catch(() => null);
  if (known) strip.learn(known.photos);
  if (!known?.complete) setTimeout(learn, LEARN_AGAIN_MS);
}

// ---- what is shown

function render() {
  strip.update(page.key);
  renderSide();
  renderCount();
  const open = proposals(), isFinished = now().state !== "open";
  find("title").textContent = page.key ?? "Photos";
  find("undo").disabled = !page.history?.past.length && !page.finished.length;
  find("redo").disabled = !page.history?.future.length;
  find("delete").disabled = page.selected < 0;
  find("accept").disabled = !open.length;
  find("accept").textContent = open.length ? `Accept all (${open.length})` : "Accept all";
  find("nothing").textContent = isFinished ? "Open again" : "Nothing here";
  document.body.dataset.state = now().state;
  document.body.dataset.key = page.history ? page.key : "";
  board.draw();
}

function renderCount() {
  const finished = page.photos.filter((photo) => photo.state !== "open").length;
  find("count").textContent = `${finished} of ${page.photos.length}`;
  Object.assign(find("progress"), { value: finished, max: Math.max(page.photos.length, 1) });
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
    const row = button(`box${item.isProposal ? " proposal" : ""}`, item.name, index === page.selected, () => select(index));
    row.prepend(swatch(item.number));
    row.append(span("quiet", item.remark));
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

// Proposals first, the least sure one first: they are what is to be looked at.
function cycle(by) {
  const count = items().length, first = proposals().length ? now().boxes.length : 0;
  if (count) select(page.selected < 0 ? (by > 0 ? first : count - 1) : (page.selected + by + count) % count);
}

// ---- keys and buttons

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const KEYS = {
  a: () => accept(proposals()), g: acceptAndFinish, n: nothing, d: askDone, z: () => step("undo"), y: () => step("redo"), f: () => board.fit(),
  c: () => chooseClass(page.classes, setClass), "?": () => find("keys").showModal(), "+": () => board.zoom(1.25), "-": () => board.zoom(0.8),
  Delete: remove, Backspace: remove, Escape: () => select(-1), Enter: () => accept([selectedProposal()]),
};

function pressed(event) {
  if (find("ask").open && event.key.toLowerCase() === "a" && !find("ask-all").hidden) return acceptAndFinish();
  if (document.querySelector("dialog[open]") || !page.history || event.target.closest("input, select")) return;
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
  if (key === "Enter" && !(page.selected >= now().boxes.length && selectedProposal())) return null;
  return KEYS[key] ?? null;
}

const BUTTONS = {
  undo: () => step("undo"), redo: () => step("redo"), fit: () => board.fit(), help: () => find("keys").showModal(), delete: remove,
  accept: () => accept(proposals()), nothing, done: askDone, previous: () => go(-1), next: () => go(1), "ask-yes": () => finish("done"), "ask-all": acceptAndFinish,
  "ask-no": () => find("ask").close(), "keys-close": () => find("keys").close(), "toggle-list": () => find("photos").classList.toggle("shown"),
};

async function start() {
  for (const [id, act] of Object.entries(BUTTONS)) find(id).onclick = () => { act(); if (!document.querySelector("dialog[open]")) find("board").focus({ preventScroll: true }); };
  document.addEventListener("keydown", pressed);
  document.addEventListener("keyup", (event) => { if (event.key === " ") board.spaceHeld = false; });
  addEventListener("beforeunload", (event) => { if (!saver.isIdle) event.preventDefault(); });
  try {
    Object.assign(page, await readPhotos());
  } catch (error) {
    return notify(error.message);
  }
  page.name = page.classes[0];
  strip.fill(page.photos, page.classes);
  learn();
  const wanted = decodeURIComponent(location.hash.slice(1));
  const first = entryOf(wanted) ?? page.photos.find((photo) => photo.state === "open") ?? page.photos[0];
  await open(first.key);
}

start();
