// What is said: notices that stay, hints that pass and may take back what they tell, who else labels, what is saved.

import { showPresence } from "./api.js";

const byId = (id) => document.getElementById(id);
const HINT_MS = 6000, PRESENCE_MS = 4000;
const SAVED = { saving: "saving …", saved: "all saved", offline: "not saved", disk: "not saved", stale: "not saved", refused: "not saved" };
const OFFLINE = "The server does not answer. Start the command again with the same port and open its link in a new tab; keep this one open: it goes on trying.";

export function notify(text, kind = "") {
  byId("notice").textContent = text;
  byId("notice").dataset.kind = kind;
  byId("notice").hidden = !text;
}

let hintTimer = 0;
export function hint(text, undo = null) {
  byId("hint-text").textContent = text;
  byId("hint-undo").hidden = !undo;
  byId("hint-undo").onclick = () => { byId("hint").hidden = true; undo(); };
  byId("hint").hidden = false;
  clearTimeout(hintTimer);
  hintTimer = setTimeout(() => { byId("hint").hidden = true; }, HINT_MS);
}

// reload(key, lostBoxes) is called for a photo that was changed elsewhere.
export function tellSaved(reload) {
  return (what, details) => {
    byId("saved").textContent = SAVED[what];
    byId("saved").dataset.what = what;
    if (what === "saved" && byId("notice").dataset.kind === "offline") notify("");
    if (what === "offline") notify(OFFLINE, "offline");
    if (what === "disk") notify(`Not saved: ${details.problem} Keep this page open: it goes on trying.`, "offline");
    if (what === "refused") notify(details.problem);
    if (what === "stale") reload(details.key, details.content.boxes);
  };
}

// Says every few seconds which photo this page shows, and learns which ones others show.
export class Presence {
  constructor(shown) {
    this.page = [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    this.shown = shown;
    this.elsewhere = {};
    setInterval(() => this.say(), PRESENCE_MS);
    addEventListener("pagehide", () => showPresence(this.page, "").catch(() => null));
  }

  async say() {
    const key = this.shown();
    if (!key) return;
    const answer = await showPresence(this.page, key).catch(() => null);
    if (!answer) return;
    this.elsewhere = answer.elsewhere;
    const isShared = Boolean(this.elsewhere[key]) && this.shown() === key;
    byId("shared").hidden = !isShared;
  }

  isElsewhere(key) { return Boolean(this.elsewhere[key]); }
}
