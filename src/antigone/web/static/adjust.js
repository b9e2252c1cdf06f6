// The steps of faces/adjust.py on a canvas, for a preview; the server does them again on the original.
const GROUND = "#808080";

export function fresh() {
  return { lines: null, quarter: 0, tilt: 0, crop: null, light: 0, contrast: 0 };
}

export function degrees(knobs) {
  const turned = knobs.quarter * 90 + knobs.tilt;
  return ((turned + 180) % 360 + 360) % 360 - 180;
}

export function steps(knobs) {
  const taken = [];
  if (knobs.lines !== null) taken.push({ do: "deinterlace", keep: knobs.lines });
  if (degrees(knobs)) taken.push({ do: "turn", degrees: degrees(knobs) });
  if (knobs.crop) taken.push({ do: "crop", ...knobs.crop });
  if (knobs.light) taken.push({ do: "light", value: knobs.light });
  if (knobs.contrast) taken.push({ do: "contrast", value: knobs.contrast });
  return taken;
}

// Size of the picture after turning, before cropping.
export function turnedSize(width, height, knobs) {
  const turn = degrees(knobs);
  if (turn % 180 === 0) return [width, height];
  if (turn % 90 === 0) return [height, width];
  const cos = Math.abs(Math.cos((turn * Math.PI) / 180));
  const sin = Math.abs(Math.sin((turn * Math.PI) / 180));
  return [Math.round(width * cos + height * sin), Math.round(width * sin + height * cos)];
}

function oneField(bitmap, keep) {
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  const picture = context.getImageData(0, 0, bitmap.width, bitmap.height);
  const { data, width, height } = picture;
  const line = width * 4;
  for (let row = 1 - keep; row < height; row += 2) {
    const above = (row > 0 ? row - 1 : Math.min(row + 1, height - 1)) * line;
    const below = row + 1 < height ? (row + 1) * line : above;
    for (let i = 0, at = row * line; i < line; i++, at++) data[at] = (data[above + i] + data[below + i] + 1) >> 1;
  }
  context.putImageData(picture, 0, 0);
  return canvas;
}

function tones(knobs) {
  const table = new Uint8ClampedArray(256);
  for (let level = 0; level < 256; level++) {
    let value = level;
    if (knobs.light) value = Math.floor(255 * Math.pow(value / 255, Math.pow(2, -knobs.light / 50)) + 0.5);
    if (knobs.contrast) value = Math.floor((value - 127.5) * Math.pow(2, knobs.contrast / 50) + 128);
    table[level] = value;
  }
  return table;
}

// Draw the adjusted copy; returns its full size in pixels.
export function draw(canvas, bitmap, knobs, longest = 1100) {
  const [wide, high] = turnedSize(bitmap.width, bitmap.height, knobs);
  const part = knobs.crop ?? { x: 0, y: 0, w: wide, h: high };
  const width = Math.min(part.w, wide - part.x);
  const height = Math.min(part.h, high - part.y);
  const scale = Math.min(1, longest / Math.max(width, height));
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.fillStyle = GROUND;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.setTransform(scale, 0, 0, scale, -part.x * scale, -part.y * scale);
  context.translate(wide / 2, high / 2);
  context.rotate((degrees(knobs) * Math.PI) / 180);
  context.imageSmoothingQuality = "high";
  const source = knobs.lines === null ? bitmap : oneField(bitmap, knobs.lines);
  context.drawImage(source, -bitmap.width / 2, -bitmap.height / 2);
  context.setTransform(1, 0, 0, 1, 0, 0);
  if (knobs.light || knobs.contrast) {
    const table = tones(knobs);
    const picture = context.getImageData(0, 0, canvas.width, canvas.height);
    const { data } = picture;
    for (let i = 0; i < data.length; i += 4) {
      data[i] = table[data[i]];
      data[i + 1] = table[data[i + 1]];
      data[i + 2] = table[data[i + 2]];
    }
    context.putImageData(picture, 0, 0);
  }
  return { width, height };
}
