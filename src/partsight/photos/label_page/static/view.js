// Where the picture lies on the canvas: screen = picture × scale + offset, in CSS pixels.

const LEAST = 0.5, MOST = 40;

export class View {
  constructor() {
    this.scale = 1;
    this.x = 0;
    this.y = 0;
    this.whole = 1;
  }

  fit(picture, canvas) {
    const margin = 12;
    this.whole = Math.min((canvas.width - 2 * margin) / picture.width, (canvas.height - 2 * margin) / picture.height);
    this.scale = this.whole;
    this.x = (canvas.width - picture.width * this.scale) / 2;
    this.y = (canvas.height - picture.height * this.scale) / 2;
  }

  zoom(factor, at) {
    const scale = Math.min(Math.max(this.scale * factor, this.whole * LEAST), Math.max(MOST, this.whole));
    this.x = at.x - (at.x - this.x) * (scale / this.scale);
    this.y = at.y - (at.y - this.y) * (scale / this.scale);
    this.scale = scale;
  }

  pan(dx, dy) { this.x += dx; this.y += dy; }

  toPicture(at) { return { x: (at.x - this.x) / this.scale, y: (at.y - this.y) / this.scale }; }

  toScreen([left, top, right, bottom]) {
    return [left * this.scale + this.x, top * this.scale + this.y, right * this.scale + this.x, bottom * this.scale + this.y];
  }
}
