// A QR code (ISO/IEC 18004): byte mode, error correction L, versions 1 to 5, which have one block each.
// The receipt's code must not go to a server, so the picture is drawn here.

const DATA = [19, 34, 55, 80, 108]; // bytes of data by version
const CHECK = [7, 10, 15, 20, 26]; // bytes of error correction
const SVG = "http://www.w3.org/2000/svg";

const EXP = [];
const LOG = [];
for (let at = 0, value = 1; at < 255; at++) {
  EXP[at] = value;
  LOG[value] = at;
  value = value & 128 ? (value << 1) ^ 0x11d : value << 1;
}
const times = (one, other) => (one && other ? EXP[(LOG[one] + LOG[other]) % 255] : 0);

function corrected(data, count) {
  let divisor = [1];
  for (let at = 0; at < count; at++) {
    const next = divisor.concat(0);
    divisor.forEach((value, i) => (next[i + 1] ^= times(value, EXP[at])));
    divisor = next;
  }
  const rest = data.concat(new Array(count).fill(0));
  data.forEach((_value, at) => {
    const lead = rest[at];
    divisor.forEach((value, i) => (rest[at + i] ^= times(value, lead)));
  });
  return rest.slice(data.length);
}

function codewords(bytes, version) {
  const bits = [];
  const put = (value, length) => {
    for (let at = length - 1; at >= 0; at--) bits.push((value >> at) & 1);
  };
  put(4, 4);
  put(bytes.length, 8);
  bytes.forEach((byte) => put(byte, 8));
  const room = DATA[version - 1] * 8;
  put(0, Math.min(4, room - bits.length));
  while (bits.length % 8) bits.push(0);
  for (let pad = 0xec; bits.length < room; pad ^= 0xec ^ 0x11) put(pad, 8);
  const data = [];
  for (let at = 0; at < bits.length; at += 8) data.push(parseInt(bits.slice(at, at + 8).join(""), 2));
  return data.concat(corrected(data, CHECK[version - 1]));
}

// The modules as rows of true (dark) and false; null when the text is too long.
export function modules(text) {
  const bytes = Array.from(new TextEncoder().encode(text));
  const version = DATA.findIndex((room) => bytes.length <= room - 2) + 1;
  if (!version) return null;
  const size = 17 + 4 * version;
  const grid = Array.from({ length: size }, () => new Array(size).fill(null));
  const set = (row, column, dark) => {
    if (row >= 0 && column >= 0 && row < size && column < size) grid[row][column] = dark;
  };
  for (const [top, left] of [[0, 0], [0, size - 7], [size - 7, 0]]) finder(set, top, left);
  if (version > 1) alignment(set, size - 7);
  for (let at = 8; at < size - 8; at++) grid[6][at] = grid[at][6] = at % 2 === 0;
  format(set, size);
  fill(grid, size, codewords(bytes, version));
  return grid;
}

function finder(set, top, left) {
  for (let row = -1; row <= 7; row++) {
    for (let column = -1; column <= 7; column++) {
      const ring = Math.max(Math.abs(row - 3), Math.abs(column - 3));
      set(top + row, left + column, ring !== 2 && ring < 4);
    }
  }
}

function alignment(set, middle) {
  for (let row = -2; row <= 2; row++) {
    for (let column = -2; column <= 2; column++) {
      set(middle + row, middle + column, Math.max(Math.abs(row), Math.abs(column)) !== 1);
    }
  }
}

const FORMAT = 0x77c4; // level L with mask 0, as ISO/IEC 18004 lists it

function format(set, size) {
  const bit = (at) => Boolean((FORMAT >> at) & 1);
  for (let at = 0; at < 6; at++) set(at, 8, bit(at));
  set(7, 8, bit(6));
  set(8, 8, bit(7));
  set(8, 7, bit(8));
  for (let at = 9; at < 15; at++) set(8, 14 - at, bit(at));
  for (let at = 0; at < 8; at++) set(8, size - 1 - at, bit(at));
  for (let at = 8; at < 15; at++) set(size - 15 + at, 8, bit(at));
  set(size - 8, 8, true);
}

function fill(grid, size, words) {
  let at = 0;
  for (let right = size - 1; right > 0; right -= 2) {
    if (right === 6) right = 5;
    for (let step = 0; step < size; step++) {
      const row = ((right + 1) & 2) === 0 ? size - 1 - step : step;
      for (const column of [right, right - 1]) {
        if (grid[row][column] !== null) continue;
        const dark = at < words.length * 8 && (words[at >> 3] >> (7 - (at & 7))) & 1;
        at++;
        grid[row][column] = Boolean(dark) !== ((row + column) % 2 === 0);
      }
    }
  }
}

// An SVG picture; null when the text is too long.
export function code(text) {
  const grid = modules(text);
  if (!grid) return null;
  const wide = grid.length + 8;
  const picture = document.createElementNS(SVG, "svg");
  const give = (element, given) => Object.keys(given).forEach((name) => element.setAttribute(name, given[name]));
  give(picture, { viewBox: `0 0 ${wide} ${wide}`, role: "img", class: "qr", "shape-rendering": "crispEdges" });
  const ground = document.createElementNS(SVG, "rect");
  give(ground, { width: wide, height: wide, fill: "#fff" });
  const dark = document.createElementNS(SVG, "path");
  const squares = grid.map((row, y) => row.map((on, x) => (on ? `M${x + 4} ${y + 4}h1v1h-1z` : "")).join(""));
  give(dark, { d: squares.join(""), fill: "#000" });
  picture.append(ground, dark);
  return picture;
}
