// The canvas: draws picture, boxes and proposals, and turns pointers (mouse, pen, fingers) into new boxes.

import { View } from "./view.js";
import { colorOf } from "./palette.js";
import { extentOf } from "./geometry.js";

const HANDLES = ["nw", "n", "ne", "e", "se", "s", "sw", "w"];
const REACH = { mouse: 9, pen: 14, touch: 24 };
const LEAST_DRAG = 4;

export class Board {
  // hooks: select(index), drawn(box), changed(index, box), outlined(index, outline, box), items() → [{box, words, number, isProposal}], selected() → index or -1
  constructor(canvas, hooks) {
    this.canvas = canvas;
    this.hooks = hooks;
    this.view = new View();
    this.picture = null;
    this.pointers = new Map();
    this.action = null;
    this.isTouch = false;
    this.spaceHeld = false;
    new ResizeObserver(() => this.resize()).observe(canvas);
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    canvas.addEventListener("pointerup", (event) => this.up(event));
    canvas.addEventListener("pointercancel", (event) => this.cancel(event));
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  get size() { return { width: this.canvas.clientWidth, height: this.canvas.clientHeight }; }

  show(picture) {
    this.picture = picture;
    this.action = null;
    this.fit();
  }

  fit() {
    if (this.picture) this.view.fit(this.picture, this.size);
    this.draw();
  }

  zoom(factor) {
    this.view.zoom(factor, { x: this.size.width / 2, y: this.size.height / 2 });
    this.draw();
  }

  resize() {
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(this.size.width * ratio);
    this.canvas.height = Math.round(this.size.height * ratio);
    this.fit();
  }

  // ---- pointers

  at(event) {
    const place = this.canvas.getBoundingClientRect();
    return { x: event.clientX - place.left, y: event.clientY - place.top };
  }

  down(event) {
    if (!this.picture) return;
    this.canvas.focus();
    this.canvas.setPointerCapture(event.pointerId);
    this.isTouch = event.pointerType === "touch";
    this.pointers.set(event.pointerId, this.at(event));
    if (this.pointers.size === 2) this.action = { kind: "pinch" };
    else if (event.button === 1 || this.spaceHeld) this.action = { kind: "pan" };
    else if (event.button === 0 && this.pointers.size === 1) this.action = this.begin(this.at(event), REACH[event.pointerType] || REACH.mouse);
    this.draw();
  }

  begin(at, reach) {
    const start = this.view.toPicture(at);
    const index = this.hooks.selected();
    const item = this.hooks.items()[index];
    if (item) {
      const corner = this.cornerAt(item.outline, at, reach);
      if (corner >= 0) return { kind: "corner", corner, index, box: item.box, outline: item.outline, first: item.outline };
      const handle = this.handleAt(item.box, at, reach);
      if (handle) return { kind: "resize", handle, index, box: item.box, first: item.box, start };
      if (contains(item.box, start)) return { kind: "move", index, box: item.box, first: item.box, start, at };
    }
    return { kind: "draw", start, at, box: null };
  }

  move(event) {
    if (!this.pointers.has(event.pointerId)) return;
    const before = new Map(this.pointers);
    const at = this.at(event);
    this.pointers.set(event.pointerId, at);
    const kind = this.action?.kind;
    if (kind === "pinch") this.pinch(before);
    else if (kind === "pan") this.view.pan(at.x - before.get(event.pointerId).x, at.y - before.get(event.pointerId).y);
    else if (kind) this.drag(this.action, at);
    this.draw();
  }

  pinch(before) {
    if (this.pointers.size < 2) return;
    const [a, b] = [...before.values()], [c, d] = [...this.pointers.values()];
    const middle = (p, q) => ({ x: (p.x + q.x) / 2, y: (p.y + q.y) / 2 });
    const apart = (p, q) => Math.max(Math.hypot(p.x - q.x, p.y - q.y), 1);
    this.view.pan(middle(c, d).x - middle(a, b).x, middle(c, d).y - middle(a, b).y);
    this.view.zoom(apart(c, d) / apart(a, b), middle(c, d));
  }

  drag(action, at) {
    const to = this.view.toPicture(at);
    if (action.kind === "corner") this.dragCorner(action, to);
    if (action.kind === "draw") action.box = this.far(action.at, at) ? this.cut(spanned(action.start, to)) : null;
    if (action.kind === "resize") action.box = this.cut(resized(action.first, action.handle, to));
    if (action.kind === "move") action.box = this.moved(action.first, to.x - action.start.x, to.y - action.start.y);
  }

  dragCorner(action, { x, y }) {
    const [cutX, cutY] = this.cut([x, y, x, y]);
    action.outline = action.first.map((point, number) => (number === action.corner ? [cutX, cutY] : point));
    action.box = extentOf(action.outline);
  }

  up(event) {
    const action = this.action;
    this.pointers.delete(event.pointerId);
    if (action?.kind === "pinch" && this.pointers.size) return;
    this.action = null;
    if (action?.kind === "draw") this.finishDrawing(action);
    else if (action?.kind === "corner") this.finishCorner(action);
    else if (action?.box && action.box !== action.first && hasArea(action.box)) this.hooks.changed(action.index, action.box);
    else if (action?.kind === "move") this.hooks.select(this.boxAt(action.start, action.at));
    this.draw();
  }

  finishCorner(action) {
    if (action.outline !== action.first && hasArea(action.box)) this.hooks.outlined(action.index, action.outline, action.box);
  }

  finishDrawing(action) {
    if (action.box && hasArea(action.box)) this.hooks.drawn(action.box);
    else if (!action.box) this.hooks.select(this.boxAt(action.start, action.at));
  }

  cancel(event) {
    this.pointers.delete(event.pointerId);
    this.action = null;
    this.draw();
  }

  wheel(event) {
    event.preventDefault();
    if (event.shiftKey) this.view.pan(-event.deltaY, 0);
    else this.view.zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015)), this.at(event));
    this.draw();
  }

  // ---- geometry

  far(a, b) { return Math.hypot(a.x - b.x, a.y - b.y) >= LEAST_DRAG; }

  cut([left, top, right, bottom]) {
    const { width, height } = this.picture;
    const clamp = (value, most) => Math.min(Math.max(value, 0), most);
    return [clamp(left, width), clamp(top, height), clamp(right, width), clamp(bottom, height)];
  }

  moved([left, top, right, bottom], dx, dy) {
    const x = Math.min(Math.max(dx, -left), this.picture.width - right);
    const y = Math.min(Math.max(dy, -top), this.picture.height - bottom);
    return [left + x, top + y, right + x, bottom + y];
  }

  handleAt(box, at, reach) {
    const near = handlesOf(this.view.toScreen(box)).map(([name, x, y]) => [name, Math.hypot(x - at.x, y - at.y)]);
    const [name, distance] = near.reduce((best, one) => (one[1] < best[1] ? one : best));
    return distance <= reach ? name : null;
  }

  // The nearest corner of an outline within reach; -1 where there is none.
  cornerAt(outline, at, reach) {
    const distances = (outline ?? []).map(([x, y]) => { const [left, top] = this.view.toScreen([x, y, x, y]); return Math.hypot(left - at.x, top - at.y); });
    const nearest = Math.min(Infinity, ...distances);
    return nearest <= reach ? distances.indexOf(nearest) : -1;
  }

  // The smallest box that holds the point.
  boxAt(point) {
    const area = ([left, top, right, bottom]) => (right - left) * (bottom - top);
    const holding = this.hooks.items().map((item, index) => ({ box: item.box, index })).filter(({ box }) => contains(box, point));
    return holding.sort((a, b) => area(a.box) - area(b.box))[0]?.index ?? -1;
  }

  // ---- drawing

  draw() {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.paint());
    this.canvas.dataset.view = JSON.stringify([this.view.scale, this.view.x, this.view.y]);
  }

  paint() {
    const pen = this.canvas.getContext("2d");
    const ratio = window.devicePixelRatio || 1;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, this.size.width, this.size.height);
    if (!this.picture) return;
    const [left, top, right, bottom] = this.view.toScreen([0, 0, this.picture.width, this.picture.height]);
    pen.imageSmoothingEnabled = this.view.scale < 4;
    pen.drawImage(this.picture.source, left, top, right - left, bottom - top);
    const selected = this.hooks.selected();
    this.hooks.items().forEach((item, index) => {
      const isActed = this.action?.index === index;
      const box = isActed ? this.action.box : item.box;
      const outline = isActed ? this.action.outline : item.outline;
      if (outline) this.paintOutline(pen, outline, colorOf(item.number), index === selected);
      this.paintBox(pen, { ...item, box }, index === selected);
    });
    if (this.action?.kind === "draw" && this.action.box) this.paintBox(pen, { box: this.action.box, ...this.hooks.pen() }, true);
  }

  paintOutline(pen, outline, color, isSelected) {
    const corners = outline.map(([x, y]) => this.view.toScreen([x, y, x, y]));
    pen.beginPath();
    for (const [x, y] of corners) pen.lineTo(x, y);
    pen.closePath();
    pen.fillStyle = pen.strokeStyle = color;
    pen.globalAlpha = 0.25;
    pen.fill("evenodd");
    pen.globalAlpha = 1;
    pen.lineWidth = 1.5;
    pen.stroke();
    if (isSelected) for (const [x, y] of corners) pen.fillRect(x - 3, y - 3, 6, 6);
  }

  paintBox(pen, { box, words, number, isProposal }, isSelected) {
    const [left, top, right, bottom] = this.view.toScreen(box);
    const dashes = isProposal ? [8, 5] : [];
    for (const [width, color] of [[isSelected ? 6 : 4.5, "rgb(0 0 0 / .7)"], [isSelected ? 3.5 : 2, colorOf(number)]]) {
      pen.setLineDash(dashes);
      pen.lineWidth = width;
      pen.strokeStyle = color;
      pen.strokeRect(left, top, right - left, bottom - top);
    }
    pen.setLineDash([]);
    this.paintName(pen, words, colorOf(number), { left, top, bottom });
    if (isSelected) this.paintHandles(pen, [left, top, right, bottom]);
  }

  paintName(pen, text, color, { left: edge, top, bottom }) {
    pen.font = "600 13px system-ui, sans-serif";
    const width = pen.measureText(text).width + 10;
    const left = Math.max(Math.min(edge, this.size.width - width - 5), 1);
    const y = top >= 21 ? top - 21 : Math.max(bottom, 0) + 2;
    pen.fillStyle = "rgb(0 0 0 / .78)";
    pen.fillRect(left - 1, y, width + 5, 19);
    pen.fillStyle = color;
    pen.fillRect(left - 1, y, 5, 19);
    pen.fillStyle = "#fff";
    pen.fillText(text, left + 9, y + 14);
  }

  paintHandles(pen, box) {
    const radius = this.isTouch ? 11 : 5;
    for (const [, x, y] of handlesOf(box)) {
      pen.beginPath();
      pen.arc(x, y, radius, 0, 7);
      pen.fillStyle = "#fff";
      pen.fill();
      pen.lineWidth = 2;
      pen.strokeStyle = "#111";
      pen.stroke();
    }
  }
}

function handlesOf([left, top, right, bottom]) {
  const x = { w: left, e: right }, y = { n: top, s: bottom };
  return HANDLES.map((name) => [name, x[name.at(-1)] ?? (left + right) / 2, y[name[0]] ?? (top + bottom) / 2]);
}

const spanned = (a, b) => [Math.min(a.x, b.x), Math.min(a.y, b.y), Math.max(a.x, b.x), Math.max(a.y, b.y)];
const contains = ([left, top, right, bottom], { x, y }) => left <= x && x <= right && top <= y && y <= bottom;
const hasArea = ([left, top, right, bottom]) => right - left >= 1 && bottom - top >= 1;

function resized([left, top, right, bottom], handle, { x, y }) {
  const a = { x: handle.includes("w") ? x : left, y: handle.includes("n") ? y : top };
  const b = { x: handle.includes("e") ? x : right, y: handle.includes("s") ? y : bottom };
  return spanned(a, b);
}
