import type { CascadeModel, HaarStump, LbpStump, Stage } from './cascade-model.js';
import { type Corner, FORMS, type Form, mergeCorners } from './merge-corners.js';
import { fixedPointVotes } from './votes.js';

/** Raised whenever the tables change their shape: the kernel refuses others. */
const FORMAT = 0x53474331;

/** Bits of the kernel's sums, less one for the sign and one to spare. */
const VOTE_BITS = 30;

/** The tables of a cascade for the kernel, which checks them again (`cascade.cpp`) before it uses them. */
export function packCascade(model: CascadeModel): Int32Array {
  const stages =
    model.kind === 'haar'
      ? model.stages.map((stage) => packStage(stage, packHaar))
      : model.stages.map((stage) => packStage(stage, packLbp));
  const stumps = stages.flatMap((stage) => stage.stumps);
  const tilted =
    model.kind === 'haar' &&
    model.stages.some((stage) => stage.stumps.some(({ feature }) => feature.tilted));
  return Int32Array.from([
    FORMAT,
    model.kind === 'haar' ? 0 : 1,
    model.window.width,
    model.window.height,
    tilted ? 1 : 0,
    stages.length,
    stumps.length,
    ...stages.flatMap((stage) => stage.header),
    ...stages.flatMap((stage) => stage.fileOrder),
    ...stumps.flat(),
  ]);
}

interface PackedStage {
  header: number[];
  /** For each stump in the order of the file, its place among `stumps`. */
  fileOrder: number[];
  stumps: number[][];
}

/** A stump as the kernel reads it, less what every kind ends with. */
interface PackedStump {
  form: Form;
  words: number[];
}

/** Sorts a stage's stumps by form, so that the kernel takes each form's at once. */
function packStage<Stump extends HaarStump | LbpStump>(
  stage: Stage<Stump>,
  pack: (stump: Stump, vote: number) => PackedStump,
): PackedStage {
  const { initial, votes, margin } = fixedPointVotes(stage, VOTE_BITS);
  const packed = stage.stumps.map((stump, i) => {
    const { form, words } = pack(stump, votes[i] ?? 0);
    return { i, form, words: [...words, floatBits(stump.left), floatBits(stump.right)] };
  });
  const sorted = FORMS.flatMap((form) => packed.filter((stump) => stump.form === form));
  const place = new Map(sorted.map(({ i }, at) => [i, at]));
  return {
    header: [
      ...FORMS.map((form) => packed.filter((stump) => stump.form === form).length),
      initial,
      margin,
      floatBits(stage.threshold),
    ],
    fileOrder: packed.map(({ i }) => place.get(i) ?? 0),
    stumps: sorted.map(({ words }) => words),
  };
}

function packHaar({ feature, threshold }: HaarStump, vote: number): PackedStump {
  const { form, corners, weights } = mergeCorners(feature);
  const padded = Array.from({ length: 12 }, (_, i) => corners[i] ?? { x: 0, y: 0 });
  return {
    form,
    words: [
      feature.tilted ? 1 : 0,
      ...points(padded.slice(0, corners.length)),
      ...weights,
      floatBits(threshold),
      vote,
    ],
  };
}

/** The corners of an LBP stump's three by three cells are in the columns and rows of those on the diagonal. */
function packLbp({ cell, subset }: LbpStump, vote: number): PackedStump {
  const { x, y, width, height } = cell;
  const diagonal = [0, 1, 2, 3].map((i) => ({ x: x + i * width, y: y + i * height }));
  return { form: 'six', words: [...points(diagonal), ...ofDarkCells(subset), vote] };
}

/**
 * OpenCV's patterns have a bit for each cell at least as bright as the middle one, the kernel's for each that is darker:
 * every bit is the other way round, and so the 256 patterns are in reverse order.
 */
function ofDarkCells(subset: number[]): number[] {
  const reversed = new Int32Array(8);
  for (let pattern = 0; pattern < 256; pattern++) {
    const dark = 255 - pattern;
    const bit = ((subset[pattern >> 5] ?? 0) >>> (pattern & 31)) & 1;
    reversed[dark >> 5] = (reversed[dark >> 5] ?? 0) | (bit << (dark & 31));
  }
  return [...reversed];
}

const points = (corners: Corner[]) => corners.flatMap(({ x, y }) => [x, y]);

const float = new Float32Array(1);
const bitsOfFloat = new Int32Array(float.buffer);

function floatBits(value: number): number {
  float[0] = value;
  return bitsOfFloat[0] ?? 0;
}
