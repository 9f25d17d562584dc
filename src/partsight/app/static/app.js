// The frame: steps, the page that is shown, and the job that runs.

import { ask, post, project, readProject } from "./ask.js";
import { duration, fill, h, toast, told } from "./dom.js";
import { livePage } from "./live.js";
import { partsPage } from "./parts.js";
import { photosPage } from "./photos.js";
import { resultsPage } from "./results.js";
import { scenePage } from "./scene.js";
import { trainPage } from "./training.js";
import { startTour } from "./tour.js";

const PAGES = { parts: partsPage, scene: scenePage, photos: photosPage, train: trainPage, results: resultsPage, live: livePage };
const POLL_MS = 1500;
const main = document.getElementById("page");
let shown = { close() {} };
let newest = [];

async function show() {
  const name = location.hash.slice(1).split("?")[0] in PAGES ? location.hash.slice(1).split("?")[0] : "parts";
  document.querySelectorAll("#steps a").forEach((link) => {
    if (link.hash === `#${name}`) link.setAttribute("aria-current", "page"); else link.removeAttribute("aria-current");
  });
  shown.close?.();
  const missed = []; // what ends while the page is read is told once it is there
  shown = { jobs(_jobs, ended) { missed.push(...ended); } };
  fill(main, h("p", { className: "quiet" }, "One moment …"));
  try {
    await readProject();
    shown = (await PAGES[name](main)) ?? {};
    if (missed.length) shown.jobs?.(newest, missed);
    document.title = `${main.querySelector("h2")?.textContent ?? "Partsight"} – ${project.state.name}`;
  } catch (error) {
    fill(main, h("h2", {}, "This does not work yet"), h("p", { className: "notice" }, error.message),
      h("p", {}, h("button", { type: "button", onclick: show }, "Try again")));
  }
}

project.listeners.add((state) => { document.getElementById("project").textContent = state.name; });

let known = new Map();
let current = null;

async function watchJobs() {
  let jobs;
  try { jobs = await ask("/api/jobs"); } catch (error) { document.getElementById("job").textContent = error.message; return; }
  current = jobs.find((job) => job.lane === "work" && job.state === "running") ?? jobs.find((job) => job.state === "waiting");
  const stage = current?.stages.at(-1);
  document.getElementById("job").textContent = current
    ? `${current.title}: ${stage ? `${stage.name} ${stage.done} of ${stage.total} ${stage.unit} ${stage.remark}` : current.state}${stage?.seconds_left ? `, ${duration(stage.seconds_left)} left for this step` : ""}`
    : "No job runs.";
  const bar = document.getElementById("job-progress");
  bar.hidden = !stage;
  if (stage) { bar.max = Math.max(1, stage.total); bar.value = stage.done; }
  document.getElementById("job-stop").hidden = !current;
  const ended = jobs.filter((job) => known.has(job.number) && known.get(job.number) !== job.state && ["done", "failed", "lost"].includes(job.state));
  known = new Map(jobs.map((job) => [job.number, job.state]));
  newest = jobs;
  ended.forEach((job) => { if (job.state !== "done") toast(`${job.title}: ${job.state}\n${job.output.trim().slice(-500)}`); });
  shown.jobs?.(jobs, ended);
}

document.getElementById("job-stop").addEventListener("click", told(async () => {
  if (current) await post(`/api/jobs/${current.number}/stop`);
  await watchJobs();
}));
document.getElementById("tour").addEventListener("click", () => startTour());
addEventListener("hashchange", show);
document.addEventListener("visibilitychange", () => { if (!document.hidden) watchJobs(); });
await show();
await watchJobs();
setInterval(() => { if (!document.hidden) watchJobs(); }, POLL_MS);
