import { type DetectorKind, type DetectorResource, tilesOf } from '../../contract/detection.js';
import type { UploadFields } from '../../contract/image.js';
import type { FieldError } from '../../contract/problem.js';
import { unknownName } from '../../runtime/unknown-name.js';
import { type DetectorEntry, labelsOf } from './detector-entry.js';

/** What has to be known of a detector to say whether a name is right. */
export interface NamedDetector {
  id: string;
  kind: DetectorKind;
  status: DetectorResource['status'];
  /** The manifest says where its file is downloaded from. */
  downloadable?: boolean;
  /** Why it is refused. */
  reason?: string | undefined;
  /** Where its cascade or model lies, unless it comes with Siteglass. */
  file?: string | undefined;
  /** Undefined of a model that was not tried yet and whose description does not have them. */
  labels: string[] | undefined;
}

/** Fields that only one kind of detector knows. */
const FIELDS_OF = {
  cascade: ['scaleFactor', 'minNeighbors'],
  onnx: ['tiles'],
} as const satisfies Record<DetectorKind, (keyof UploadFields)[]>;

const KINDS = { cascade: 'cascades', onnx: 'ONNX models' } as const;

/** What an operator does about a model that is not downloaded, as part of a sentence. */
export type HowToAdd = (id: string) => string;

/** Ids for which there is no detector, or only one to download; of two with the same id the first counts. */
export function detectorFaults(
  ids: Iterable<string>,
  known: NamedDetector[],
  howToAdd?: HowToAdd,
): FieldError[] {
  return [...ids].flatMap((id) => {
    const detector = known.find((one) => one.id === id);
    if (!detector) return [{ path: 'detector', message: unknownDetector(id, known) }];
    if (detector.status !== 'available') return [];
    const advice = howToAdd ? `; ${howToAdd(id)}` : '';
    return [{ path: 'detector', message: `the model of "${id}" is not downloaded${advice}` }];
  });
}

/** Detectors that were refused. */
export const refusedDetectors = (ids: Iterable<string>, known: NamedDetector[]): FieldError[] =>
  [...ids].flatMap((id) => {
    const detector = known.find((one) => one.id === id);
    if (detector?.status !== 'refused') return [];
    return [{ path: 'detector', message: `"${id}" cannot be used: ${detector.reason}` }];
  });

const unknownDetector = (id: string, known: NamedDetector[]): string =>
  unknownName(`there is no detector "${id}"`, id, [...new Set(known.map((one) => one.id))]);

/** A field for a kind that is not among the chosen detectors would have no effect, nor would a label that none of them has. */
export function fieldFaults(fields: UploadFields, chosen: NamedDetector[]): FieldError[] {
  const kinds = new Set(chosen.map(({ kind }) => kind));
  const ids = chosen.map(({ id }) => `"${id}"`).join(', ');
  const isNone = chosen.length > 1 ? 'are none' : 'is none';
  const misplaced = (['cascade', 'onnx'] as const).flatMap((kind) =>
    kinds.has(kind)
      ? []
      : FIELDS_OF[kind]
          .filter((path) =>
            path === 'tiles' ? isDivided(fields.tiles) : fields[path] !== undefined,
          )
          .map((path) => ({
            path,
            message: `is a parameter of ${KINDS[kind]}, and ${ids} ${isNone}`,
          })),
  );
  return [...misplaced, ...labelFaults('label', fields.label ?? [], chosen)];
}

/** Whether the image is searched in parts: one tile is the whole image, with any detector. */
export function isDivided(tiles: string | undefined): boolean {
  const { columns, rows } = tilesOf(tiles ?? '1');
  return columns * rows > 1;
}

/** Labels that no chosen detector finds. */
export function labelFaults(
  path: string,
  labels: readonly string[],
  chosen: NamedDetector[],
): FieldError[] {
  if (chosen.some((one) => one.labels === undefined)) return [];
  const known = [...new Set(chosen.flatMap((one) => one.labels ?? []))];
  return labels
    .filter((label) => !known.includes(label))
    .map((label) => ({
      path,
      message: unknownName(`no chosen detector finds "${label}"`, label, known),
    }));
}

export const named = (entry: DetectorEntry): NamedDetector => ({
  ...entry,
  downloadable: entry.origin === 'download',
  labels: entry.kind === 'onnx' && entry.status === 'refused' ? undefined : labelsOf(entry),
});
