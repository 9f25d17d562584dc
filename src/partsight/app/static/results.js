// Step 5: the figures at any threshold, the errors behind them, two detectors side by side.

import { ask, change, post, project } from "./ask.js";
import { colorOf, drawBoxes, fill, h, percent, toast, told } from "./dom.js";
import { chart } from "./training.js";

const SHOWN = 24;

const rowAt = ({ thresholds, rows }, threshold) => rows[thresholds.reduce((best, value, i) => (Math.abs(value - threshold) < Math.abs(thresholds[best] - threshold) ? i : best), 0)];
const count = (number, thing) => `${number} ${thing}${number === 1 ? "" : "s"}`;
const nameOf = ({ name, when_s: when }) => `${name}, ${new Date(when * 1000).toLocaleString()}`;
const labelOf = (one) => `${nameOf(one)}${one.map50 === null ? "" : `, mAP50 ${one.map50.toFixed(3)}`}`;

export async function resultsPage(main) {
  const listed = await ask("/api/results");
  if (!listed.length) {
    fill(main, h("h2", {}, "Results"), h("p", { className: "lead" }, "Nothing is judged yet."), h("a", { className: "button", href: "#train" }, "To the training"));
    return { jobs(_jobs, ended) { if (ended.some((job) => job.state === "done")) told(() => ask("/api/results").then((found) => found.length && location.reload()))(); } };
  }
  let result = null, errors = [], threshold = 0.5, more = SHOWN, asked = 0;
  const which = h("select", { id: "which" }, listed.map((one) => h("option", { value: one.key }, labelOf(one))));
  const other = h("select", { id: "other" }, h("option", { value: "" }, "nothing"), listed.map((one) => h("option", { value: one.key }, labelOf(one))));
  const second = h("div", { className: "row", hidden: listed.length < 2 }, h("label", { htmlFor: "other" }, "beside"), other);
  const body = h("div", { className: "rows" }), compared = h("div", { role: "status" });
  which.addEventListener("change", told(async () => { await open(); await compare(); }));
  other.addEventListener("change", told(compare));
  fill(main, h("h2", {}, "Results"), h("p", { className: "lead" }, "Measured on pictures that taught nothing and chose nothing."),
    h("div", { className: "rows" }, h("div", { className: "row" }, h("label", { htmlFor: "which" }, "Result"), which, second,
      h("a", { className: "button", href: "/report", target: "_blank", rel: "noreferrer" }, "Whole report"), h("button", { type: "button", onclick: told(() => post("/api/jobs", { kind: "export" })) }, "Export for live")), compared, body));

  async function open(kept = null) {
    fill(body, h("p", { className: "quiet" }, "One moment …"));
    try { result = await ask(`/api/result?key=${which.value}`); } catch (error) { fill(body, h("p", { className: "notice" }, error.message), judgeAgain()); return; }
    threshold = kept ?? result.threshold;
    const slider = h("input", { type: "range", id: "threshold", min: 0.02, max: 0.98, step: 0.01, value: threshold });
    const shown = h("output", { htmlFor: "threshold" }), figures = h("dl", { className: "figures", "aria-live": "polite" });
    const gallery = h("div", { className: "errors" }), heading = h("h3", {}, "Errors"), further = h("button", { type: "button", onclick: () => { more += SHOWN; showErrors(gallery, heading, further); } }, "More");
    const follow = () => { threshold = Number(slider.value); shown.textContent = threshold.toFixed(2); showFigures(figures); };
    slider.addEventListener("input", follow);
    slider.addEventListener("change", told(() => readErrors(gallery, heading, further)));
    const what = `${count(result.num_images, result.of_photos ? "photo" : "render")} with ${count(result.num_boxes, "part")}${result.num_empty ? `, ${result.num_empty} of them without any` : ""}; ${count(result.num_sessions, "session")}`;
    fill(body, 
      h("section", { className: "panel rows" }, h("p", {}, h("b", {}, `mAP50 ${result.map50 === null ? "–" : result.map50.toFixed(3)}`), result.interval ? ` (95 %: ${result.interval[0].toFixed(3)} to ${result.interval[1].toFixed(3)})` : "", ` on ${what}.`),
        result.is_corrected ? h("div", { className: "row" }, h("p", { className: "good" }, "Labels were corrected since it was judged: these figures follow them, the report does not yet."), judgeAgain()) : null,
        result.of_photos ? null : h("p", { className: "warn" }, "Renders only: how good it is on photos is not known before a session of photos judges."),
        h("label", {}, h("span", {}, `Threshold (chosen by ${result.threshold_source === "test" ? "the test pictures" : "validation pictures"}: ${result.threshold.toFixed(2)})`, shown), slider), figures),
      h("section", { className: "panel charts" }, h("div", {}, h("h3", {}, "Precision over the threshold"), chart(result.rows.map((row) => row.precision), "from 0.02 to 0.98")), h("div", {}, h("h3", {}, "Recall over the threshold"), chart(result.rows.map((row) => row.recall), "from 0.02 to 0.98"))),
      h("section", { className: "panel rows" }, heading, gallery, further),
      result.next.length ? h("section", { className: "panel rows", "aria-label": "What to do next" }, h("h3", {}, "What to do next"), h("ol", { className: "steps" }, result.next.map(nextStep))) : null);
    follow();
    await readErrors(gallery, heading, further);
  }

  const judgeAgain = () => h("button", { type: "button", onclick: told(async () => { await post("/api/jobs", { kind: "report" }); toast("It is judged again; the result appears in the list when that has ended."); }) }, "Judge again");

  function nextStep({ words, buttons }) {
    return h("li", {}, h("p", {}, words), h("div", { className: "row" }, buttons.map(stepButton)));
  }

  function stepButton({ words, changes, page }) {
    const act = changes ? told(async () => { await change(changes); toast("Written into the recipe. Train or judge again to see what it does."); }) : () => { location.hash = `#${page}`; };
    return h("button", { type: "button", onclick: act }, words);
  }

  // Both on the same pictures, each at the threshold that was chosen for it, with the interval of the difference.
  async function compare() {
    fill(compared);
    if (!other.value || !result) return;
    const [beside, { sentence }] = await Promise.all([ask(`/api/result?key=${other.value}`), ask(`/api/results/compare?first=${which.value}&second=${other.value}`)]);
    const lines = [["mAP50", (one) => (one.map50 === null ? "–" : one.map50.toFixed(3))], ["Threshold", (one) => one.threshold.toFixed(2)],
      ["Precision", (one) => percent(rowAt(one, one.threshold).precision)], ["Recall", (one) => percent(rowAt(one, one.threshold).recall)], ["False positives per picture", (one) => rowAt(one, one.threshold).false_per_picture.toFixed(2)]];
    const name = (select) => nameOf(listed.find((one) => one.key === select.value));
    fill(compared, h("section", { className: "panel rows", "aria-label": "Side by side" }, h("h3", {}, "Side by side"), h("p", {}, sentence), h("div", { className: "scroll" }, h("table", {},
      h("thead", {}, h("tr", {}, h("td", {}), h("th", { scope: "col" }, `first: ${name(which)}`), h("th", { scope: "col" }, `second: ${name(other)}`))),
      h("tbody", {}, lines.map(([title, value]) => h("tr", {}, h("th", { scope: "row" }, title), h("td", {}, value(result)), h("td", {}, value(beside)))))))));
  }

  function showFigures(place) {
    const row = rowAt(result, threshold);
    const rows = [["Precision", percent(row.precision)], ["Recall", percent(row.recall)], ["False positives per picture", row.false_per_picture.toFixed(2)]];
    if (row.false_per_empty !== null) rows.push(["per picture without parts", row.false_per_empty.toFixed(2)]);
    fill(place, ...rows.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));
  }

  async function readErrors(gallery, heading, further) {
    const mine = ++asked;
    const found = await ask(`/api/result/errors?key=${which.value}&threshold=${threshold}`);
    if (mine !== asked) return;
    errors = found;
    more = SHOWN;
    showErrors(gallery, heading, further);
  }

  function showErrors(gallery, heading, further) {
    const counts = ["false", "wrong name", "missed"].map((kind) => `${errors.filter((one) => one.kind === kind).length} ${kind === "false" ? "false positives" : kind === "missed" ? "missed" : "wrong names"}`);
    heading.textContent = errors.length ? `Errors: ${counts.join(", ")}` : "No errors at this threshold";
    fill(gallery, ...errors.slice(0, more).map(thumbnail));
    further.hidden = errors.length <= more;
  }

  function thumbnail(error) {
    const canvas = h("canvas", { width: 200, height: 200, "aria-hidden": "true" });
    const words = error.kind === "missed" ? `missed: ${error.name}` : error.kind === "false" ? `false: ${error.name} ${error.score}` : `${error.name} ${error.score}, is ${error.truth}`;
    cut(canvas, error);
    return h("button", { type: "button", onclick: told(() => enlarge(error)) }, canvas, words);
  }

  async function cut(canvas, error) {
    const picture = await load(error.index);
    if (!picture) return;
    const scale = picture.naturalWidth / error.size[0];
    const [x0, y0, x1, y1] = error.box;
    const side = Math.max(x1 - x0, y1 - y0) * 1.6 + 8;
    const [left, top] = [(x0 + x1 - side) / 2, (y0 + y1 - side) / 2];
    const pen = canvas.getContext("2d");
    pen.drawImage(picture, left * scale, top * scale, side * scale, side * scale, 0, 0, 200, 200);
    pen.strokeStyle = error.kind === "missed" ? "#ffffff" : "#ff5a3c";
    pen.lineWidth = 2;
    pen.strokeRect(((x0 - left) / side) * 200, ((y0 - top) / side) * 200, ((x1 - x0) / side) * 200, ((y1 - y0) / side) * 200);
  }

  const pictures = new Map();
  function load(index) {
    if (!pictures.has(index)) {
      pictures.set(index, new Promise((resolve) => {
        const image = new Image();
        image.onload = () => resolve(image);
        image.onerror = () => resolve(null);
        image.src = `/api/result/picture?key=${which.value}&index=${index}`;
      }));
    }
    return pictures.get(index);
  }
  which.addEventListener("change", () => pictures.clear());

  async function enlarge(error) {
    const [found, picture] = await Promise.all([ask(`/api/result/boxes?key=${which.value}&index=${error.index}&threshold=${threshold}`), load(error.index)]);
    const canvas = h("canvas", { role: "img", "aria-label": "The picture with true boxes (dashed) and detections" });
    drawBoxes(canvas, found.size, []);
    if (picture) canvas.getContext("2d").drawImage(picture, 0, 0, ...found.size);
    const over = h("canvas", {});
    drawBoxes(over, found.size, [
      ...found.truth.map(({ box, name }) => ({ box, text: "", color: "#ffffff", dashed: true, name })),
      ...found.found.map(({ box, name, score, is_right }) => ({ box, text: `${name} ${score}`, color: is_right ? colorOf(name, project.state.classes) : "#ff5a3c" })),
    ]);
    canvas.getContext("2d").drawImage(over, 0, 0);
    const dialog = h("dialog", { "aria-label": error.picture, className: "whole" }, canvas, h("p", { className: "quiet" }, `Dashed: what is true. Red: wrong.${error.photo ? "" : " A render: its labels are exact."}`),
      h("form", { method: "dialog", className: "row" }, h("button", {}, "Close"), error.photo ? h("button", { type: "button", className: "main", onclick: told(() => correct(error.photo)) }, "Correct its labels, or set it aside") : null));
    document.body.append(dialog);
    dialog.addEventListener("close", () => dialog.remove());
    dialog.showModal();
  }

  async function correct(photo) {
    const { link } = await post("/api/label");
    isCorrecting = true;
    window.open(`${link}#${encodeURIComponent(photo)}`, "partsight-labels");
  }

  // Who comes back from the labels sees what they changed.
  let isCorrecting = false;
  const follow = told(async () => {
    if (!isCorrecting) return;
    document.querySelector("dialog.whole")?.close();
    const place = scrollY, at = threshold;
    await open(at);
    scrollTo(0, place);
  });
  addEventListener("focus", follow);

  await open();
  const leave = () => { removeEventListener("focus", follow); document.querySelector("dialog.whole")?.close(); };
  return { close: leave, jobs(_jobs, ended) { if (ended.length) told(noteNew)(); } };

  // A new result joins the list; what is looked at stays as it is.
  async function noteNew() {
    const known = new Set([...which.options].map((option) => option.value));
    const added = (await ask("/api/results")).filter((one) => !known.has(one.key));
    added.forEach((one) => { for (const select of [which, other]) select.append(h("option", { value: one.key }, labelOf(one))); });
    listed.push(...added);
    second.hidden = listed.length < 2;
    if (added.length) toast("A new result is there: choose it above.");
  }
}
