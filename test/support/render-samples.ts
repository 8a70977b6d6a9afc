import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectRoot } from '../../core/runtime/project-root.js';
import { renderScene } from './render-scene.js';

/** Renders the sample camera's snapshots into samples/. Every run renders the same images. */

const SIZE = { width: 960, height: 540 };

const samples = {
  '1-empty-street.jpg': { seed: 8, signs: [] },
  '2-sign-far.jpg': { seed: 3, signs: [{ cx: 652, cy: 236, size: 44 }] },
  '3-sign-near.jpg': { seed: 5, signs: [{ cx: 716, cy: 214, size: 150 }] },
  '4-two-signs.jpg': {
    seed: 1,
    signs: [
      { cx: 330, cy: 232, size: 52 },
      { cx: 742, cy: 206, size: 104 },
    ],
  },
  '5-sign-left.jpg': { seed: 6, signs: [{ cx: 226, cy: 222, size: 86 }] },
};

const folder = join(projectRoot(), 'samples');
for (const [name, scene] of Object.entries(samples)) {
  const { jpeg, boxes } = await renderScene({ ...SIZE, ...scene });
  await writeFile(join(folder, name), jpeg);
  console.log(`${name}  ${(jpeg.length / 1000).toFixed(0)} kB  ${boxes.length} stop sign(s)`);
}

await import('./render-demo.js');
