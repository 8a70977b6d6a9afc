import type { Box } from '../../core/contract/detection.js';
import type { Random } from './render-random.js';

/** A stop sign in a scene, in pixels: its centre, and the side of the square that bounds its octagon. */
export interface Sign {
  cx: number;
  cy: number;
  size: number;
}

/** Centre lines of the letters, each in a cell 10 wide and 28 high; the whole sign is 100 wide. */
const LETTERS = [
  'M10,5C9.5,1.5,7.5,0,5,0C2,0,0,2.5,0,7C0,11.5,2,12.8,5,14C8,15.2,10,17,10,21C10,25.5,8,28,5,28C2.5,28,0.5,26.5,0,23',
  'M-0.8,0H10.8M5,0V28',
  'M5,0C8.5,0,10,3,10,7V21C10,25,8.5,28,5,28C1.5,28,0,25,0,21V7C0,3,1.5,0,5,0Z',
  'M0,28V0H5C8.5,0,10,3,10,7.5C10,12,8.5,15,5,15H0',
];
const PITCH = 18.6;
const STROKE = 5.6;

function octagon(half: number): string {
  const corner = half * Math.tan(Math.PI / 8);
  return [
    [-corner, -half],
    [corner, -half],
    [half, -corner],
    [half, corner],
    [corner, half],
    [-corner, half],
    [-half, corner],
    [-half, -corner],
  ]
    .map(([x = 0, y = 0]) => `${x.toFixed(2)},${y.toFixed(2)}`)
    .join(' ');
}

/** The sign on its pole, standing on the ground at `groundY`. The lettering is drawn, so no font is needed. */
export function drawSign({ cx, cy, size }: Sign, groundY: number, random: Random): string {
  const pole = size * 0.07;
  const bottom = Math.max(groundY, cy + size * 1.6);
  const tilt = random.between(-2.5, 2.5);
  const red = random.pick(['#b3121d', '#c01a22', '#a8141c']);
  const letters = LETTERS.map(
    (path, i) => `<path transform="translate(${(i - 1.5) * PITCH - 5},-14)" d="${path}"/>`,
  );
  return `
    <rect x="${cx - pole / 2}" y="${cy}" width="${pole}" height="${bottom - cy}" fill="#7d8487"/>
    <rect x="${cx - pole / 2}" y="${cy}" width="${pole / 3}" height="${bottom - cy}" fill="#a3a9ab"/>
    <g transform="translate(${cx},${cy}) rotate(${tilt.toFixed(2)}) scale(${size / 100})">
      <polygon points="${octagon(50)}" fill="#eceae4"/>
      <polygon points="${octagon(46.5)}" fill="${red}"/>
      <g fill="none" stroke="#f4f2ec" stroke-width="${STROKE}" stroke-linejoin="round">${letters.join('')}</g>
    </g>`;
}

/** The box that a search is expected to find: the one around the octagon. */
export function boxOf({ cx, cy, size }: Sign): Box {
  return {
    x: Math.round(cx - size / 2),
    y: Math.round(cy - size / 2),
    width: Math.round(size),
    height: Math.round(size),
  };
}
