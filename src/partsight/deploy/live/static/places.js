// Zones and lines of the recipe, with what is in them and has crossed them.

const INK = "#ffffff", SHADE = "rgb(0 0 0 / .75)";

export const wordsOf = (counts) => Object.entries(counts).map(([name, number]) => `${number} × ${name}`).join(", ");

export class Places {
  constructor() {
    this.zones = {};
    this.lines = {};
    this.counts = { zones: {}, lines: {} };
  }

  fill({ zones, lines }) { Object.assign(this, { zones, lines }); }

  // onScreen turns shares of the picture into pixels of the canvas; returns where something is written.
  draw(pen, onScreen, ratio) {
    const written = [];
    for (const [name, corners] of Object.entries(this.zones)) {
      const points = corners.map(onScreen);
      this.stroke(pen, [...points, points[0]], ratio);
      const highest = points.reduce((best, one) => (one[1] < best[1] ? one : best));
      written.push(this.write(pen, `${name}: ${wordsOf(this.counts.zones[name]?.now ?? {}) || "empty"}`, highest, ratio));
    }
    for (const [name, ends] of Object.entries(this.lines)) {
      const points = ends.map(onScreen);
      this.stroke(pen, points, ratio);
      const { forward = {}, backward = {} } = this.counts.lines[name] ?? {};
      this.arrow(pen, points, ratio);
      written.push(this.write(pen, `${name}: → ${wordsOf(forward) || 0}   ← ${wordsOf(backward) || 0}`, points[0], ratio));
    }
    return written;
  }

  stroke(pen, points, ratio) {
    for (const [width, color] of [[5, SHADE], [2.5, INK]]) {
      pen.beginPath();
      points.forEach(([x, y], index) => (index ? pen.lineTo(x, y) : pen.moveTo(x, y)));
      pen.lineWidth = width * ratio;
      pen.strokeStyle = color;
      pen.stroke();
    }
  }

  // From the left to the right of who looks from the first end to the second.
  arrow(pen, [[x0, y0], [x1, y1]], ratio) {
    const length = Math.max(Math.hypot(x1 - x0, y1 - y0), 1), [x, y] = [(x0 + x1) / 2, (y0 + y1) / 2];
    const [nx, ny] = [-(y1 - y0) / length, (x1 - x0) / length], reach = 22 * ratio, wing = 7 * ratio;
    const tip = [x + nx * reach, y + ny * reach];
    this.stroke(pen, [[x, y], tip], ratio);
    this.stroke(pen, [[tip[0] - nx * wing - ny * wing, tip[1] - ny * wing + nx * wing], tip, [tip[0] - nx * wing + ny * wing, tip[1] - ny * wing - nx * wing]], ratio);
  }

  write(pen, text, [x, y], ratio) {
    pen.font = `600 ${13 * ratio}px system-ui, sans-serif`;
    pen.textBaseline = "middle";
    const width = pen.measureText(text).width + 12 * ratio;
    const left = Math.max(0, Math.min(x, pen.canvas.width - width)), top = Math.max(0, Math.min(y, pen.canvas.height - 22 * ratio));
    pen.fillStyle = SHADE;
    pen.fillRect(left, top, width, 22 * ratio);
    pen.fillStyle = INK;
    pen.fillText(text, left + 6 * ratio, top + 11 * ratio);
    return [left, top, left + width, top + 22 * ratio];
  }
}
