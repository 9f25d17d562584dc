// A part that turns: drag or arrow keys, wheel or + and −, a click names the sub-part.

import { multiply, readGlb } from "./glb.js";

const VERTEX = `#version 300 es
in vec3 position; in vec3 normal; uniform mat4 eye; uniform mat4 turn; out vec3 facing;
void main() { facing = mat3(turn) * normal; gl_Position = eye * turn * vec4(position, 1.0); }`;
const FRAGMENT = `#version 300 es
precision highp float; in vec3 facing; uniform vec4 color; uniform float shine; uniform bool isFlat; out vec4 pixel;
void main() {
  if (isFlat) { pixel = color; return; }
  vec3 n = normalize(facing) * (gl_FrontFacing ? 1.0 : -1.0);
  vec3 sun = normalize(vec3(0.4, 0.6, 0.8));
  float lit = 0.42 + 0.5 * max(dot(n, sun), 0.0) + 0.12 * n.y;
  float gloss = pow(max(dot(reflect(-sun, n), vec3(0, 0, 1)), 0.0), 24.0) * (0.15 + 0.5 * shine);
  pixel = vec4(pow(color.rgb * lit + gloss, vec3(1.0 / 2.2)), 1.0);
}`;

const CHOSEN = [1, 0.3, 0.02, 1];

export class Viewer {
  // choose(name | null) is called when a sub-part is clicked
  constructor(canvas, choose) {
    this.canvas = canvas;
    this.choose = choose;
    this.gl = canvas.getContext("webgl2", { antialias: true, preserveDrawingBuffer: true });
    this.pieces = [];
    this.turn = { yaw: 0.7, pitch: 0.5, zoom: 1 };
    if (!this.gl) return;
    this.program = link(this.gl);
    this.listen();
    this.sizes = new ResizeObserver(() => this.draw());
    this.sizes.observe(canvas);
  }

  close() { this.sizes?.disconnect(); this.free(); }

  async load(path) {
    const answer = await fetch(path);
    if (!answer.ok) throw new Error("The mesh cannot be read yet.");
    const pieces = readGlb(await answer.arrayBuffer());
    if (!this.gl) return;
    this.free();
    this.frame(pieces);
    this.pieces = pieces.map((piece) => this.keep(piece));
    this.draw();
  }

  // names: a Set of sub-parts, or null; those of one name are numbered
  select(names) { this.selected = names; this.draw(); }

  isChosen(name) { return Boolean(this.selected) && (this.selected.has(name) || this.selected.has(name.replace(/ \(\d+\)$/, ""))); }

  // The color of a sub-part as #rrggbb; null for one that is not in the mesh.
  colorOf(name) {
    const piece = this.pieces.find((one) => one.name === name || one.name.replace(/ \(\d+\)$/, "") === name);
    const encoded = piece?.color.slice(0, 3).map((value) => Math.round(255 * (value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055)));
    return encoded ? `#${encoded.map((value) => value.toString(16).padStart(2, "0")).join("")}` : null;
  }

  frame(pieces) {
    const low = [Infinity, Infinity, Infinity], high = [-Infinity, -Infinity, -Infinity];
    for (const { positions } of pieces) {
      positions.forEach((value, i) => { low[i % 3] = Math.min(low[i % 3], value); high[i % 3] = Math.max(high[i % 3], value); });
    }
    this.middle = low.map((value, i) => (value + high[i]) / 2);
    this.radius = Math.hypot(...low.map((value, i) => high[i] - value)) / 2 || 1;
  }

  keep(piece) {
    const { gl } = this;
    const array = gl.createVertexArray();
    gl.bindVertexArray(array);
    const buffers = [["position", piece.positions], ["normal", piece.normals ?? piece.positions]].map(([name, values]) => {
      const buffer = gl.createBuffer();
      gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
      gl.bufferData(gl.ARRAY_BUFFER, values, gl.STATIC_DRAW);
      const place = gl.getAttribLocation(this.program, name);
      gl.enableVertexAttribArray(place);
      gl.vertexAttribPointer(place, 3, gl.FLOAT, false, 0, 0);
      return buffer;
    });
    const indices = gl.createBuffer();
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, indices);
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, piece.indices, gl.STATIC_DRAW);
    return { name: piece.name, color: piece.color, metallic: piece.metallic, count: piece.indices.length, array, buffers: [...buffers, indices] };
  }

  free() {
    this.pieces.forEach(({ array, buffers }) => { buffers.forEach((one) => this.gl.deleteBuffer(one)); this.gl.deleteVertexArray(array); });
    this.pieces = [];
  }

  draw(colorsOf = null) {
    const { gl, canvas } = this;
    if (!gl || !this.radius) return;
    const ratio = colorsOf ? 1 : Math.min(2, devicePixelRatio);
    canvas.width = Math.max(1, canvas.clientWidth * ratio);
    canvas.height = Math.max(1, canvas.clientHeight * ratio);
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    gl.enable(gl.DEPTH_TEST);
    gl.useProgram(this.program);
    gl.uniformMatrix4fv(this.at("eye"), false, this.eye());
    gl.uniformMatrix4fv(this.at("turn"), false, this.rotation());
    gl.uniform1i(this.at("isFlat"), colorsOf ? 1 : 0);
    this.pieces.forEach((piece, number) => {
      const color = colorsOf ? colorsOf(number) : this.isChosen(piece.name) ? CHOSEN : piece.color;
      gl.uniform4fv(this.at("color"), color);
      gl.uniform1f(this.at("shine"), piece.metallic);
      gl.bindVertexArray(piece.array);
      gl.drawElements(gl.TRIANGLES, piece.count, gl.UNSIGNED_INT, 0);
    });
  }

  at(name) { return this.gl.getUniformLocation(this.program, name); }

  eye() {
    const distance = 3.2 / this.turn.zoom, near = 0.05, far = 30, focal = 2.6;
    const aspect = this.canvas.width / this.canvas.height;
    const squeeze = Math.min(1, aspect);
    return [
      (focal * squeeze) / aspect, 0, 0, 0, 0, focal * squeeze, 0, 0, 0, 0, (far + near) / (near - far), -1,
      0, 0, (-distance * (far + near)) / (near - far) + (2 * far * near) / (near - far), distance,
    ];
  }

  rotation() {
    const { yaw, pitch } = this.turn;
    const [cy, sy, cp, sp] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)];
    const about = multiply([1, 0, 0, 0, 0, cp, sp, 0, 0, -sp, cp, 0, 0, 0, 0, 1], [cy, 0, -sy, 0, 0, 1, 0, 0, sy, 0, cy, 0, 0, 0, 0, 1]);
    const s = 1 / this.radius;
    const [x, y, z] = this.middle;
    return multiply(about, [s, 0, 0, 0, 0, s, 0, 0, 0, 0, s, 0, -x * s, -y * s, -z * s, 1]);
  }

  pick(x, y) {
    const { gl } = this;
    this.draw((number) => [((number + 1) & 255) / 255, ((number + 1) >> 8) / 255, 0, 1]);
    const pixel = new Uint8Array(4);
    gl.readPixels(Math.round(x), this.canvas.height - 1 - Math.round(y), 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
    this.draw();
    const number = pixel[0] + 256 * pixel[1] - 1;
    return pixel[3] && number >= 0 ? this.pieces[number]?.name ?? null : null;
  }

  listen() {
    const { canvas } = this;
    let last = null, travel = 0;
    canvas.addEventListener("pointerdown", (event) => { last = [event.clientX, event.clientY]; travel = 0; canvas.setPointerCapture(event.pointerId); });
    canvas.addEventListener("pointermove", (event) => {
      if (!last) return;
      const [dx, dy] = [event.clientX - last[0], event.clientY - last[1]];
      travel += Math.abs(dx) + Math.abs(dy);
      last = [event.clientX, event.clientY];
      this.rotate(dx * 0.01, dy * 0.01);
    });
    canvas.addEventListener("pointerup", (event) => {
      last = null;
      const box = canvas.getBoundingClientRect();
      if (travel < 5) this.choose(this.pick(event.clientX - box.left, event.clientY - box.top));
    });
    canvas.addEventListener("wheel", (event) => { event.preventDefault(); this.zoom(Math.exp(-event.deltaY * 0.001)); }, { passive: false });
    const keys = { ArrowLeft: [-0.15, 0], ArrowRight: [0.15, 0], ArrowUp: [0, -0.15], ArrowDown: [0, 0.15] };
    canvas.addEventListener("keydown", (event) => {
      if (event.key in keys) { event.preventDefault(); this.rotate(...keys[event.key]); }
      if (event.key === "+" || event.key === "=") this.zoom(1.15);
      if (event.key === "-") this.zoom(1 / 1.15);
    });
  }

  rotate(yaw, pitch) {
    this.turn.yaw += yaw;
    this.turn.pitch = Math.max(-1.55, Math.min(1.55, this.turn.pitch + pitch));
    this.draw();
  }

  zoom(factor) { this.turn.zoom = Math.max(0.4, Math.min(12, this.turn.zoom * factor)); this.draw(); }
}

function link(gl) {
  const program = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) throw new Error(gl.getShaderInfoLog(shader));
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  return program;
}
