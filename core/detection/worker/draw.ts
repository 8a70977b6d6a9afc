import { scaled } from '../boxes.js';
import type { LabelledBox } from '../detection.js';
import type { ImageDecoder } from './decode.js';
import { Canvas, type Colour, type Lettering, widthOf } from './drawing/canvas.js';
import { LabelPlaces } from './drawing/label-places.js';
import { DESCENT } from './drawing/stroke-font.js';
import { Refusal } from './refusal.js';

const QUALITY = 90;
/** Of a smaller copy, which is looked at and not searched. */
const COPY_QUALITY = 80;
/** What libjpeg encodes. */
const MAX_SIDE = 65_500;
const WHITE: Colour = [255, 255, 255];

/** Blue, green, red; apart in hue, and each dark enough for white lettering. */
const PALETTE: Colour[] = [
  [40, 40, 220],
  [200, 110, 0],
  [60, 140, 20],
  [190, 40, 160],
  [0, 110, 200],
  [140, 130, 0],
  [110, 50, 60],
  [60, 60, 60],
];

interface Style {
  /** Width of a frame, in pixels. */
  line: number;
  lettering: Lettering;
  /** Between the lettering and the edges of its tag. */
  margin: number;
}

/** Draws boxes, each with its label on a filled tag, and encodes JPEG, `across` pixels wide at most. */
export function draw(
  decoder: ImageDecoder,
  bytes: Buffer,
  wholeBoxes: LabelledBox[],
  across?: number,
): Buffer {
  const { width, height, bytes: pixels, whole } = decoder.decodeColour(bytes, across);
  if (Math.max(width, height) > MAX_SIDE)
    throw new Refusal(
      'too_many_pixels',
      `A processed image has at most ${MAX_SIDE} pixels a side.`,
    );
  const canvas = new Canvas(width, height, pixels);
  const boxes =
    width === whole.width
      ? wholeBoxes
      : wholeBoxes.map(({ label, box }) => ({ label, box: scaled(box, whole, canvas) }));
  const style = styleFor(canvas);
  const colourOf = colours(boxes);
  for (const { box, label } of boxes) canvas.frame(box, style.line, colourOf(label));
  // Above every frame, so that no line crosses a label.
  const places = new LabelPlaces(canvas);
  for (const labelled of boxes) drawTag(canvas, places, labelled, colourOf(labelled.label), style);
  const quality = across === undefined ? QUALITY : COPY_QUALITY;
  return decoder.native.encodeJpeg(pixels, width, height, quality);
}

/** Lines and letters in proportion to the image: two-pixel lines and capitals of 11 pixels up to a side of 640. */
function styleFor({ width, height }: Canvas): Style {
  const line = Math.max(2, Math.round(Math.max(width, height) / 320));
  return {
    line,
    lettering: { capHeight: 5.5 * line, pen: Math.max(1.3, 0.65 * line) },
    margin: Math.round(1.5 * line),
  };
}

/** One colour a label, in the labels' order. */
function colours(boxes: LabelledBox[]): (label: string) => Colour {
  const labels = [...new Set(boxes.map(({ label }) => label))].sort();
  return (label) => PALETTE[labels.indexOf(label) % PALETTE.length] ?? [0, 0, 0];
}

function drawTag(
  canvas: Canvas,
  places: LabelPlaces,
  { box, label }: LabelledBox,
  colour: Colour,
  { lettering, margin }: Style,
): void {
  const below = Math.round((DESCENT * lettering.capHeight) / 9);
  const size = {
    width: widthOf(label, lettering) + 2 * margin,
    height: Math.round(lettering.capHeight) + below + 2 * margin,
  };
  const tag = places.take(box, size);
  canvas.fill(tag, colour);
  const baseline = tag.y + tag.height - margin - below;
  canvas.write(label, tag.x + margin, baseline, lettering, WHITE);
}
