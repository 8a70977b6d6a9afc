import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, parse, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { DetectorResource } from '../core/contract/detection.js';
import { DetectorCatalog } from '../core/detection/catalog/detector-catalog.js';
import { DetectionPool } from '../core/detection/pool/detection-pool.js';
import { messageOf } from '../core/runtime/errors.js';
import { silentLogger } from '../core/runtime/logger.js';
import { projectRoot } from '../core/runtime/project-root.js';
import { type SearchedImage, scoreOf } from './support/accuracy-score.js';
import { readAnnotations } from './support/annotations.js';
import { printFigures, printTable } from './support/report.js';

/**
 * What a detector finds on annotated images, and what it finds where nothing is: recall and false positives, for each label.
 */
const USAGE = `Prints recall and false positives of a detector on annotated images.

npm run accuracy -- DETECTOR FOLDER [options]

  DETECTOR   The id of a detector, or a file: NAME.onnx (with NAME.yaml beside it, if it has one) or NAME.xml
  FOLDER     A folder with boxes.json, or one of the folders in it:
             [{"file": "a.jpg", "stop sign": [[x, y, width, height]], "person": []}]
             Boxes are in pixels of the upright image. An empty list says that there is none; a label that is
             left out says nothing. A name as stopSigns stands for the label "stop sign".

  --confidence N    Count detections from this confidence on (default 0.35; of cascades 0.5 just passes)
  --overlap N       A detection finds an object if their intersection over union is at least this (default 0.5)
  --label LABEL     Only this label; repeatable (default: all that are annotated and that the detector finds)
  --tiles CxR       Search an ONNX model in tiles, e.g. 2x2
  --working-size N  Limit on the longer side that is searched (default 1280; 0 searches every pixel)
  --folder FOLDER   Your own detectors, as detection.folder
  --added FOLDER    Detectors that were added, as detectors/ of a data folder (default var/edge/detectors)
  --list            Print what was found in each image`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    confidence: { type: 'string', default: '0.35' },
    overlap: { type: 'string', default: '0.5' },
    label: { type: 'string', multiple: true },
    tiles: { type: 'string' },
    'working-size': { type: 'string' },
    folder: { type: 'string' },
    added: { type: 'string', default: join(projectRoot(), 'var', 'edge', 'detectors') },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const [named, folder] = positionals;
if (values.help || named === undefined || folder === undefined) {
  console.log(USAGE);
  process.exit(values.help ? 0 : 2);
}

const least = fraction('confidence');
const minOverlap = fraction('overlap');

function fraction(name: 'confidence' | 'overlap'): number {
  const value = Number(values[name]);
  if (value >= 0 && value <= 1) return value;
  console.error(`--${name}: expected a number from 0 to 1, as 0.35`);
  process.exit(2);
}

interface Tried {
  id: string;
  folder: string;
  manifest: string;
}

/** A detector of a file is tried as an operator's, in a folder of its own, beside no others that could have its name. */
async function triedFile(file: string): Promise<Tried> {
  const { dir, name, ext } = parse(resolve(file));
  const own = await mkdtemp(join(tmpdir(), 'siteglass-accuracy-'));
  const id = name.toLowerCase().replaceAll(/[^a-z0-9-]+/g, '-');
  for (const end of [ext, '.yaml', '.txt']) {
    const from = join(dir, name + end);
    if (existsSync(from)) await symlink(from, join(own, id + end));
  }
  const manifest = join(own, 'manifest.yml');
  await writeFile(manifest, 'detectors: []\n');
  return { id, folder: own, manifest };
}

const isFile = /\.(onnx|xml)$/.test(named);
if (isFile && !existsSync(named)) {
  console.error(`There is no file ${named}.`);
  process.exit(2);
}
const tried = isFile ? await triedFile(named) : undefined;
const id = tried?.id ?? named;
const log = silentLogger();
const pool = new DetectionPool({ log, workers: 1, jobDeadlineMs: 60_000 });
const catalog = new DetectorCatalog({
  manifest: tried?.manifest ?? join(projectRoot(), 'cascades', 'manifest.yaml'),
  defaultDetectors: [id],
  added: values.added,
  folder: tried?.folder ?? values.folder,
  engines: () => pool.status().engines,
  probe: (subject) => pool.probe(subject),
  log,
});

function fields(detector: DetectorResource) {
  const { tiles } = values;
  const workingSize = values['working-size'];
  return {
    detector: [id],
    ...(detector.kind === 'onnx' && { minConfidence: Math.max(0.01, least) }),
    ...(tiles !== undefined && { tiles }),
    ...(workingSize !== undefined && { workingSize: Number(workingSize) }),
  };
}

/** Labels to score: those that are named, or all annotated ones that the detector finds. */
function labelsFor({ labels }: DetectorResource, images: SearchedImage[]): string[] {
  const annotated = [...new Set(images.flatMap(({ boxes }) => [...boxes.keys()]))];
  const chosen = values.label ?? annotated.filter((label) => labels.includes(label));
  if (chosen.length === 0)
    throw new Error(
      `the images are annotated with ${annotated.join(', ') || 'nothing'}, of which ${id} finds nothing`,
    );
  return chosen;
}

function printLists(images: SearchedImage[]): void {
  for (const { file, detections } of images) {
    console.log(basename(file));
    for (const { label, confidence, box } of detections)
      console.log(
        `  ${confidence.toFixed(2)} ${label} [${box.x}, ${box.y}, ${box.width}, ${box.height}]`,
      );
  }
}

/** What is found beside the annotated labels, which cannot be judged. */
function printOthers(images: SearchedImage[], scored: string[]): void {
  const counts = new Map<string, { objects: number; images: Set<string> }>();
  for (const { file, detections } of images)
    for (const { label, confidence } of detections) {
      if (scored.includes(label) || confidence < least) continue;
      const count = counts.get(label) ?? { objects: 0, images: new Set<string>() };
      count.objects++;
      counts.set(label, { ...count, images: count.images.add(file) });
    }
  if (counts.size === 0) return;
  const rows = [...counts].toSorted(([, a], [, b]) => b.objects - a.objects);
  console.log('\nAlso found, without annotations:');
  printTable(
    rows.map(([label, count]) => ({ label, objects: count.objects, images: count.images.size })),
  );
}

try {
  await pool.start();
  await catalog.start();
  const detector = catalog.detectors().find((one) => one.id === id);
  if (detector?.status === 'refused') throw new Error(`${id} is refused: ${detector.reason}`);
  // Says which ids there are, or that the model is not downloaded.
  const plan = catalog.plan(detector ? fields(detector) : { detector: [id] });
  if (!detector) throw new Error(`there is no detector ${id}`);
  const images: SearchedImage[] = [];
  for (const image of readAnnotations(resolve(folder))) {
    const { detections } = await pool.analyse(readFileSync(image.file), plan);
    images.push({ ...image, detections });
  }
  if (values.list) printLists(images);
  const labels = labelsFor(detector, images);
  const scores = labels.flatMap((label) =>
    [least, 0.5, 0.7, 0.9]
      .filter((confidence, i) => i === 0 || confidence > least)
      .map((confidence) => ({ confidence, ...scoreOf(images, label, confidence, minOverlap) })),
  );
  console.log(`${id} on ${images.length} images, from an overlap of ${minOverlap} on`);
  printTable(
    scores.map((score) => ({
      label: score.label,
      confidence: score.confidence,
      objects: score.objects,
      found: score.found,
      recall: score.objects === 0 ? '' : score.recall.toFixed(3),
      'false positives': score.falsePositives,
      'a picture': score.falsePositivesPerImage.toFixed(3),
      'in pictures without one': score.falsePositivesWithout,
    })),
  );
  printOthers(images, labels);
  const [first] = scores;
  if (first)
    printFigures('accuracy', {
      images: first.images,
      objects: first.objects,
      recall: first.recall,
      falsePositives: first.falsePositives,
      falsePositivesPerImage: first.falsePositivesPerImage,
      falsePositivesWithout: first.falsePositivesWithout,
    });
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
} finally {
  await catalog.stop();
  await pool.stop();
  if (tried) await rm(tried.folder, { recursive: true, force: true });
}
