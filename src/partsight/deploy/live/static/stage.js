// The picture with its boxes; both come in one message, so a box never runs ahead of its part or behind it.

import { placeNames } from "/static/plates.js";
import { drawPose, drawSubparts } from "/static/poses.js";

const KEPT = 0.8; // a part that is shown stays until its score is below this share of the threshold: none blinks around it

export class Stage {
  constructor(canvas, places) {
    this.canvas = canvas;
    this.places = places;
    this.pen = canvas.getContext("2d", { alpha: false });
    this.picture = null;
    this.parts = [];
    this.shown = new Set();
    this.showsPoses = true;
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  // Take a frame and all parts followed in it.
  show(picture, header) {
    this.picture?.close();
    this.picture = picture;
    this.sizeWh = header.size_wh;
    this.parts = header.parts.map(([track, kind, score, left, top, right, bottom, isSeen, outlines, pose]) => ({ track, kind, score, box: [left, top, right, bottom], isSeen, outlines: outlines ?? [], pose }));
  }

  // Return the parts above the limit of their class, best first.
  choose(limitOf) {
    const chosen = this.parts.filter((part) => part.score >= limitOf(part.kind) * (this.shown.has(part.track) ? KEPT : 1));
    this.shown = new Set(chosen.map((part) => part.track));
    this.chosen = chosen;
    return chosen;
  }

  draw() {
    const { canvas, pen } = this;
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)];
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    pen.fillStyle = getComputedStyle(canvas.closest("section")).backgroundColor;
    pen.fillRect(0, 0, width, height);
    if (!this.picture) return;
    const scale = Math.min(width / this.sizeWh[0], height / this.sizeWh[1]);
    const origin = [(width - scale * this.sizeWh[0]) / 2, (height - scale * this.sizeWh[1]) / 2];
    const shown = [scale * this.sizeWh[0], scale * this.sizeWh[1]];
    this.placement = { scale: scale / ratio, left: origin[0] / ratio, top: origin[1] / ratio };
    pen.drawImage(this.picture, origin[0], origin[1], shown[0], shown[1]);
    const taken = this.places.draw(pen, ([x, y]) => [origin[0] + x * shown[0], origin[1] + y * shown[1]], ratio);
    const onScreen = (this.chosen ?? []).map((part) => ({ ...part, box: part.box.map((side, index) => origin[index % 2] + scale * side) }));
    const area = [origin[0], origin[1], origin[0] + shown[0], origin[1] + shown[1]];
    const place = { origin, scale, ratio, area };
    const posed = this.showsPoses ? onScreen.filter((part) => part.pose) : [];
    for (const part of onScreen.toReversed()) {
      this.drawMask(part, origin, scale, ratio);
      this.drawBox(part, ratio);
    }
    for (const part of posed.toReversed()) drawPose(pen, part.pose, this.colors[part.kind], place);
    this.drawNames(onScreen, ratio, area, taken);
    for (const part of posed) drawSubparts(pen, part.pose, place, taken);
    document.body.dataset.poses = posed.length;
  }

  // Fill the part's own pixels; holes are outlines too, so the even-odd rule leaves them open.
  drawMask(part, origin, scale, ratio) {
    if (!part.outlines.length) return;
    const { pen } = this;
    const way = new Path2D();
    for (const ring of part.outlines) {
      way.moveTo(origin[0] + scale * ring[0], origin[1] + scale * ring[1]);
      for (let at = 2; at < ring.length; at += 2) way.lineTo(origin[0] + scale * ring[at], origin[1] + scale * ring[at + 1]);
      way.closePath();
    }
    pen.fillStyle = pen.strokeStyle = this.colors[part.kind];
    pen.globalAlpha = 0.4;
    pen.fill(way, "evenodd");
    pen.globalAlpha = 1;
    pen.lineWidth = 1.5 * ratio;
    pen.stroke(way);
  }

  drawBox(part, ratio) {
    const { pen } = this;
    const [left, top, right, bottom] = part.box;
    pen.setLineDash(part.isSeen ? [] : [7 * ratio, 5 * ratio]);
    pen.lineWidth = 4.5 * ratio;
    pen.strokeStyle = "rgb(255 255 255 / .85)";
    pen.strokeRect(left, top, right - left, bottom - top);
    pen.lineWidth = 3 * ratio;
    pen.strokeStyle = this.colors[part.kind];
    pen.strokeRect(left, top, right - left, bottom - top);
    pen.setLineDash([]);
  }

  drawNames(parts, ratio, area, taken) {
    const { pen } = this;
    pen.font = `600 ${14 * ratio}px system-ui, sans-serif`;
    pen.textBaseline = "middle";
    const texts = parts.map((part) => `${this.names[part.kind]}  ${Math.round(100 * part.score)} %`);
    const sizes = texts.map((text) => [pen.measureText(text).width + 12 * ratio, 22 * ratio]);
    placeNames(parts.map((part) => part.box), sizes, area, taken).forEach((place, index) => {
      if (!place) return;
      const color = this.colors[parts[index].kind];
      pen.fillStyle = color;
      pen.fillRect(place[0], place[1], sizes[index][0], sizes[index][1]);
      pen.fillStyle = readable(color);
      pen.fillText(texts[index], place[0] + 6 * ratio, (place[1] + place[3]) / 2);
    });
  }

  // Return the smallest part under a point of the page; undefined where there is none.
  partAt(x, y) {
    if (!this.placement) return undefined;
    const place = this.canvas.getBoundingClientRect();
    const { scale, left, top } = this.placement;
    const [px, py] = [(x - place.x - left) / scale, (y - place.y - top) / scale];
    const area = ({ box }) => (box[2] - box[0]) * (box[3] - box[1]);
    return (this.chosen ?? []).filter(({ box }) => px >= box[0] && px <= box[2] && py >= box[1] && py <= box[3]).sort((a, b) => area(a) - area(b))[0];
  }
}

// Dark or light text, whichever contrasts more (WCAG 2.2, relative luminance).
function readable(color) {
  const linear = [1, 3, 5].map((start) => parseInt(color.slice(start, start + 2), 16) / 255).map((share) => (share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4));
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] > 0.18 ? "#101418" : "#ffffff";
}
