import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { CascadeModel } from '../../../../../core/detection/engine/cascade-model.js';
import { parseCascade } from '../../../../../core/detection/engine/parse-cascade.js';
import { openCvPackage } from '../../../../../core/opencv/opencv-package.js';
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

/**
 * The same cascades with nothing but their first stages, as files in `folder`: they let far more windows pass, and so
 * show far more of what happens to them.
 */
export function shortenedCascades(folder: string, stages: number): ServedCascade[] {
  return servedCascades().flatMap(({ name, file }) => {
    const xml = firstStages(readFileSync(file, 'utf8'), stages);
    const parsed = parseCascade(xml);
    if (!('model' in parsed) || parsed.model.stages.length !== stages) return [];
    const shortened = { name: `${name}-${stages}`, file: join(folder, `${name}-${stages}.xml`) };
    writeFileSync(shortened.file, xml);
    return [{ ...shortened, model: parsed.model }];
  });
}

/** Stages of the newer form begin with the number of their trees; the features come after them. */
function firstStages(xml: string, stages: number): string {
  const from = xml.indexOf('<stages>');
  const features = xml.indexOf('<features>');
  const starts = [...xml.matchAll(/<_>\s*<maxWeakCount>/g)].filter(({ index }) => index > from);
  const end = starts[stages]?.index;
  return end === undefined ? xml : `${xml.slice(0, end)}</stages>${xml.slice(features)}`;
}
