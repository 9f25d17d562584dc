// Joins the connection, the picture, the cards and the controls.

import { Cards } from "/static/cards.js";
import { Check } from "/static/check.js";
import { post, showLinks } from "/static/connection.js";
import { Phone } from "/static/phone.js";
import { Places } from "/static/places.js";
import { poseNote } from "/static/poses.js";
import { Stage } from "/static/stage.js";

const byId = (id) => document.getElementById(id);
const STATES = { opening: "opening camera", live: "live", stalled: "no frames", lost: "camera lost", ended: "video ended" };
const FIRST_PAUSE_MS = 500, LONGEST_PAUSE_MS = 8000, THERE_MS = 20000;

const places = new Places();
const stage = new Stage(byId("stage"), places);
const check = new Check(toast);
const phone = new Phone(toast);
let cards, socket, stored = null, limits = [], poses = null, look = null, run = null, waiting = null, threshold = null, isFrozen = false, isHeld = false, pauseMs = FIRST_PAUSE_MS;

async function begin() {
  const answer = await fetch("/parts").catch(() => null);
  if (!answer?.ok) {
    setState("lost", "no connection", answer?.status === 401 ? "Open the link with the token again." : "The server does not answer.");
    setTimeout(begin, 2000);
    return;
  }
  const { model, parts } = await answer.json();
  byId("model").textContent = model;
  stage.names = parts.map((part) => part.name);
  stage.colors = parts.map((part) => part.color);
  cards = new Cards(parts);
  const found = await fetch("/places").then((one) => one.json()).catch(() => ({ zones: {}, lines: {}, kits: {} }));
  places.fill(found);
  check.fill(found.kits);
  byId("reset-counts").hidden = !Object.keys({ ...found.zones, ...found.lines }).length;
  connect();
}

function connect() {
  socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/view`);
  socket.binaryType = "arraybuffer";
  socket.onmessage = ({ data }) => receive(data, socket);
  socket.onclose = () => {
    setState("lost", "no connection", "The connection to the server is lost; trying again.");
    setTimeout(connect, pauseMs);
    pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
  };
}

async function receive(data, from) {
  pauseMs = FIRST_PAUSE_MS;
  const length = new DataView(data).getUint32(0);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)));
  showState(header);
  if (header.look === undefined) {
    from.send("-1");
    return;
  }
  const picture = await createImageBitmap(new Blob([new Uint8Array(data, 4 + length)], { type: "image/jpeg" })).catch(() => null);
  if (isFrozen) {
    picture?.close();
    waiting = { from, number: header.look };
    return;
  }
  if (picture) {
    [look, run] = [header.look, header.run];
    stage.show(picture, header);
    redraw();
    showDelay(phone.delayOf(header) ?? header.delay_ms);
  }
  answer(from, header.look);
}

function answer(to, number) {
  if (to.readyState === WebSocket.OPEN) to.send(String(number));
}

function redraw() {
  const parts = stage.choose(limitOf);
  stage.draw();
  cards.update(parts, poses?.focal_error);
  const note = poseNote(poses, parts);
  if (byId("pose-note").textContent !== note) byId("pose-note").textContent = note;
  document.body.dataset.look = look;
  document.body.dataset.parts = parts.length;
}

function showState(header) {
  if (threshold === null) byId("keep").hidden = !header.keeps;
  if (threshold === null || (threshold === stored && stored !== header.threshold)) setThreshold(header.threshold);
  [stored, limits] = [header.threshold, header.class_limits];
  showStored();
  phone.offer(header.is_phone);
  byId("outlines").hidden = byId("pose-note").hidden = !header.poses;
  if (!isFrozen) {
    poses = header.poses;
    places.counts = header.counts;
    check.show(header);
  }
  setState(header.camera, STATES[header.camera], header.camera === "live" ? header.problem : header.problem || "");
  byId("fps").textContent = header.fps.toFixed(1);
  byId("viewers").textContent = header.viewers;
}

function showDelay(delayMs) {
  byId("delay").textContent = delayMs === null ? "–" : `${delayMs} ms`;
  document.body.dataset.delay = delayMs ?? "";
}

// Each class may have a limit of its own; who moves the slider sets one for all.
const limitOf = (kind) => (threshold === stored && limits.length ? limits[kind] : threshold);

// The button that keeps the slider's threshold is there where it would change something.
function showStored() {
  byId("store").hidden = stored === null || Math.abs(threshold - stored) < 0.005;
}

async function storeThreshold() {
  const { answer, said } = await post("/threshold", { threshold });
  if (answer?.ok) {
    stored = said.threshold;
    showStored();
    toast(`${Math.round(100 * stored)} % is used from now on: on all pages of this model, for events, counts and checks.`);
  } else toast(`Not stored: ${said?.problem ?? "the server does not answer"}`, "problem");
}

function setState(state, text, problem) {
  const pill = byId("state");
  if (pill.textContent !== text) pill.textContent = text;
  pill.dataset.state = state;
  const told = state === "ended" ? "The video has ended." : problem;
  if (byId("notice").textContent !== told) byId("notice").textContent = told;
  byId("notice").hidden = !told;
}

function setThreshold(value) {
  threshold = value;
  byId("threshold").value = value;
  byId("threshold-value").textContent = `${Math.round(100 * value)} %`;
  showStored();
}

function freeze(wanted) {
  isFrozen = wanted && look !== null;
  isHeld = isHeld && isFrozen;
  byId("freeze").setAttribute("aria-pressed", String(isFrozen));
  byId("freeze").lastElementChild.textContent = isFrozen ? "Go on" : "Freeze";
  byId("frozen").hidden = !isFrozen;
  if (!isFrozen && waiting) {
    answer(waiting.from, waiting.number);
    waiting = null;
  }
}

// Switch the outlines of CAD models off or on again; numbers stay in the list.
function showOutlines() {
  stage.showsPoses = !stage.showsPoses;
  byId("outlines").setAttribute("aria-pressed", String(stage.showsPoses));
  stage.draw();
}

// What is kept is what is shown: the picture is held until the server has it, and stays held where it could not be kept.
async function keep() {
  if (look === null || byId("keep").disabled || byId("keep").hidden) return;
  byId("keep").disabled = true;
  const wasFrozen = isFrozen && !isHeld;
  freeze(true);
  const { answer, said } = await post("/snapshots", { look, run, tracks: stage.chosen.map((part) => part.track) });
  byId("keep").disabled = false;
  isHeld = !wasFrozen && (!answer || answer.status === 429 || answer.status >= 500); // later it may be kept
  if (!wasFrozen && !isHeld) freeze(false);
  if (!answer?.ok) return toast(`Not kept: ${said?.problem ?? "the server does not answer"}${isHeld ? " The picture is held: press again when it can be kept." : ""}`, "problem");
  const boxes = `${said.proposals} ${said.proposals === 1 ? "box" : "boxes"} as ${said.proposals === 1 ? "proposal" : "proposals"}`;
  toast(`${said.is_new ? "Kept" : "Kept before"} as ${said.kept} with ${boxes}. Label it with: partsight photos label`);
}

// A frozen page draws nothing, so answers nothing; it says that it is there, and keeps its place.
setInterval(() => {
  if (isFrozen && socket?.readyState === WebSocket.OPEN) socket.send("frozen");
}, THERE_MS);

// A problem stays until it is touched or something else is said.
let toastTimer;
function toast(text, kind = "done") {
  byId("toast").textContent = text;
  byId("toast").dataset.kind = kind;
  byId("toast").hidden = false;
  clearTimeout(toastTimer);
  if (kind !== "problem") toastTimer = setTimeout(() => (byId("toast").hidden = true), 6000);
}

byId("threshold").addEventListener("input", ({ target }) => {
  setThreshold(Number(target.value));
  if (look !== null) redraw();
});
byId("outlines").addEventListener("click", showOutlines);
byId("freeze").addEventListener("click", () => freeze(!isFrozen));
byId("keep").addEventListener("click", keep);
byId("store").addEventListener("click", storeThreshold);
byId("reset-counts").addEventListener("click", () => post("/counts/reset", {}));
byId("share").addEventListener("click", showLinks);
byId("help").addEventListener("click", () => byId("keys").showModal());
byId("toast").addEventListener("click", () => (byId("toast").hidden = true));
byId("stage").addEventListener("click", (event) => {
  const part = stage.partAt(event.clientX, event.clientY);
  if (part) cards.show(part.kind, part.track);
});
// A button that was clicked does not keep the keys: Space would press it again.
document.addEventListener("click", ({ target, detail }) => detail > 0 && target.closest?.("button, summary")?.blur());

// Keys work wherever nothing is typed; the slider takes its arrows, and a button reached by Tab its Space and Enter.
const KEYS = { " ": () => freeze(!isFrozen), k: keep, c: () => check.record(), o: () => poses && showOutlines(), "?": () => byId("keys").showModal() };
document.addEventListener("keydown", (event) => {
  const isTyped = event.target.matches("input:not([type=range]), textarea, select");
  const isPressed = event.key === " " && event.target.matches("button, a, summary");
  if (isTyped || isPressed || event.repeat || document.querySelector("dialog[open]") || event.ctrlKey || event.metaKey || event.altKey) return;
  const act = KEYS[event.key.toLowerCase()];
  if (!act) return;
  event.preventDefault();
  act();
});

begin();
