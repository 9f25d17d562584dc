// Step 1: CAD files, what is wrong with them, how they look, and which look alike.

import { ask, change, post, project, quoted, readProject, upload } from "./ask.js";
import { dropZone, fill, h, toast, told } from "./dom.js";
import { drawAhead } from "./scene.js";
import { startTour } from "./tour.js";
import { Viewer } from "./viewer.js";

const KINDS = ["steel", "stainless", "iron", "aluminium", "copper", "brass", "gold", "chrome", "paint", "plastic", "rubber", "glass"];
const NAMES = { steel: "brushed steel", stainless: "stainless steel", iron: "cast iron", chrome: "polished chrome", paint: "painted" };
const LOOKS = [
  ["brushed steel", "steel", "#b5b4b1"], ["aluminium", "aluminium", "#dcdddd"], ["brass", "brass", "#d8b36a"], ["copper", "copper", "#c98a6d"],
  ["black plastic", "plastic #1c1c1e", "#1c1c1e"], ["white plastic", "plastic #eeeeea", "#eeeeea"], ["yellow plastic", "plastic #f2c200", "#f2c200"],
  ["red paint", "paint #c62828", "#c62828"], ["blue paint", "paint #1e56a0", "#1e56a0"], ["black rubber", "rubber #202020", "#202020"],
]; // name, as in the recipe, swatch
const METERS = { mm: 0.001, cm: 0.01, m: 1, inch: 0.0254 };
const CAD = ".step,.stp,.stpz,.iges,.igs,.brep,.fcstd,.stl,.obj,.ply,.off,.glb,.gltf,.3mf,.zip";
const POLL_MS = 900;

export async function partsPage(main) {
  const list = h("div", { className: "list" });
  const detail = h("div", { className: "rows" });
  const pairs = h("div", {});
  let found = null, chosen = null, timer = null, viewer = null;

  const zone = dropZone({ title: "Drop CAD files here", hint: "STEP, IGES, FreeCAD, STL, OBJ, GLB, 3MF … each file is one class.", accept: CAD, folders: true, take: told(takeFiles) });
  const path = h("input", { type: "text", id: "path", placeholder: "/path/to/parts" });
  const form = h("form", { className: "row", onsubmit: (event) => { event.preventDefault(); addPath(); } },
    h("label", { htmlFor: "path" }, "Or a file or folder of this machine "), path, h("button", {}, "Add"));
  fill(main, h("h2", {}, "Parts"),
    h("p", { className: "lead" }, "Every CAD file is a class that the camera shall recognize. Look whether size, colors and sub-parts are as you know them."),
    h("div", { className: "columns" }, h("div", { className: "rows" }, zone, form, list, pairs), detail));

  async function takeFiles(files) {
    for (const file of files) {
      zone.querySelector("p").textContent = `Reading in ${file.name} …`;
      try { await upload("/api/parts/upload", file); } catch (error) { toast(`${file.name}: ${error.message}`); }
    }
    zone.querySelector("p").textContent = "STEP, IGES, FreeCAD, STL, OBJ, GLB, 3MF … each file is one class.";
    await readProject();
    await refresh();
  }

  const addPath = told(async () => {
    await post("/api/parts/add", { paths: [path.value] });
    path.value = "";
    await readProject();
    await refresh();
  });

  async function refresh() {
    clearTimeout(timer);
    const before = found?.parts.find((part) => part.name === chosen);
    found = await ask("/api/parts");
    if (!found.parts.some((part) => part.name === chosen)) chosen = found.parts[0]?.name ?? null;
    fill(list, ...found.parts.map(entry));
    fill(pairs, ...(found.pairs.length ? [h("h3", {}, "Which look alike"), h("ul", {}, found.pairs.map((pair) => h("li", { className: pair.includes("expect confusion") || pair.includes("same outline") ? "warn" : "quiet" }, pair)))] : []));
    const now = found.parts.find((part) => part.name === chosen);
    if (!detail.childElementCount || now?.state !== before?.state || now?.mark !== before?.mark || now?.name !== before?.name) showDetail(now);
    if (found.is_reading) timer = setTimeout(told(refresh), POLL_MS);
  }

  function entry(part) {
    const words = part.state === "ready" ? sizeOf(part) : part.state === "reading" ? "is being read …" : "cannot be used";
    return h("button", { type: "button", "aria-pressed": String(part.name === chosen), onclick: () => { chosen = part.name; fill(list, ...found.parts.map(entry)); showDetail(part); } },
      part.state === "ready" ? h("img", { src: `/api/parts/picture?name=${encodeURIComponent(part.name)}&mark=${part.mark}`, alt: "" }) : null,
      h("span", {}, h("b", {}, part.name), h("small", { className: part.state === "problem" ? "bad" : part.warnings?.length ? "warn" : "quiet" }, part.warnings?.length ? `${words} · ${part.warnings.length} to look at` : words)));
  }

  function showDetail(part) {
    viewer?.close();
    viewer = null;
    if (!part) {
      fill(detail, h("section", { className: "panel rows" }, h("h3", {}, "No parts yet"), h("p", { className: "quiet" }, "Drop your CAD files on the left. Nothing leaves this machine: files are read here and copied into the project's folder."),
        h("p", {}, "New here? Five sample magnets and a tour of two minutes show what happens."), h("p", {}, h("button", { type: "button", className: "main", onclick: told(trySamples) }, "Try it with sample parts"))));
      return;
    }
    if (part.state !== "ready") {
      fill(detail, h("section", { className: "panel rows" }, h("h3", {}, part.name),
        h("p", { className: part.state === "problem" ? "notice" : "quiet" }, part.problem ?? "The file is being read: size, colors, sub-parts."), removal(part)));
      return;
    }
    const canvas = h("canvas", { tabIndex: 0, role: "img", "aria-label": `${part.name}, turns with the arrow keys` });
    const turning = "Drag or arrow keys turn it, a click chooses a sub-part.";
    const hint = h("p", {}, turning);
    const tools = h("div", { className: "rows" });
    viewer = new Viewer(canvas, (name) => choose(place(part.tree, name)));
    if (!viewer.gl) hint.textContent = "This browser shows no 3D here; everything else works.";
    viewer.load(`/api/parts/mesh?name=${encodeURIComponent(part.name)}&mark=${part.mark}`).catch((error) => toast(error.message));
    const tree = h("div", { className: "tree", "aria-label": "Sub-parts" }, part.tree.map((node, index) => h("button", { type: "button", "aria-pressed": "false", onclick: () => choose(index) }, `${"\u2003".repeat(Math.min(8, node.depth))}${node.name}`)));
    const choose = (index) => {
      viewer.select(index < 0 ? null : namesBelow(part.tree, index));
      hint.textContent = index < 0 ? turning : part.tree[index].name;
      [...tree.children].forEach((button, i) => button.setAttribute("aria-pressed", String(i === index)));
      fill(tools, ...(index < 0 ? wholePart(part) : subPart(part, part.tree[index].name, () => choose(-1))));
    };
    fill(tools, ...wholePart(part));
    const unsaid = !part.unit && part.stated_unit && /assumed/.test(part.stated_unit);
    fill(detail, h("div", { className: "part" },
      h("div", { className: "rows" }, h("div", { className: "viewer" }, canvas, hint), ...part.warnings.map((warning) => h("p", { className: "notice" }, warning))),
      h("section", { className: "panel rows" }, h("h3", {}, part.name), unsaid ? unitQuestion(part) : null, tools,
        part.tree.length > 1 ? h("details", { open: part.tree.length < 40 }, h("summary", {}, `${part.tree.length} sub-parts`), tree) : null,
        leftOut(part), h("details", {}, h("summary", {}, "Size, format, files"), facts(part)), naming(part), removal(part))));
  }

  async function trySamples() {
    await post("/api/parts/samples");
    await readProject();
    await refresh();
    startTour();
  }

  function wholePart(part) {
    return [look(part, "*", "The whole part"), h("div", { className: "row" }, unitChoice(part))];
  }

  function unitChoice(part) {
    const unit = h("select", { onchange: told(() => set(part, "unit", unit.value || null)) },
      ["", "m", "cm", "mm", "inch"].map((name) => h("option", { value: name, selected: name === (part.unit ?? "") }, name || "as in the file")));
    return h("label", {}, "Unit of the file ", unit);
  }

  // Files without a unit are taken for millimeters: the size of each reading tells which is right.
  function unitQuestion(part) {
    return h("fieldset", { className: "rows" }, h("legend", { className: "warn" }, "The file names no unit. How large is the part?"),
      Object.entries(METERS).map(([unit, meters]) => h("button", { type: "button", onclick: told(() => set(part, "unit", unit)) }, `${unit}: ${part.size_mm.map((side) => told3(side * meters * 1000)).join(" × ")} mm`)));
  }

  function subPart(part, name, back) {
    const own = Object.entries(part.labels).find(([, patterns]) => patterns.includes(name))?.[0];
    const title = h("input", { type: "text", id: "own-name", value: own ?? name });
    return [
      look(part, name, name),
      h("form", { className: "row", onsubmit: told(async (event) => { event.preventDefault(); await set(part, "labels", { ...without(part.labels, own), [title.value]: [name] }); }) },
        h("label", { htmlFor: "own-name" }, own ? "Recognized as " : "Recognize it by itself, as "), title, h("button", {}, own ? "Rename" : "Recognize"),
        own ? h("button", { type: "button", onclick: told(() => set(part, "labels", orNull(without(part.labels, own)))) }, "No longer") : null),
      h("div", { className: "row" },
        h("button", { type: "button", onclick: told(() => set(part, "hide", [...part.hide, name])) }, "Leave it out"),
        part.tree.length > 1 ? h("button", { type: "button", onclick: told(() => set(part, "node", [name])) }, "Only this is the part") : null,
        h("button", { type: "button", onclick: back }, "Back to the whole part")),
    ];
  }

  // What was left out is no longer in the tree: it comes back from here.
  function leftOut(part) {
    if (!part.hide.length && !part.node.length) return null;
    return h("div", { className: "row" },
      part.node.length ? h("button", { type: "button", onclick: told(() => set(part, "node", null)) }, `Only ${part.node.join(", ")}: take the whole file again`) : null,
      part.hide.map((name) => h("button", { type: "button", onclick: told(() => set(part, "hide", orNull(part.hide.filter((one) => one !== name)))) }, `Show ${name} again`)));
  }

  // What a part or sub-part is made of: a look that people name, a material of its own, a color of its own or from a photo.
  function look(part, pattern, title) {
    const [kind = "", color = ""] = (part.materials[pattern] ?? "").split(" ");
    const wear = told((wanted) => set(part, "materials", orNull({ ...(pattern === "*" ? without(part.materials, "*") : {}), ...(wanted ? { [pattern]: wanted } : {}), ...(pattern === "*" ? {} : without(part.materials, pattern)) })));
    const dye = (wanted) => (pattern === "*" && !kind ? told(() => set(part, "color", wanted))() : wear([kind || "paint", wanted].filter(Boolean).join(" ")));
    const select = h("select", { "aria-label": `Material of ${title}`, onchange: () => wear([select.value, select.value && color].filter(Boolean).join(" ")) },
      ["", ...KINDS].map((one) => h("option", { value: one, selected: one === kind }, one ? NAMES[one] ?? one : "as in the file")));
    const own = color || (pattern === "*" && part.color) || "";
    const picker = h("input", { type: "color", value: own || viewer?.colorOf(pattern) || part.colors[0] || "#888888", "aria-label": `Color of ${title}` });
    picker.addEventListener("change", () => dye(picker.value));
    return h("fieldset", { className: "rows" }, h("legend", {}, `${title}: what it is made of`),
      h("div", { className: "looks" }, LOOKS.map(([words, wanted, shade]) => h("button", { type: "button", "aria-pressed": String(part.materials[pattern] === wanted), onclick: () => wear(wanted) }, swatch(shade), words))),
      h("div", { className: "row" }, select, picker, pipette(dye), own ? h("button", { type: "button", onclick: () => (color ? wear(kind) : dye(null)) }, "Color as in the file") : null));
  }

  // A color from a photo: the picture stays in the browser.
  function pipette(take) {
    const input = h("input", { type: "file", accept: "image/*", hidden: true, "aria-label": "Photo to take the color from" });
    input.addEventListener("change", told(async () => {
      const picture = await createImageBitmap(input.files[0]);
      const canvas = h("canvas", { width: picture.width, height: picture.height, "aria-label": "Click the color of the part" });
      const pen = canvas.getContext("2d", { willReadFrequently: true });
      pen.drawImage(picture, 0, 0);
      const dialog = h("dialog", { "aria-label": "Color from a photo" }, h("h3", {}, "Click on the part's color"), canvas, h("form", { method: "dialog" }, h("button", {}, "Cancel")));
      canvas.addEventListener("click", (event) => {
        const box = canvas.getBoundingClientRect();
        dialog.close();
        take(meanColor(pen, (event.clientX - box.left) * (picture.width / box.width), (event.clientY - box.top) * (picture.height / box.height), picture));
      });
      document.body.append(dialog);
      dialog.addEventListener("close", () => dialog.remove());
      dialog.showModal();
    }));
    return h("span", {}, h("button", { type: "button", onclick: () => input.click() }, "Color from a photo"), input);
  }

  function naming(part) {
    const title = h("input", { type: "text", id: "class-name", value: part.name });
    return h("form", { className: "row", onsubmit: told(async (event) => {
      event.preventDefault();
      await post("/api/parts/rename", { name: part.name, new_name: title.value });
      chosen = title.value;
      await readProject();
      await refresh();
    }) }, h("label", { htmlFor: "class-name" }, "Name of the class "), title, h("button", {}, "Rename"));
  }

  function removal(part) {
    return h("div", { className: "row" }, h("button", { type: "button", onclick: told(async () => {
      if (project.state.classes.length < 2) { toast("The last part stays: a recipe needs one. Add another one first."); return; }
      await change({ [`parts.${quoted(part.name)}`]: null });
      await refresh();
    }) }, "Remove this class"));
  }

  async function set(part, key, value) {
    await change({ [`parts.${quoted(part.name)}.${key}`]: value });
    await refresh();
  }

  await refresh();
  const leaving = new AbortController();
  let ahead = null;
  return { close() { clearTimeout(timer); viewer?.close(); leaving.abort(); }, jobs(jobs) {
    const isReady = !found.is_reading && found.parts.length && found.parts.every((part) => part.state === "ready");
    if (!isReady || ahead === project.state.revision || jobs.some((job) => job.lane === "work" && job.state === "running")) return;
    ahead = project.state.revision;
    drawAhead(leaving.signal);
  } };
}

const without = (given, name) => Object.fromEntries(Object.entries(given).filter(([key]) => key !== name));
const orNull = (given) => (Object.keys(given).length ? given : null);
const told3 = (value) => Number(value.toPrecision(3));

function swatch(shade) {
  const canvas = h("canvas", { width: 18, height: 18, "aria-hidden": "true" });
  const pen = canvas.getContext("2d");
  pen.fillStyle = shade;
  pen.fillRect(0, 0, 18, 18);
  return canvas;
}

// Several sub-parts of one name are numbered in the mesh, and have one name in the tree.
function place(tree, name) {
  const find = (wanted) => tree.findIndex((node) => node.name === wanted);
  if (name === null) return -1;
  return find(name) >= 0 ? find(name) : find(name.replace(/ \(\d+\)$/, ""));
}

function namesBelow(tree, index) {
  const end = tree.findIndex((node, i) => i > index && node.depth <= tree[index].depth);
  return new Set(tree.slice(index, end < 0 ? undefined : end).map((node) => node.name));
}

// Of the pixels around a place: a single one may be noise.
function meanColor(pen, x, y, { width, height }) {
  const radius = Math.max(1, Math.round(Math.max(width, height) / 400));
  const { data } = pen.getImageData(Math.max(0, Math.round(x) - radius), Math.max(0, Math.round(y) - radius), 2 * radius + 1, 2 * radius + 1);
  const sums = [0, 0, 0, 0];
  for (let i = 0; i < data.length; i += 4) for (let k = 0; k < 4; k += 1) sums[k] += k < 3 ? data[i + k] * (data[i + 3] > 0) : data[i + 3] > 0;
  return `#${sums.slice(0, 3).map((sum) => Math.round(sum / Math.max(1, sums[3])).toString(16).padStart(2, "0")).join("")}`;
}

const sizeOf = (part) => `${part.size_mm.map((side) => Number(side.toPrecision(4))).join(" × ")} mm`;

function facts(part) {
  const rows = [["Size", sizeOf(part)], ["Unit", part.stated_unit], ["Format", part.format], ["Files", part.files.join(", ")], ["Triangles", part.num_triangles.toLocaleString()]];
  return h("dl", { className: "facts" }, rows.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, String(value))]));
}
