// Step 3: photos and videos, their sessions, their labels, and what each session is for.

import { photoAdvice } from "./advice.js";
import { ask, post, project, put, readProject, upload } from "./ask.js";
import { dropZone, fill, h, toast, told } from "./dom.js";

const USES = { none: "not used yet", train: "teaches", validation: "chooses", test: "only judges" };

export async function photosPage(main) {
  if (!project.state.classes.length) {
    fill(main, h("h2", {}, "Photos"), h("p", { className: "lead" }, "Add parts first: photos are labeled with their names."), h("a", { className: "button", href: "#parts" }, "To the parts"));
    return {};
  }
  const session = h("input", { type: "text", id: "session", value: new Date().toISOString().slice(0, 10), pattern: "[\\w.\\-]{1,80}" });
  const kind = h("select", { id: "kind" }, [["photos", "photos or videos with the parts"], ["places", "the place without the parts"], ["labels", "labels of another tool (zip)"]].map(([value, words]) => h("option", { value }, words)));
  const table = h("div", { className: "scroll" }), beside = h("div", { className: "rows" });
  const says = h("p", { className: "quiet", role: "status" });
  const zone = dropZone({ title: "Drop photos and videos here", hint: "Of videos the sharp frames that differ are picked.", accept: "image/*,video/*,.zip", folders: true, take: told(takeFiles) });
  fill(main, h("h2", {}, "Photos"),
    h("p", { className: "lead" }, "A detector can learn from renders alone; a few photos say how good it is, and make it better. A session is one walk, one day, one place: it never serves two purposes."),
    h("div", { className: "columns" },
      h("div", { className: "rows" }, h("section", { className: "panel rows" }, h("label", { htmlFor: "session" }, "Name of the session"), session, h("label", { htmlFor: "kind" }, "What they show"), kind), zone, says),
      h("div", { className: "rows" }, h("div", { className: "row" },
        h("button", { type: "button", className: "main", onclick: told(() => openLabels()) }, "Draw labels"), h("button", { type: "button", onclick: told(openPhone) }, "Take photos with a phone")), table, beside)));
  const commands = photoAdvice(beside, openLabels);

  async function takeFiles(files) {
    if (!session.checkValidity() || !session.value) { toast("The session's name: letters, digits, dots and dashes."); return; }
    for (const [number, file] of files.entries()) {
      says.textContent = `${number + 1} of ${files.length}: ${file.name}`;
      await upload("/api/photos/upload", file, { session: session.value });
    }
    await post("/api/photos/add", { session: session.value, kind: kind.value });
    says.textContent = "They are being looked through; they appear here when that has ended.";
  }

  async function openLabels(photo = "") {
    const { link } = await post("/api/label");
    isLabeling = true;
    window.open(photo ? `${link}#${encodeURIComponent(photo)}` : link, "partsight-labels");
  }

  async function openPhone() {
    const { link } = await post("/api/phone", { session: session.value });
    const dialog = h("dialog", {}, h("h3", {}, "Take photos with a phone"), h("p", {}, "Phone and this machine must be in one network. The browser warns of the certificate, which this machine made itself: go on."),
      h("img", { className: "code", src: `/api/qr?link=${encodeURIComponent(link)}`, alt: "QR code of the link" }), h("p", {}, h("a", { href: link, target: "_blank", rel: "noreferrer" }, link)), h("form", { method: "dialog" }, h("button", {}, "Done")));
    document.body.append(dialog);
    dialog.addEventListener("close", () => { dialog.remove(); told(refresh)(); });
    dialog.showModal();
  }

  async function refresh() {
    told(commands.read)();
    const found = await ask("/api/photos");
    if (found.problem) { fill(table, h("p", { className: "notice" }, found.problem)); return; }
    if (!found.sessions.length) { fill(table, h("section", { className: "panel" }, h("h3", {}, "No photos yet"), h("p", { className: "quiet" }, "Walk round a part with a phone for half a minute: that is enough to begin with."))); return; }
    const head = ["Session", "Photos", "Labeled", "Nothing on them", "Waiting", "Parts seen", "What for"].map((words) => h("th", { scope: "col" }, words));
    fill(table, h("section", { className: "panel" }, h("table", {}, h("caption", { hidden: true }, "Sessions"), h("thead", {}, h("tr", {}, head)), h("tbody", {}, found.sessions.map(row)))), ...advice(found.sessions));
  }

  function row(one) {
    const use = h("select", { "aria-label": `What session ${one.name} is for`, onchange: told(async () => { await put("/api/photos/split", { session: one.name, split: use.value }); await readProject(); await refresh(); }) },
      Object.entries(USES).map(([value, words]) => h("option", { value, selected: value === one.split }, words)));
    const seen = Object.entries(one.classes).map(([name, count]) => `${name} ${count}`).join(", ");
    return h("tr", {}, h("th", { scope: "row" }, one.name), h("td", {}, String(one.photos)), h("td", {}, String(one.done)), h("td", {}, String(one.nothing)), h("td", { className: one.open ? "warn" : "" }, String(one.open)), h("td", {}, seen || "–"), h("td", {}, use));
  }

  // Who comes back from the labels sees what they drew.
  let isLabeling = false;
  const follow = told(async () => { if (isLabeling) await refresh(); });
  addEventListener("focus", follow);

  await refresh();
  return { close() { commands.close(); removeEventListener("focus", follow); }, jobs(_jobs, ended) { if (ended.length) told(refresh)(); } };
}

// What the next step is, in one line each.
function advice(sessions) {
  const lines = [];
  const waiting = sessions.reduce((sum, one) => sum + one.open, 0);
  const labeled = sessions.filter((one) => one.done + one.nothing > 0);
  if (waiting) lines.push(`${waiting} photos wait for labels.`);
  const idle = labeled.filter((one) => one.split === "none");
  if (idle.length) lines.push(`${idle.map((one) => one.name).join(", ")}: labeled, and not used yet. Say what for.`);
  if (labeled.length === 1) lines.push("One session alone can teach or judge, not both: take another one on another day or at another place.");
  if (labeled.length > 1 && !sessions.some((one) => one.split === "test")) lines.push("No session judges: figures then come from renders only.");
  const missing = project.state.classes.filter((name) => !sessions.some((one) => one.classes[name]));
  if (labeled.length && missing.length) lines.push(`Not on any labeled photo yet: ${missing.join(", ")}.`);
  return lines.length ? [h("section", { className: "panel" }, h("h3", {}, "What next"), h("ul", {}, lines.map((line) => h("li", {}, line))))] : [];
}
