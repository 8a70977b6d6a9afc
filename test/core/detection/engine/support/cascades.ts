import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { CascadeModel } from '../../../../../core/detection/engine/cascade-model.js';
import { parseCascade } from '../../../../../core/detection/engine/parse-cascade.js';
import { openCvPackage } from '../../../../../core/detection/opencv-package.js';
import { projectRoot } from '../../../../../core/runtime/project-root.js';

export interface ShippedCascade {
  name: string;
  file: string;
}

/** Every cascade file that comes with OpenCV's package, and the project's own. */
export function shippedCascades(): ShippedCascade[] {
  const library = join(openCvPackage(), 'src', 'lib');
  const folders = [
    join(projectRoot(), 'cascades'),
    join(library, 'haarcascades'),
    join(library, 'lbpcascades'),
  ];
  return folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((file) => file.endsWith('.xml'))
      .sort()
      .map((file) => ({ name: basename(file, '.xml'), file: join(folder, file) })),
  );
}

export interface ServedCascade extends ShippedCascade {
  model: CascadeModel;
}

/** Those that the engine serves. */
export function servedCascades(): ServedCascade[] {
  return shippedCascades().flatMap((cascade) => {
    const parsed = parseCascade(readFileSync(cascade.file, 'utf8'));
    return 'model' in parsed ? [{ ...cascade, model: parsed.model }] : [];
  });
}
