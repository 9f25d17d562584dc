// Step 1: CAD files, what is wrong with them, how they look, and which look alike.

import { ask, change, post, project, quoted, readProject, upload } from "./ask.js";
import { dropZone, h, toast, told } from "./dom.js";
import { drawAhead } from "./scene.js";
import { Viewer } from "./viewer.js";

const KINDS = ["steel", "stainless", "iron", "aluminium", "copper", "brass", "gold", "chrome", "paint", "plastic", "rubber", "glass"];
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
  main.replaceChildren(h("h2", {}, "Parts"),
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
    list.replaceChildren(...found.parts.map(entry));
    pairs.replaceChildren(...(found.pairs.length ? [h("h3", {}, "Which look alike"), h("ul", {}, found.pairs.map((pair) => h("li", { className: pair.includes("expect confusion") || pair.includes("same outline") ? "warn" : "quiet" }, pair)))] : []));
    const now = found.parts.find((part) => part.name === chosen);
    if (!detail.childElementCount || now?.state !== before?.state || now?.mark !== before?.mark || now?.name !== before?.name) showDetail(now);
    if (found.is_reading) timer = setTimeout(told(refresh), POLL_MS);
  }

  function entry(part) {
    const words = part.state === "ready" ? sizeOf(part) : part.state === "reading" ? "is being read …" : "cannot be used";
    return h("button", { type: "button", "aria-pressed": String(part.name === chosen), onclick: () => { chosen = part.name; list.replaceChildren(...found.parts.map(entry)); showDetail(part); } },
      part.state === "ready" ? h("img", { src: `/api/parts/picture?name=${encodeURIComponent(part.name)}&mark=${part.mark}`, alt: "" }) : null,
      h("span", {}, h("b", {}, part.name), h("small", { className: part.state === "problem" ? "bad" : part.warnings?.length ? "warn" : "quiet" }, part.warnings?.length ? `${words} · ${part.warnings.length} to look at` : words)));
  }

  function showDetail(part) {
    viewer?.close();
    viewer = null;
    if (!part) {
      detail.replaceChildren(h("section", { className: "panel" }, h("h3", {}, "No parts yet"), h("p", { className: "quiet" }, "Nothing leaves this machine: files are read here and copied into the project's folder.")));
      return;
    }
    if (part.state !== "ready") {
      detail.replaceChildren(h("section", { className: "panel rows" }, h("h3", {}, part.name),
        h("p", { className: part.state === "problem" ? "notice" : "quiet" }, part.problem ?? "The file is being read: size, colors, sub-parts."), removal(part)));
      return;
    }
    const canvas = h("canvas", { tabIndex: 0, role: "img", "aria-label": `${part.name}, turns with the arrow keys` });
    const hint = h("p", {}, "Drag or arrow keys turn it, a click names the sub-part.");
    const tools = h("div", { className: "rows" });
    viewer = new Viewer(canvas, (name) => choose(name));
    if (!viewer.gl) hint.textContent = "This browser shows no 3D here; everything else works.";
    viewer.load(`/api/parts/mesh?name=${encodeURIComponent(part.name)}&mark=${part.mark}`).catch((error) => toast(error.message));
    const tree = h("div", { className: "tree" }, part.tree.map((node) => h("button", { type: "button", "aria-pressed": "false", onclick: () => choose(node.name) }, `${"\u2003".repeat(Math.min(8, node.depth))}${node.name}`)));
    const choose = (name) => {
      viewer.select(name);
      hint.textContent = name ?? "Drag or arrow keys turn it, a click names the sub-part.";
      tree.querySelectorAll("button").forEach((button) => button.setAttribute("aria-pressed", String(button.textContent.trim() === name)));
      tools.replaceChildren(...(name ? subPart(part, name) : wholePart(part)));
    };
    tools.replaceChildren(...wholePart(part));
    detail.replaceChildren(h("div", { className: "viewer" }, canvas, hint),
      ...part.warnings.map((warning) => h("p", { className: "notice" }, warning)),
      h("section", { className: "panel rows" }, h("h3", {}, part.name), facts(part), tools,
        part.tree.length > 1 ? h("details", {}, h("summary", {}, `${part.tree.length} sub-parts`), tree) : null, removal(part)));
  }

  function wholePart(part) {
    const color = h("input", { type: "color", value: part.color ?? part.colors[0] ?? "#888888", "aria-label": "Color of the whole part" });
    color.addEventListener("change", told(() => set(part, "color", color.value)));
    const unit = h("select", { "aria-label": "Unit of the file", onchange: told(() => set(part, "unit", unit.value || null)) },
      ["", "m", "cm", "mm", "inch"].map((name) => h("option", { value: name, selected: name === (part.unit ?? "") }, name || "as in the file")));
    return [
      h("div", { className: "row" }, h("span", {}, "Color of the whole part"), color,
        part.color ? h("button", { type: "button", onclick: told(() => set(part, "color", null)) }, "As in the file") : null, pipette(part)),
      h("div", { className: "row" }, material(part, "*", "Material of the whole part"), h("label", {}, "Unit ", unit)),
    ];
  }

  function subPart(part, name) {
    const labels = Object.values(part.labels).flat();
    return [
      h("div", { className: "row" }, material(part, name, `Material of ${name}`)),
      h("div", { className: "row" },
        h("button", { type: "button", onclick: told(() => set(part, "hide", [...part.hide, name])) }, "Leave it out"),
        labels.includes(name) ? null : h("button", { type: "button", onclick: told(() => set(part, "labels", { ...part.labels, [name]: [name] })) }, "Recognize it as a part of its own"),
        h("button", { type: "button", onclick: () => viewer.choose(null) }, "Back to the whole part")),
    ];
  }

  function material(part, pattern, title) {
    const select = h("select", { onchange: told(() => {
      const { [pattern]: _old, ...others } = part.materials;
      const wanted = select.value ? (pattern === "*" ? { ...others, "*": select.value } : { [pattern]: select.value, ...others }) : others;
      return set(part, "materials", Object.keys(wanted).length ? wanted : null);
    }) }, ["", ...KINDS].map((kind) => h("option", { value: kind, selected: kind === (part.materials[pattern] ?? "") }, kind || "as in the file")));
    return h("label", {}, `${title} `, select);
  }

  // A color from a photo: the picture stays in the browser.
  function pipette(part) {
    const input = h("input", { type: "file", accept: "image/*", hidden: true, "aria-label": "Photo to take the color from" });
    input.addEventListener("change", told(async () => {
      const picture = await createImageBitmap(input.files[0]);
      const canvas = h("canvas", { width: picture.width, height: picture.height, "aria-label": "Click the color of the part" });
      canvas.getContext("2d").drawImage(picture, 0, 0);
      const dialog = h("dialog", {}, h("h3", {}, "Click on the part's color"), canvas, h("form", { method: "dialog" }, h("button", {}, "Cancel")));
      canvas.addEventListener("click", told(async (event) => {
        const box = canvas.getBoundingClientRect();
        const [r, g, b] = canvas.getContext("2d").getImageData((event.clientX - box.left) * (picture.width / box.width), (event.clientY - box.top) * (picture.height / box.height), 1, 1).data;
        dialog.close();
        await set(part, "color", `#${[r, g, b].map((value) => value.toString(16).padStart(2, "0")).join("")}`);
      }));
      document.body.append(dialog);
      dialog.addEventListener("close", () => dialog.remove());
      dialog.showModal();
    }));
    return h("span", {}, h("button", { type: "button", onclick: () => input.click() }, "Take it from a photo"), input);
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

const sizeOf = (part) => `${part.size_mm.map((side) => Number(side.toPrecision(4))).join(" × ")} mm`;

function facts(part) {
  const rows = [["Size", sizeOf(part)], ["Unit", part.stated_unit], ["Format", part.format], ["Files", part.files.join(", ")], ["Triangles", part.num_triangles.toLocaleString()]];
  return h("dl", { className: "facts" }, rows.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, String(value))]));
}
