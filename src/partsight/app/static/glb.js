// GLB files as this program writes them: one mesh for each sub-part and color, no textures, no animation.

const TYPES = { 5121: Uint8Array, 5123: Uint16Array, 5125: Uint32Array, 5126: Float32Array };
const WIDTHS = { SCALAR: 1, VEC2: 2, VEC3: 3, VEC4: 4 };

export function readGlb(buffer) {
  const view = new DataView(buffer);
  if (view.getUint32(0, true) !== 0x46546c67) throw new Error("This is no GLB file.");
  const jsonLength = view.getUint32(12, true);
  const scene = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 20, jsonLength)));
  const start = 20 + jsonLength + 8;
  const pieces = [];
  const visit = (index, above, name) => {
    const node = scene.nodes[index];
    const place = multiply(above, node.matrix ?? composed(node));
    const own = node.mesh === undefined ? null : scene.meshes[node.mesh];
    for (const primitive of own?.primitives ?? []) pieces.push(piece(scene, primitive, buffer, start, place, own.name ?? node.name ?? name));
    (node.children ?? []).forEach((child) => visit(child, place, node.name ?? name));
  };
  scene.scenes[scene.scene ?? 0].nodes.forEach((index) => visit(index, IDENTITY, ""));
  return pieces;
}

const IDENTITY = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];

function piece(scene, primitive, buffer, start, place, name) {
  const positions = moved(accessor(scene, primitive.attributes.POSITION, buffer, start), place, 1);
  const indices = accessor(scene, primitive.indices, buffer, start);
  const normals = primitive.attributes.NORMAL === undefined ? null : moved(accessor(scene, primitive.attributes.NORMAL, buffer, start), place, 0);
  const look = scene.materials?.[primitive.material]?.pbrMetallicRoughness ?? {};
  return { name, positions, normals, indices: Uint32Array.from(indices), color: look.baseColorFactor ?? [0.7, 0.7, 0.7, 1], metallic: look.metallicFactor ?? 0 };
}

function accessor(scene, index, buffer, start) {
  const { bufferView, byteOffset = 0, componentType, count, type } = scene.accessors[index];
  const view = scene.bufferViews[bufferView];
  const Kind = TYPES[componentType];
  const length = count * WIDTHS[type];
  const from = start + (view.byteOffset ?? 0) + byteOffset;
  return new Kind(buffer.slice(from, from + length * Kind.BYTES_PER_ELEMENT));
}

function moved(values, place, weight) {
  const out = new Float32Array(values.length);
  for (let i = 0; i < values.length; i += 3) {
    for (let row = 0; row < 3; row += 1) {
      out[i + row] = place[row] * values[i] + place[4 + row] * values[i + 1] + place[8 + row] * values[i + 2] + weight * place[12 + row];
    }
  }
  return out;
}

function composed({ translation = [0, 0, 0], rotation = [0, 0, 0, 1], scale = [1, 1, 1] }) {
  const [x, y, z, w] = rotation;
  const columns = [
    [1 - 2 * (y * y + z * z), 2 * (x * y + z * w), 2 * (x * z - y * w)],
    [2 * (x * y - z * w), 1 - 2 * (x * x + z * z), 2 * (y * z + x * w)],
    [2 * (x * z + y * w), 2 * (y * z - x * w), 1 - 2 * (x * x + y * y)],
  ];
  return [...columns.flatMap((column, i) => [...column.map((value) => value * scale[i]), 0]), ...translation, 1];
}

export function multiply(a, b) {
  const out = new Array(16).fill(0);
  for (let column = 0; column < 4; column += 1) {
    for (let row = 0; row < 4; row += 1) {
      for (let k = 0; k < 4; k += 1) out[4 * column + row] += a[4 * k + row] * b[4 * column + k];
    }
  }
  return out;
}
