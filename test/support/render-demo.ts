import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { projectRoot } from '../../core/runtime/project-root.js';

/** Draws the pictures of the demo page from samples/: small copies to try, and the card that previews of a link show. */

const COPIES = ['1-empty-street.jpg', '3-sign-near.jpg', '4-two-signs.jpg', '5-sign-left.jpg'];
/** Large enough that the signs in them are found. */
const COPY_WIDTH = 640;
/** As Open Graph previews expect it, in pixels. */
const CARD = { width: 1_200, height: 630 };
const FONT = 'font-family="DejaVu Sans, sans-serif"';

const sample = (name: string) => sharp(join(projectRoot(), 'samples', name));
const relay = join(projectRoot(), 'console', 'relay');

for (const name of COPIES)
  await sample(name)
    .resize({ width: COPY_WIDTH })
    .jpeg({ quality: 72, mozjpeg: true })
    .toFile(join(relay, 'demo', 'samples', name));

/** Of 4-two-signs.jpg, in its pixels, with the scale and place of the street on the card. */
const SIGNS = [
  { x: 304, y: 206, size: 52 },
  { x: 690, y: 154, size: 104 },
];
const SCALE = CARD.width / 960;
const icon = (await readFile(join(relay, 'public', 'icon.svg'), 'utf8'))
  .replace('<svg ', '<svg x="60" y="46" width="64" height="64" ')
  .replace(/<title>.*<\/title>/, '');
const boxes = SIGNS.map(({ x, y, size }) => {
  const [left, top, side] = [x, y, size].map((value) => value * SCALE);
  return `<rect x="${left}" y="${top}" width="${side}" height="${side}" fill="none" stroke="#ffb35c" stroke-width="6" rx="4"/>
    <rect x="${left}" y="${(top ?? 0) - 34}" width="124" height="34" fill="#ffb35c"/>
    <text x="${(left ?? 0) + 8}" y="${(top ?? 0) - 10}" ${FONT} font-size="21" font-weight="700" fill="#16202b">stop sign</text>`;
});
const words = `<svg xmlns="http://www.w3.org/2000/svg" width="${CARD.width}" height="${CARD.height}">
  ${boxes.join('')}
  <rect y="430" width="${CARD.width}" height="200" fill="#12171c" fill-opacity="0.9"/>
  <rect width="${CARD.width}" height="150" fill="#12171c" fill-opacity="0.82"/>
  ${icon}
  <text x="148" y="99" ${FONT} font-size="58" font-weight="700" fill="#fff">Siteglass</text>
  <text x="60" y="515" ${FONT} font-size="44" font-weight="700" fill="#fff">Find objects in a picture</text>
  <text x="60" y="575" ${FONT} font-size="29" fill="#cbd3db">Cameras at your sites, every detection in your cloud: none lost</text>
</svg>`;
await sample('4-two-signs.jpg')
  .resize({ ...CARD, fit: 'cover', position: 'top' })
  .composite([{ input: Buffer.from(words) }])
  .jpeg({ quality: 80, mozjpeg: true })
  .toFile(join(relay, 'public', 'card.jpg'));
