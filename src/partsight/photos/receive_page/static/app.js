// Sends what the phone takes, one file after the other, again where the network failed.

const POLL_MS = 1500, AGAIN_MS = 2000;
const by = (id) => document.getElementById(id);
const waiting = [];
let sending = false;

for (const id of ["photo", "film", "gallery"]) {
  by(id).addEventListener("change", () => take(by(id)));
  take(by(id)); // chosen before this script was there
}

function take(input) {
  waiting.push(...input.files);
  input.value = "";
  work();
}

async function work() {
  if (sending || !waiting.length) return;
  sending = true;
  while (waiting.length) {
    const file = waiting[0];
    by("sending").textContent = `Sending ${file.name}${waiting.length > 1 ? `, ${waiting.length - 1} more wait` : ""} …`;
    try {
      const problem = await send(file);
      waiting.shift();
      by("sending").textContent = problem ? `${file.name}: ${problem}` : `${file.name} is there.`;
    } catch {
      by("sending").textContent = `No connection; ${file.name} is sent again in a moment. Keep this page open.`;
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
  by("progress").hidden = true;
  sending = false;
  await tell();
}

// Resolves to a problem that sending again would not mend, or to nothing.
function send(file) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/files?name=${encodeURIComponent(file.name || "photo.jpg")}`);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.addEventListener("progress", (event) => {
      by("progress").hidden = false;
      by("progress").max = event.total || 1;
      by("progress").value = event.loaded;
    });
    request.addEventListener("load", () => {
      if (request.status < 400) resolve("");
      else if ([408, 429, 499, 503].includes(request.status)) reject(new Error("busy"));
      else resolve(problemOf(request));
    });
    request.addEventListener("error", () => reject(new Error("network")));
    request.send(file);
  });
}

function problemOf(request) {
  try { return JSON.parse(request.responseText).problem; } catch { return `refused (${request.status})`; }
}

async function tell() {
  try {
    const state = await (await fetch("/state")).json();
    by("session").textContent = state.session;
    for (const name of ["received", "waiting", "pictures"]) by(name).textContent = state[name];
    by("problems").replaceChildren(...state.problems.map((problem) => Object.assign(document.createElement("li"), { textContent: problem })));
  } catch { if (!sending) by("sending").textContent = "The machine does not answer. Is it in this network, and was the page closed there?"; }
}

addEventListener("beforeunload", (event) => { if (waiting.length) event.preventDefault(); });
await tell();
setInterval(tell, POLL_MS);
