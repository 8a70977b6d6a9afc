import type { GreyPixels } from '../../../../../core/detection/engine/cascade-engine.js';
import type { Size } from '../../../../../core/detection/engine/geometry.js';
import type { Random } from '../../../../support/render-random.js';
import { integer } from './integers.js';

type Shade = (x: number, y: number) => number;

/** What a test image shows; each gives a shade of any size, whatever the numbers. */
const subjects = {
  flat: (random) => {
    const grey = random.pick([0, 255, integer(random, 1, 254)]);
    return () => grey;
  },
  noise: (random) => {
    const [low, high] = [integer(random, 0, 120), integer(random, 130, 255)];
    return () => integer(random, low, high);
  },
  extremes: (random) => () => random.pick([0, 255]),
  gradient: (random) => {
    const [across, down] = [random.between(0, 1) * 4 - 2, random.between(0, 1) * 4 - 2];
    return (x, y) => 128 + (across * x + down * y) / 2;
  },
  stripes: (random) => {
    const [wide, tall] = [integer(random, 1, 24), integer(random, 1, 24)];
    return (x, y) => (((Math.floor(x / wide) + Math.floor(y / tall)) & 1) === 0 ? 40 : 210);
  },
  clouds: (random) => clouds(random),
  objects: (random) => objects(random),
} satisfies Record<string, (random: Random, size: Size) => Shade>;

export const SUBJECTS = Object.keys(subjects) as (keyof typeof subjects)[];
export type Subject = keyof typeof subjects;

/** A grey image that is the same for the same subject, size and state of `random`. */
export function drawImage(subject: Subject, { width, height }: Size, random: Random): GreyPixels {
  const shade: Shade = subjects[subject](random);
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      data[y * width + x] = Math.max(0, Math.min(255, Math.round(shade(x, y))));
    }
  }
  return { width, height, data };
}

/** Waves of several sizes over each other: smooth, with light and dark places that cascades take for objects. */
function clouds(random: Random): Shade {
  const waves = Array.from({ length: 6 }, (_, i) => ({
    across: ((random.between(0, 1) - 0.5) * 2 ** i) / 30,
    down: ((random.between(0, 1) - 0.5) * 2 ** i) / 30,
    phase: random.between(0, 1) * 2 * Math.PI,
    height: 50 / (1 + i / 2),
  }));
  return (x, y) =>
    waves.reduce(
      (sum, { across, down, phase, height }) =>
        sum + height * Math.sin(across * x + down * y + phase),
      128,
    );
}

/** Octagons with a light band, and discs with two eyes and a mouth, over clouds. */
function objects(random: Random): Shade {
  const background = clouds(random);
  const shapes = Array.from({ length: integer(random, 2, 12) }, () => ({
    cx: integer(random, 0, 400),
    cy: integer(random, 0, 300),
    radius: integer(random, 10, 60),
    isFace: random.between(0, 1) < 0.5,
  }));
  return (x, y) => {
    for (const { cx, cy, radius, isFace } of shapes) {
      const [u, v] = [(x - cx) / radius, (y - cy) / radius];
      if (isFace ? u * u + v * v < 1 : isOctagon(u, v)) return isFace ? face(u, v) : sign(u, v);
    }
    return background(x, y);
  };
}

const isOctagon = (u: number, v: number) =>
  Math.max(Math.abs(u), Math.abs(v), (Math.abs(u) + Math.abs(v)) / Math.SQRT2) < 0.92;

function sign(u: number, v: number): number {
  if (Math.max(Math.abs(u), Math.abs(v), (Math.abs(u) + Math.abs(v)) / Math.SQRT2) > 0.84)
    return 230;
  const inLetters = Math.abs(v) < 0.28 && Math.abs(u) < 0.7 && Math.floor((u + 1) * 9) % 2 === 0;
  return inLetters ? 235 : 80;
}

function face(u: number, v: number): number {
  const isEye = Math.hypot(Math.abs(u) - 0.35, v + 0.25) < 0.16;
  const isMouth = Math.abs(u) < 0.35 && Math.abs(v - 0.5) < 0.08;
  const isBrow = Math.abs(Math.abs(u) - 0.35) < 0.22 && Math.abs(v + 0.5) < 0.06;
  if (isEye || isMouth || isBrow) return 60;
  return 190 - 40 * Math.abs(u) + 20 * (Math.abs(u) < 0.12 ? 1 : 0);
}
