import { type Colour, consume, type Mat, type OpenCv } from '../../opencv/opencv.js';
import type { LabelledBox } from '../detection.js';
import type { ImageDecoder } from './decode.js';

const QUALITY = 90;

/** Blue, green, red; apart in hue, and each dark enough for white lettering. */
const PALETTE: [number, number, number][] = [
  [40, 40, 220],
  [200, 110, 0],
  [60, 140, 20],
  [190, 40, 160],
  [0, 110, 200],
  [140, 130, 0],
  [110, 50, 60],
  [60, 60, 60],
];

interface Pen {
  line: number;
  scale: number;
  stroke: number;
}

/** Draws boxes, each with its label on a filled tag, and encodes JPEG. */
export function draw(
  cv: OpenCv,
  decoder: ImageDecoder,
  bytes: Buffer,
  boxes: LabelledBox[],
): Buffer {
  const { width, height, bytes: pixels } = decoder.decodeColour(bytes);
  return consume(new cv.Mat(height, width, cv.CV_8UC3, pixels), (image) => {
    const pen = penFor(image);
    const colourOf = colours(cv, boxes);
    for (const { box, label } of boxes) {
      const from = new cv.Point2(box.x, box.y);
      const to = new cv.Point2(box.x + box.width - 1, box.y + box.height - 1);
      image.drawRectangle(from, to, colourOf(label), pen.line, cv.LINE_8);
    }
    // Above every frame, so that no line crosses a label.
    for (const labelled of boxes) drawTag(cv, image, labelled, colourOf(labelled.label), pen);
    return cv.imencode('.jpg', image, [cv.IMWRITE_JPEG_QUALITY, QUALITY]);
  });
}

/** Line and letter sizes in proportion to the image, 480 pixels being drawn with two-pixel lines. */
function penFor(image: Mat): Pen {
  const line = Math.max(2, Math.round(Math.max(image.cols, image.rows) / 320));
  return { line, scale: 0.25 * line, stroke: Math.max(1, Math.round(line / 2)) };
}

/** One colour a label, in the labels' order. */
function colours(cv: OpenCv, boxes: LabelledBox[]): (label: string) => Colour {
  const labels = [...new Set(boxes.map(({ label }) => label))].sort();
  return (label) => {
    const [blue, green, red] = PALETTE[labels.indexOf(label) % PALETTE.length] ?? [0, 0, 0];
    return new cv.Vec3(blue, green, red);
  };
}

/** The tag stands on the box's upper edge, or hangs from it if there is no space above. */
function drawTag(cv: OpenCv, image: Mat, { box, label }: LabelledBox, colour: Colour, pen: Pen) {
  const text = drawable(label);
  const font = cv.FONT_HERSHEY_SIMPLEX;
  const { size, baseLine } = cv.getTextSize(text, font, pen.scale, pen.stroke);
  const width = size.width + 2 * baseLine;
  const height = size.height + 2 * baseLine;
  const left = Math.max(0, Math.min(box.x, image.cols - width));
  const top = box.y >= height ? box.y - height : box.y;
  image.drawRectangle(
    new cv.Point2(left, top),
    new cv.Point2(left + width - 1, top + height - 1),
    colour,
    cv.FILLED,
    cv.LINE_8,
  );
  image.putText(
    text,
    new cv.Point2(left + baseLine, top + height - baseLine),
    font,
    pen.scale,
    new cv.Vec3(255, 255, 255),
    pen.stroke,
    cv.LINE_AA,
  );
}

/** OpenCV's font has ASCII only: accents are dropped, and any other character becomes a question mark. */
const drawable = (label: string) =>
  label
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\x20-\x7e]/gu, '?');
