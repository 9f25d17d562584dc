// Step 2: how the camera will see the parts; nine drafts follow every change.

import { ask, change, post, project, upload } from "./ask.js";
import { colorOf, drawBoxes, dropZone, fill, h, toast, told } from "./dom.js";

const PICTURES = 9;
const AT_ONCE = 4; // as many as there are processes that draw; a browser has six connections to one server, for all tabs together
const WORDS = {
  workshop: ["Workshop floor and stands", "large parts, seen by someone who walks round them"],
  table: ["On a table", "many small parts side by side"],
  bin: ["In a bin", "boxes and heaps, seen from above"],
  hand: ["Held in the hand", "one or two, large, from every side"],
};
const SIZE = "randomize.camera.object_size", COUNT = "randomize.scatter.parts_per_image", OTHERS = "randomize.distractors.per_image";

export async function scenePage(main) {
  if (!project.state.classes.length) {
    fill(main, h("h2", {}, "Scene"), h("p", { className: "lead" }, "Add parts first."), h("a", { className: "button", href: "#parts" }, "To the parts"));
    return {};
  }
  let withLabels = false, drawn = 0, leaving = new AbortController();
  const sheet = h("div", { className: "sheet", "aria-label": "Nine drafts" });
  const says = h("p", { className: "quiet", role: "status" });
  const controls = h("section", { className: "panel rows", "aria-label": "What the scenes are like" });
  const places = dropZone({ title: "Photos of the place, without the parts", hint: "Twenty photos or one video: they stand behind the parts, and teach what is none of them.", accept: "image/*,video/*,.zip", take: told(takePlaces) });
  fill(main, h("h2", {}, "How will the camera see them?"),
    h("p", { className: "lead" }, "Nine drafts of what the detector will learn from. The real pictures are larger and cleaner; arrangement, light and labels are the same."),
    h("div", { className: "columns" }, h("div", { className: "rows" }, controls, places), h("div", { className: "rows" }, h("div", { className: "row" }, toggle(), says), sheet)));

  function toggle() {
    const button = h("button", { type: "button", "aria-pressed": "false", onclick: () => {
      withLabels = !withLabels;
      button.setAttribute("aria-pressed", String(withLabels));
      sheet.querySelectorAll("canvas").forEach((canvas) => { canvas.hidden = !withLabels; });
      draw();
    } }, "Show labels");
    return button;
  }

  function showControls() {
    const { values, stated } = project.state;
    const preset = values.preset;
    fill(controls, 
      h("h3", {}, "The place"),
      h("div", { className: "choices" }, Object.entries(WORDS).map(([name, [title, words]]) => h("button", { type: "button", "aria-pressed": String(preset === name), onclick: told(() => set({ preset: name, [SIZE]: null, [COUNT]: null, [OTHERS]: null })) }, title, h("small", {}, words)))),
      range("How large in the picture", values[SIZE], [2, 100], "%", (low, high) => set({ [SIZE]: [low / 100, high / 100] }), 100),
      range("How many parts", values[COUNT], [1, 40], "", (low, high) => set({ [COUNT]: [low, high] })),
      range("How cluttered", values[OTHERS], [0, 30], "other things", (low, high) => set({ [OTHERS]: [low, high] })),
      Object.keys(stated).some((key) => [SIZE, COUNT, OTHERS].includes(key)) ? h("button", { type: "button", onclick: told(() => set({ [SIZE]: null, [COUNT]: null, [OTHERS]: null })) }, "Back to the preset's values") : null);
  }

  function range(title, value, [least, most], unit, write, factor = 1) {
    if (!Array.isArray(value) || value.length !== 2 || typeof value[0] !== "number") return h("p", { className: "quiet" }, `${title}: follows the photos, or is stated in the recipe.`);
    const [low, high] = value.map((one) => Math.round(one * factor));
    const shown = h("output", {});
    const inputs = [["least", low], ["most", high]].map(([name, start]) => h("input", { type: "range", min: least, max: most, value: start, "aria-label": `${title}, ${name}` }));
    const tell = () => { shown.textContent = `${inputs[0].value} to ${inputs[1].value} ${unit}`; };
    inputs.forEach((input, i) => {
      input.addEventListener("input", () => {
        if (Number(inputs[0].value) > Number(inputs[1].value)) inputs[1 - i].value = input.value;
        tell();
      });
      input.addEventListener("change", told(() => write(Number(inputs[0].value), Number(inputs[1].value))));
    });
    tell();
    return h("fieldset", {}, h("label", {}, h("span", {}, title, shown)), ...inputs);
  }

  async function set(changes) {
    try { await change(changes); } finally { showControls(); draw(); }
  }

  async function draw() {
    const mine = ++drawn;
    leaving.abort();
    leaving = new AbortController();
    const { signal } = leaving;
    const began = performance.now();
    const { revision, classes } = project.state;
    let done = 0;
    says.textContent = "Drawing …";
    if (sheet.childElementCount !== PICTURES) fill(sheet, ...Array.from({ length: PICTURES }, (_, i) => h("figure", {}, h("img", { alt: `Draft ${i + 1}` }), h("canvas", { hidden: !withLabels, "aria-hidden": "true" }))));
    const waiting = [...sheet.children].entries();
    await Promise.all(Array.from({ length: AT_ONCE }, async () => { for (const [index, figure] of waiting) await show(figure, index); }));

    async function show(figure, index) {
      if (mine !== drawn) return;
      try {
        const answer = await fetch(`/api/scene/picture?index=${index}&revision=${revision}`, { signal });
        if (answer.status === 409) return; // the recipe was changed meanwhile, here or in another tab
        if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).problem ?? answer.statusText);
        const blob = await answer.blob();
        if (mine !== drawn) return;
        const image = figure.querySelector("img");
        URL.revokeObjectURL(image.src);
        image.src = URL.createObjectURL(blob);
        done += 1;
        says.textContent = done < PICTURES ? `${done} of ${PICTURES} drawn …` : `${PICTURES} drafts in ${((performance.now() - began) / 1000).toFixed(1)} s`;
        if (withLabels) {
          const labels = await ask(`/api/scene/labels?index=${index}`);
          if (mine === drawn) drawBoxes(figure.querySelector("canvas"), labels.size, labels.boxes.map(({ box, name }) => ({ box, text: name, color: colorOf(name, classes) })));
        }
      } catch (error) {
        if (mine === drawn && error.name !== "AbortError") { says.textContent = ""; toast(error.message); }
      }
    }
  }

  async function takePlaces(files) {
    const session = `places-${new Date().toISOString().slice(0, 10)}`;
    for (const file of files) await upload("/api/photos/upload", file, { session });
    await post("/api/photos/add", { session, kind: "places" });
    toast("The place is being looked through; the drafts show it when that has ended.");
  }

  showControls();
  draw();
  return { close() { drawn += 1; leaving.abort(); }, jobs(_jobs, ended) { if (ended.some((job) => job.state === "done")) draw(); } };
}

// Lets the server draw what this page will show, so that it is there when the page is opened; the first drafts take longest.
export async function drawAhead(signal) {
  const waiting = Array.from({ length: PICTURES }, (_, index) => index).values();
  const lane = async () => { for (const index of waiting) if (!(await fetch(`/api/scene/picture?index=${index}`, { signal })).ok) return; };
  await Promise.all([lane(), lane()]).catch(() => {}); // the page was left, or there is nothing to draw yet: the page itself tells why
}
