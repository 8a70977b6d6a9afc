import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Box } from '../../core/contract/detection.js';

/** The objects that an image shows. A label without boxes says that there is none; a label that is absent says nothing. */
export interface AnnotatedImage {
  file: string;
  boxes: Map<string, Box[]>;
}

const FILE = 'boxes.json';

const listSchema = z.array(
  z
    .object({ file: z.string().min(1) })
    .catchall(z.array(z.tuple([z.number(), z.number(), z.number().gt(0), z.number().gt(0)]))),
);

/** Where the annotations of a folder are: in it, or in the folder above. */
function annotationFile(folder: string): string {
  for (const file of [join(folder, FILE), join(folder, '..', FILE)])
    if (existsSync(file)) return file;
  throw new Error(
    `${folder} has no ${FILE}. It lists images and their objects: [{"file": "a.jpg", "stop sign": [[x, y, width, height]], "person": []}]`,
  );
}

/** Reads `boxes.json` of a folder. Of one that is in the folder above, only the images in this folder count. */
export function readAnnotations(folder: string): AnnotatedImage[] {
  const source = annotationFile(folder);
  const { data, error } = listSchema.safeParse(JSON.parse(readFileSync(source, 'utf8')));
  if (!data) throw new Error(`${source} cannot be used: ${z.prettifyError(error)}`);
  const root = join(source, '..');
  const isOwn = root === join(folder);
  const images = data
    .map(({ file, ...lists }) => ({
      file: join(root, file),
      boxes: new Map(
        Object.entries(lists).map(([key, boxes]) => [
          labelOf(key),
          boxes.map(([x, y, width, height]) => ({ x, y, width, height })),
        ]),
      ),
    }))
    .filter(({ file }) => isOwn || join(file, '..') === join(folder));
  if (images.length === 0) throw new Error(`${source} lists no image of ${folder}`);
  const missing = images.find(({ file }) => !existsSync(file));
  if (missing) throw new Error(`${source} lists ${missing.file}, which does not exist`);
  return images;
}

/** `stopSigns` is the label `stop sign`; anything else is a label as it is. */
export function labelOf(key: string): string {
  if (!/^[a-z]+([A-Z][a-z]*)*s$/.test(key)) return key;
  return key.replace(/s$/, '').replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
