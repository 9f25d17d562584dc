// Elements in one line, and what several pages show alike.

export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && name !== "list" && name !== "form") element[name] = value;
    else if (value !== undefined && value !== null) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

// What there is of the children, in the place of what was there; replaceChildren would write "null".
export function fill(place, ...children) {
  place.replaceChildren(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
}

export const percent = (share) => (share === null || share === undefined ? "–" : `${(100 * share).toFixed(1)} %`);

export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "";
  if (seconds < 90) return `${Math.max(0, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

let hiding;
export function toast(text) {
  const place = document.getElementById("toast");
  place.textContent = text;
  place.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => { place.hidden = true; }, 9000);
}

export const told = (work) => async (...given) => {
  try { return await work(...given); } catch (error) { toast(error.message); return undefined; }
};

// A place to drop files on, with a button for those who have no mouse.
export function dropZone({ title, hint, accept, folders = false, take }) {
  const input = h("input", { type: "file", multiple: true, accept: accept ?? "", hidden: true, "aria-label": title });
  const zone = h("section", { className: "drop", "aria-label": title },
    h("h3", {}, title), h("p", {}, hint), h("button", { type: "button", onclick: () => input.click() }, "Choose files"), input);
  input.addEventListener("change", () => { take([...input.files]); input.value = ""; });
  zone.addEventListener("dragover", (event) => { event.preventDefault(); zone.classList.add("over"); });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", async (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    take(folders ? await filesOf(event.dataTransfer) : [...event.dataTransfer.files]);
  });
  return zone;
}

async function filesOf(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files];
  return (await Promise.all(entries.map(filesBelow))).flat();
}

async function filesBelow(entry) {
  if (entry.isFile) return [await new Promise((resolve, reject) => entry.file(resolve, reject))];
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return (await Promise.all(found.map(filesBelow))).flat();
    found.push(...some);
  }
}

const COLORS = ["#e69f00", "#56b4e9", "#2fd6a8", "#f0e442", "#ff7a2e", "#dd94bd", "#ffffff"];
export const colorOf = (name, names) => COLORS[Math.max(0, names.indexOf(name)) % COLORS.length];

// Boxes over a picture: in the picture's pixels, lines as thick as they look best on the screen.
export function drawBoxes(canvas, size, boxes) {
  const scale = Math.max(1, Math.max(...size) / 900);
  canvas.width = size[0];
  canvas.height = size[1];
  const pen = canvas.getContext("2d");
  pen.font = `${Math.round(14 * scale)}px system-ui`;
  for (const { box, color, text, dashed } of boxes) {
    const [x0, y0, x1, y1] = box;
    pen.lineWidth = 2.5 * scale;
    pen.setLineDash(dashed ? [6 * scale, 5 * scale] : []);
    pen.strokeStyle = color;
    pen.strokeRect(x0, y0, x1 - x0, y1 - y0);
    if (!text) continue;
    const width = pen.measureText(text).width + 6 * scale;
    const top = Math.max(0, y0 - 19 * scale);
    pen.fillStyle = "rgb(0 0 0 / .75)";
    pen.fillRect(x0, top, width, 18 * scale);
    pen.fillStyle = color;
    pen.fillText(text, x0 + 3 * scale, top + 14 * scale);
  }
}
