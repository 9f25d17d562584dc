// Where the names of parts stand: beside their boxes, over no box and no other name; a small part is never hidden by its own name.

export const meets = (a, b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
const isInside = (a, area) => a[0] >= area[0] && a[1] >= area[1] && a[2] <= area[2] && a[3] <= area[3];
const ROOMY = 5; // a box so many times as large as its name bears it inside

// boxes: [left, top, right, bottom] on the screen, the most important first; sizes: [width, height] of their names.
// taken: places where something stands already. Returns for each the place of its name, or null where there is no room: its row in the list and a touch still tell it.
export function placeNames(boxes, sizes, area, taken) {
  return boxes.map((box, index) => {
    const others = boxes.filter((_, other) => other !== index);
    const place = candidates(box, sizes[index]).find((one) => isInside(one, area) && !taken.some((other) => meets(one, other)) && !hides(one, box, sizes[index], others));
    if (!place) return null;
    taken.push(place);
    return place;
  });
}

function candidates([left, top, right, bottom], [width, height]) {
  const at = (x, y) => [x, y, x + width, y + height];
  return [at(left, top - height), at(left, bottom), at(right - width, top - height), at(right - width, bottom), at(right, top), at(left - width, top), at(left, top)];
}

// Inside its own box a name may stand only where that is roomy; over another box never more than a corner of a large one.
function hides(place, own, [width, height], others) {
  const area = ([left, top, right, bottom]) => (right - left) * (bottom - top);
  if (meets(place, own) && area(own) < ROOMY * width * height) return true;
  return others.some((other) => meets(place, other) && area(other) < ROOMY * width * height);
}
