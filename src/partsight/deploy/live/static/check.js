// The check screen: green when a kit is complete, red with what is missing or too much; the key C writes it down.

import { post } from "/static/connection.js";
import { wordsOf } from "/static/places.js";

const byId = (id) => document.getElementById(id);
const GONE = "no picture";

export class Check {
  constructor(toast) {
    this.toast = toast;
    this.kits = {};
    byId("check-now").addEventListener("click", () => this.record());
    byId("check-kit").addEventListener("change", () => (sessionStorage.setItem("kit", byId("check-kit").value), this.show(this.state ?? {})));
  }

  fill(kits) {
    this.kits = kits;
    const names = Object.keys(kits);
    byId("check").hidden = !names.length;
    byId("check-kit").replaceChildren(...names.map((name) => new Option(name, name)));
    byId("check-kit").hidden = names.length < 2;
    const before = sessionStorage.getItem("kit");
    if (names.includes(before)) byId("check-kit").value = before;
  }

  get kit() { return byId("check-kit").value; }

  // Show how the kit is in the newest picture; without pictures nothing is green.
  show(state) {
    this.state = state;
    if (byId("check").hidden) return;
    const isLive = state.camera === "live", check = isLive ? state.checks?.[this.kit] : null;
    const verdict = !check ? GONE : check.complete ? "complete" : "incomplete";
    byId("check").dataset.verdict = verdict;
    byId("check-name").textContent = this.kit;
    byId("check-verdict").textContent = { complete: "Complete", incomplete: "Not complete", [GONE]: "No picture" }[verdict];
    const gaps = check ? [check.missing, check.extra].map(wordsOf) : ["", ""];
    byId("check-missing").textContent = gaps[0] && `Missing: ${gaps[0]}`;
    byId("check-extra").textContent = gaps[1] && `Too much: ${gaps[1]}`;
    byId("check-expected").textContent = `Expected: ${wordsOf(this.kits[this.kit]?.parts ?? {})}`;
    byId("check-last").textContent = this.lastOf(state.last_check);
  }

  lastOf(last) {
    if (!last || last.kit !== this.kit) return "";
    if (last.problem) return `Not written down: ${last.problem}`;
    return `Last written down ${new Date(last.time).toLocaleTimeString()}: ${last.complete ? "complete" : "not complete"}`;
  }

  async record() {
    if (byId("check").hidden) return;
    const { answer, said } = await post("/check", { kit: this.kit });
    if (answer?.ok) this.toast(`${said.complete ? "Complete" : "Not complete"}: written down as ${said.picture}`);
    else this.toast(`Not written down: ${said?.problem ?? "the server does not answer"}`, "problem");
  }
}
