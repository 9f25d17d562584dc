// Poses of parts: the edges of the CAD model laid over the picture, the names of its sub-parts, and where it is.

import { meets } from "/static/plates.js";

const UNSURE = 0.02; // of the focal length: numbers that are exact to so much are told without "about"
const NAME_PX = 12;

// Draw a part's edges on a light rim; parts of them may lie outside of the picture, `area`.
export function drawPose(pen, { lines }, color, { origin, scale, ratio, area }) {
  const way = new Path2D();
  for (let at = 0; at < lines.length; at += 4) {
    way.moveTo(origin[0] + scale * lines[at], origin[1] + scale * lines[at + 1]);
    way.lineTo(origin[0] + scale * lines[at + 2], origin[1] + scale * lines[at + 3]);
  }
  pen.save();
  pen.beginPath();
  pen.rect(area[0], area[1], area[2] - area[0], area[3] - area[1]);
  pen.clip();
  pen.lineCap = "round";
  for (const [width, style] of [[3.5, "rgb(255 255 255 / .8)"], [2, color]]) {
    pen.lineWidth = width * ratio;
    pen.strokeStyle = style;
    pen.stroke(way);
  }
  pen.restore();
}

// Write the names of sub-parts at their places, the largest first, over no other text.
export function drawSubparts(pen, { names }, { origin, scale, ratio, area }, taken) {
  pen.font = `${NAME_PX * ratio}px system-ui, sans-serif`;
  pen.textBaseline = "middle";
  for (const [name, x, y] of names) {
    const [left, middle] = [origin[0] + scale * x, origin[1] + scale * y];
    const [width, half] = [pen.measureText(name).width, 0.6 * NAME_PX * ratio];
    const place = [left, middle - half, left + width, middle + half];
    if (left < area[0] || place[1] < area[1] || place[2] > area[2] || place[3] > area[3] || taken.some((other) => meets(place, other))) continue;
    taken.push(place);
    pen.lineWidth = 3 * ratio;
    pen.strokeStyle = "rgb(255 255 255 / .9)";
    pen.strokeText(name, left, middle);
    pen.fillStyle = "#101418";
    pen.fillText(name, left, middle);
  }
}

const number = (value) => String(value).replace("-", "−");

// Say where a part is: right, down and away from the camera.
export function poseText({ at_mm: [x, y, z], fit }, focalError) {
  return `${focalError > UNSURE ? "about " : ""}x ${number(x)}, y ${number(y)}, z ${number(z)} mm, fit ${fit.toFixed(2)}`;
}

// Say how fast poses come and how exact they are; nothing where they were not asked for.
export function poseNote(state, parts) {
  if (!state) return "";
  if (state.problem) return `No outlines: ${state.problem}`;
  const posed = parts.filter(({ pose }) => pose);
  const behind = posed.length ? `, up to ${Math.max(...posed.map(({ pose }) => pose.behind_ms))} ms older than the picture` : "";
  const error = state.focal_error > UNSURE ? ` The focal length is an estimate: distances ± ${Math.round(100 * state.focal_error)} %.` : "";
  return `Outlines: ${state.per_second.toFixed(1)} poses/s${behind}.${error}`;
}
