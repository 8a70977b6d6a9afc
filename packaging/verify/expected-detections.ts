import { expect } from './checklist.js';
import { SQUARE } from './samples.js';

/** A detection, as the API and the detection pool return it; in pixels. */
export interface Found {
  label: string;
  score: number | null;
  box: { x: number; y: number; width: number; height: number };
}

/** The two signs of samples/4-two-signs.jpg: the centre of each and its width. */
const SIGNS = [
  { x: 330, y: 231, width: 52 },
  { x: 742, y: 205, width: 104 },
];

/** Describes the detections; throws unless they are both signs of the sample. */
export function expectSigns(detections: Found[]): string {
  const found = describe(detections);
  expect(detections.length === SIGNS.length, 'two signs', found);
  for (const { x, y, width } of SIGNS)
    expect(
      detections.some(({ box }) => isAround(box, { x, y, width })),
      `a sign around ${x},${y}`,
      found,
    );
  return found;
}

/** Describes the detections; throws unless they are the square of samples.ts. */
export function expectSquare(detections: Found[]): string {
  const found = describe(detections);
  const [first] = detections;
  expect(detections.length === 1 && first?.label === 'red', 'one red square', found);
  const { x, y, width } = first.box;
  const near = (a: number, b: number) => Math.abs(a - b) <= 6;
  expect(near(x, SQUARE.x) && near(y, SQUARE.y) && near(width, SQUARE.side), 'its box', found);
  return found;
}

const describe = (detections: Found[]): string =>
  detections
    .map(({ box, score }) => `${box.width}×${box.height} at ${box.x},${box.y} (score ${score})`)
    .join(' and ');

const isAround = ({ x, y, width, height }: Found['box'], sign: (typeof SIGNS)[number]) =>
  Math.abs(x + width / 2 - sign.x) < 15 &&
  Math.abs(y + height / 2 - sign.y) < 15 &&
  Math.abs(width - sign.width) < sign.width / 4;
