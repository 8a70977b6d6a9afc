import type { Random } from './render-random.js';

/** One-point perspective: metres to pixels. x is to the right of the road's middle, y up, z away from the camera. */
interface View {
  width: number;
  height: number;
  horizon: number;
  project(x: number, y: number, z: number): readonly [number, number];
  /** Pixels that a metre takes at distance z. */
  scale(z: number): number;
}

type Point = readonly [x: number, y: number, z: number];

/** A drawing and its distance. */
interface Item {
  z: number;
  svg: string;
}

const CAMERA_HEIGHT = 3;
const FARTHEST = 120;
const FACADE_X = 9.5;

export interface Street {
  svg: string;
  /** Where a post stands whose stop sign (0.75 m wide) is drawn `size` pixels wide. */
  groundBelow(size: number): number;
}

/** A street between houses, seen along its middle, filling the given size in pixels. */
export function drawStreet(width: number, height: number, random: Random): Street {
  const view = streetView(width, height, random);
  return {
    svg: [
      sky(view, random),
      ground(view),
      ...farToNear(houses(view, random)),
      ...farToNear([...trees(view, random), ...cars(view, random)]),
    ].join('\n'),
    groundBelow: (size) => view.horizon + CAMERA_HEIGHT * (size / 0.75),
  };
}

/** What is near covers what is far. */
const farToNear = (items: Item[]): string[] =>
  items.sort((a, b) => b.z - a.z).map((item) => item.svg);

function streetView(width: number, height: number, random: Random): View {
  const focal = Math.max(width, height * 1.3) * 0.8;
  const vanishing = width * random.between(0.42, 0.58);
  const horizon = height * random.between(0.46, 0.54);
  return {
    width,
    height,
    horizon,
    scale: (z) => focal / z,
    project: (x, y, z) => [
      vanishing + (focal * x) / z,
      horizon - (focal * (y - CAMERA_HEIGHT)) / z,
    ],
  };
}

function quad(view: View, fill: string, corners: Point[], opacity = 1): string {
  const points = corners.map((corner) => {
    const [x, y] = view.project(...corner);
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  });
  return `<polygon points="${points.join(' ')}" fill="${fill}" opacity="${opacity}"/>`;
}

/** A rectangle on the ground. */
const slab = (view: View, fill: string, x1: number, x2: number, z1: number, z2: number) =>
  quad(view, fill, [
    [x1, 0, z1],
    [x2, 0, z1],
    [x2, 0, z2],
    [x1, 0, z2],
  ]);

/** A rectangle on a wall that runs along the street. */
const panel = (
  view: View,
  fill: string,
  x: number,
  [y1, y2]: [number, number],
  [z1, z2]: [number, number],
) =>
  quad(view, fill, [
    [x, y1, z1],
    [x, y2, z1],
    [x, y2, z2],
    [x, y1, z2],
  ]);

function sky({ width, height, horizon }: View, random: Random): string {
  const [top, bottom] = random.pick([
    ['#5f9fd6', '#dcebf5'],
    ['#6f8fb5', '#f3e3d0'],
    ['#8fb4d3', '#e9eef0'],
  ]);
  const clouds = Array.from({ length: 5 }, () => {
    const cx = random.between(0, width);
    const cy = random.between(0, horizon * 0.6);
    const rx = width * random.between(0.05, 0.14);
    return `<ellipse cx="${cx}" cy="${cy}" rx="${rx}" ry="${rx * 0.16}" fill="#fff" opacity="0.35"/>
      <ellipse cx="${cx + rx * 0.3}" cy="${cy - rx * 0.09}" rx="${rx * 0.55}" ry="${rx * 0.15}" fill="#fff" opacity="0.4"/>`;
  });
  return `<linearGradient id="sky" x2="0" y2="1"><stop stop-color="${top}"/><stop offset="1" stop-color="${bottom}"/></linearGradient>
    <rect width="${width}" height="${height}" fill="url(#sky)"/>${clouds.join('')}`;
}

function ground(view: View): string {
  const { width, height, horizon } = view;
  const dashes = Array.from({ length: 18 }, (_, i) =>
    slab(view, '#d9d6cb', -0.08, 0.08, 2.5 + i * 6, 5.5 + i * 6),
  );
  return [
    `<rect y="${horizon}" width="${width}" height="${height - horizon}" fill="#8c9a76"/>`,
    slab(view, '#b4b0a6', -FACADE_X, FACADE_X, 1, FARTHEST),
    slab(view, '#99958c', -4.4, 4.4, 1, FARTHEST),
    slab(view, '#5d6063', -4.2, 4.2, 1, FARTHEST),
    ...dashes,
  ].join('');
}

function houses(view: View, random: Random): Item[] {
  const items: Item[] = [];
  for (const side of [-1, 1]) {
    for (let z = random.between(9, 14); z < FARTHEST - 10; ) {
      const length = random.between(8, 14);
      items.push({ z, svg: house(view, side, z, length, random) });
      z += length + random.pick([0.2, 0.2, 4]);
    }
  }
  return items;
}

function house(view: View, side: number, z: number, length: number, random: Random): string {
  const [front, wall] = random.pick([
    ['#b08f78', '#c9a78d'],
    ['#8d7466', '#a68a7a'],
    ['#a9a595', '#c4bfae'],
    ['#8c98a0', '#a6b2b9'],
    ['#b59f6d', '#cdb884'],
  ]);
  const storeys = Math.round(random.between(2, 4.4));
  const top = storeys * 3 + 0.8;
  const x = side * FACADE_X;
  const gable = quad(view, front, [
    [x, 0, z],
    [x, top, z],
    [side * 22, top, z],
    [side * 22, 0, z],
  ]);
  const windows = [];
  const columns = Math.floor(length / 2.6);
  for (let storey = 0; storey < storeys; storey++)
    for (let column = 0; column < columns; column++) {
      const near = z + ((column + 0.28) * length) / columns;
      const sill = storey * 3 + 1;
      const glass = random.pick(['#55626c', '#60707b', '#4c5861', '#8c96a0']);
      windows.push(panel(view, glass, x, [sill, sill + 1.5], [near, near + 1.15]));
    }
  return [
    gable,
    panel(view, wall, x, [0, top], [z, z + length]),
    panel(view, '#6b615a', x, [top - 0.35, top], [z, z + length]),
    ...windows,
  ].join('');
}

function trees(view: View, random: Random): Item[] {
  return Array.from({ length: 9 }, (_, i) => {
    const z = 14 + i * 9 + random.between(0, 5);
    const x = random.pick([-6.6, 6.6]);
    const [px, py] = view.project(x, 0, z);
    const metre = view.scale(z);
    const leaves = Array.from({ length: 9 }, () => {
      const radius = metre * random.between(0.6, 1.1);
      const fill = random.pick(['#4d6b3c', '#5a7a45', '#66874e', '#456236']);
      const cx = px + metre * random.between(-1.1, 1.1);
      const cy = py - metre * random.between(3.1, 5.2);
      return `<circle cx="${cx}" cy="${cy}" r="${radius}" fill="${fill}"/>`;
    });
    const trunk = `<rect x="${px - metre * 0.13}" y="${py - metre * 3.2}" width="${metre * 0.26}" height="${metre * 3.2}" fill="#63503f"/>`;
    return { z, svg: trunk + leaves.join('') };
  });
}

function cars(view: View, random: Random): Item[] {
  return [random.between(16, 24), random.between(30, 46)].map((z, i) => {
    const [px, py] = view.project(i === 0 ? 2.2 : -2.2, 0, z);
    const paint = random.pick(['#3f5a78', '#c9cccd', '#3c3f42', '#7b2f33', '#5d7466']);
    return {
      z,
      svg: `<g transform="translate(${px},${py}) scale(${view.scale(z)})">
        <ellipse cx="0" cy="0" rx="1.05" ry="0.12" fill="#000" opacity="0.35"/>
        <rect x="-0.8" y="-0.4" width="0.3" height="0.4" rx="0.06" fill="#1d1e20"/>
        <rect x="0.5" y="-0.4" width="0.3" height="0.4" rx="0.06" fill="#1d1e20"/>
        <path d="M-0.68,-0.95L-0.52,-1.48H0.52L0.68,-0.95Z" fill="${paint}"/>
        <path d="M-0.56,-0.97L-0.44,-1.38H0.44L0.56,-0.97Z" fill="#2c363d"/>
        <rect x="-0.9" y="-0.97" width="1.8" height="0.74" rx="0.14" fill="${paint}"/>
        <rect x="-0.84" y="-0.82" width="0.3" height="0.16" rx="0.03" fill="#d8402f"/>
        <rect x="0.54" y="-0.82" width="0.3" height="0.16" rx="0.03" fill="#d8402f"/>
        <rect x="-0.24" y="-0.6" width="0.48" height="0.13" fill="#e8e6da"/>
      </g>`,
    };
  });
}
