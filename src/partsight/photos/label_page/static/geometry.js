// Boxes and outlines in pixels of the picture; the box of an outline is its extent.

// The outline of a box that becomes another one: moved along, or undefined where the box is made larger or smaller.
export function outlineFor({ outline, box }, [left, top, right, bottom]) {
  const [dx, dy] = [left - box[0], top - box[1]];
  const isMoved = Math.abs(right - box[2] - dx) < 0.01 && Math.abs(bottom - box[3] - dy) < 0.01;
  return isMoved ? outline.map(([x, y]) => [x + dx, y + dy]) : undefined;
}

export function extentOf(outline) {
  const xs = outline.map(([x]) => x), ys = outline.map(([, y]) => y);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

export function overlap(one, other) {
  const area = ([left, top, right, bottom]) => Math.max(0, right - left) * Math.max(0, bottom - top);
  const shared = area([Math.max(one[0], other[0]), Math.max(one[1], other[1]), Math.min(one[2], other[2]), Math.min(one[3], other[3])]);
  return shared / (area(one) + area(other) - shared);
}
