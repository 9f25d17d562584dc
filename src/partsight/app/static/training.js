// Step 4: choose a time, see what it buys, watch it, stop it, go on.

import { ask, post, project } from "./ask.js";
import { colorOf, drawBoxes, duration, fill, h, told } from "./dom.js";

const TIMES = [[20, "20 minutes", "a first look"], [60, "An hour", "over lunch"], [480, "Overnight", "the best that this machine makes"]];

export async function trainPage(main) {
  if (!project.state.classes.length) {
    fill(main, h("h2", {}, "Train"), h("p", { className: "lead" }, "Add parts first."), h("a", { className: "button", href: "#parts" }, "To the parts"));
    return {};
  }
  let minutes = 20;
  const plan = h("div", {}), jobs = h("div", { className: "rows" }), curves = h("section", { className: "panel", "aria-label": "Curves" }), found = h("div", {});
  const own = h("input", { type: "number", id: "minutes", min: 1, max: 10080, value: minutes });
  own.addEventListener("change", () => { minutes = Number(own.value); choose(); });
  const choices = h("div", { className: "choices" });
  const start = h("button", { type: "button", className: "main", onclick: told(async () => { await post("/api/jobs", { kind: "run", minutes }); await refresh(); }) }, "Start");
  fill(main, h("h2", {}, "Train"),
    h("p", { className: "lead" }, "Pictures are drawn, a detector learns from them, and is judged on pictures that it never saw. It can be stopped at any time and goes on where it stopped, also without this page."),
    h("div", { className: "columns" }, h("section", { className: "panel rows" }, h("h3", {}, "How long may it take?"), choices, h("label", { htmlFor: "minutes" }, "Or so many minutes"), own, start, plan), h("div", { className: "rows" }, curves, found, jobs)));

  function choose() {
    own.value = minutes;
    fill(choices, ...TIMES.map(([time, title, words]) => h("button", { type: "button", "aria-pressed": String(time === minutes), onclick: () => { minutes = time; choose(); } }, title, h("small", {}, words))));
    told(showPlan)();
  }

  async function showPlan() {
    const asked = minutes;
    fill(plan, h("p", { className: "quiet" }, "Reckoning …"));
    let found;
    try { found = await ask(`/api/plan?minutes=${asked}`); } catch (error) { fill(plan, h("p", { className: "notice" }, error.message)); return; }
    if (asked !== minutes) return;
    const rows = found.stages.map((stage) => h("tr", {}, h("th", { scope: "row" }, stage.title), h("td", {}, stage.state), h("td", {}, `${stage.units} ${stage.unit}${stage.units === 1 ? "" : "s"}`), h("td", {}, stage.time ?? "–")));
    fill(plan, ...(found.chosen ?? []).map((line) => h("p", {}, line)), h("p", {}, found.sentence),
      h("details", {}, h("summary", {}, "Step by step"), h("div", { className: "scroll" }, h("table", {}, h("tbody", {}, rows)))));
  }

  async function refresh() {
    const training = await ask("/api/training");
    const maps = training.epochs.map((one) => one.map50), losses = training.epochs.map((one) => one.loss);
    const highest = Math.max(...losses.filter((loss) => loss !== null), 1e-9);
    fill(curves, h("h3", {}, "How the training goes"), ...(training.epochs.length
      ? [h("div", { className: "charts" }, chart(maps, "mAP50 on validation pictures, by epoch"), chart(losses.map((loss) => (loss === null ? null : loss / highest)), "loss, as a share of its highest, by epoch"))]
      : [h("p", { className: "quiet" }, "The curves begin with the first epoch.")]));
    showFound(training);
  }

  // Six pictures that the detector does not learn from, and what it says about them now.
  let shownEpoch = "";
  function showFound({ key, found: now }) {
    if (!now || shownEpoch === `${key} ${now.epoch}`) return;
    shownEpoch = `${key} ${now.epoch}`;
    fill(found, h("section", { className: "panel rows", "aria-label": "What it finds now" }, h("h3", {}, `What it finds after epoch ${now.epoch}`),
      h("p", { className: "quiet" }, "On pictures that it does not learn from. Boxes appear once it is a quarter sure."),
      h("div", { className: "sheet" }, now.pictures.map((picture, number) => {
        const canvas = h("canvas", { "aria-hidden": "true" });
        drawBoxes(canvas, picture.size, picture.boxes.map(({ box, name, score }) => ({ box, text: `${name} ${score.toFixed(2)}`, color: colorOf(name, project.state.classes) })));
        const said = picture.boxes.map(({ name, score }) => `${name} ${score.toFixed(2)}`).join(", ") || "nothing yet";
        return h("figure", {}, h("img", { src: `/api/training/picture?key=${key}&number=${number}`, alt: `Picture ${number + 1}: ${said}` }), canvas, picture.boxes.length ? null : h("figcaption", {}, "nothing yet"));
      }))));
  }

  function showJobs(found) {
    const shown = found.filter((job) => job.lane === "work").slice(0, 8);
    fill(jobs, ...(shown.length ? [h("h3", {}, "Jobs")] : []), ...shown.map((job) => h("section", { className: "panel rows" },
      h("div", { className: "row" }, h("b", {}, job.title), h("span", { className: { done: "good", failed: "bad", lost: "bad" }[job.state] ?? "quiet" }, job.state), h("span", { className: "quiet" }, duration(job.seconds)),
        ["running", "waiting"].includes(job.state) ? h("button", { type: "button", onclick: told(() => post(`/api/jobs/${job.number}/stop`)) }, "Stop") : null,
        ["stopped", "failed", "lost"].includes(job.state) ? h("button", { type: "button", onclick: told(() => post(`/api/jobs/${job.number}/resume`)) }, "Go on") : null),
      job.state === "running" && job.stages.length ? h("p", { className: "quiet" }, job.stages.map((stage) => `${stage.name} ${stage.done}/${stage.total}`).join(" · ")) : null,
      job.output ? h("pre", {}, job.output.trim().slice(-1500)) : null)));
  }

  choose();
  await refresh();
  return { jobs(found, ended) { showJobs(found); if (ended.length) told(showPlan)(); if (found.some((job) => job.state === "running")) told(refresh)(); } };
}

export function chart(values, title, marks = []) {
  const width = 600, height = 170, left = 34, bottom = 20;
  const known = values.map((value, i) => [i, value]).filter(([, value]) => value !== null && value !== undefined);
  const x = (i) => left + (values.length > 1 ? i / (values.length - 1) : 0.5) * (width - left - 8);
  const y = (value) => 8 + (1 - value) * (height - bottom - 8);
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const add = (name, attributes, text) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    Object.entries(attributes).forEach(([key, value]) => element.setAttribute(key, value));
    if (text) element.textContent = text;
    svg.append(element);
  };
  Object.entries({ viewBox: `0 0 ${width} ${height}`, class: "chart", role: "img", "aria-label": `${title}; last ${known.at(-1)?.[1]?.toFixed(3) ?? "none"}` }).forEach(([key, value]) => svg.setAttribute(key, value));
  [0, 0.5, 1].forEach((level) => { add("line", { class: "axis", x1: left, x2: width - 8, y1: y(level), y2: y(level) }); add("text", { x: 4, y: y(level) + 4 }, String(level)); });
  add("polyline", { class: "line", points: known.map(([i, value]) => `${x(i)},${y(value)}`).join(" ") });
  if (known.length === 1) add("circle", { cx: x(known[0][0]), cy: y(known[0][1]), r: 3, class: "line" });
  marks.forEach((i) => add("line", { class: "axis", x1: x(i), x2: x(i), y1: 8, y2: height - bottom }));
  add("text", { x: left, y: height - 4 }, title);
  return svg;
}
