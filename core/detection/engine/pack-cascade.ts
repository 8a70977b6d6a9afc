import type { CascadeModel, HaarStump, LbpStump, Stage } from './cascade-model.js';
import { type Corner, FORMS, type Form, mergeCorners } from './merge-corners.js';
import { fixedPointVotes, type StageVotes } from './votes.js';

/** Raised whenever the tables change their shape: the kernel refuses others. */
const FORMAT = 0x53474331;

/** After so many stumps of a stage the kernel looks which windows can still pass. */
const CHUNK = 16;

/** Bits of the kernel's sums, less one for the sign and one to spare. */
const VOTE_BITS = 30;

/** The tables of a cascade for the kernel, which checks them again (`cascade.cpp`) before it uses them. */
export function packCascade(model: CascadeModel): Int32Array {
  const stages =
    model.kind === 'haar'
      ? model.stages.map((stage, i) => packStage(stage, i, packHaar))
      : model.stages.map((stage, i) => packStage(stage, i, packLbp));
  const chunks = stages.flatMap((stage) => stage.chunks);
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
    chunks.length,
    stumps.length,
    ...stages.flatMap((stage) => stage.header),
    ...chunks.flat(),
    ...stages.flatMap((stage) => stage.fileOrder),
    ...stumps.flat(),
  ]);
}

interface PackedStage {
  header: number[];
  chunks: number[][];
  /** For each stump in the order of the file, its place among `stumps`. */
  fileOrder: number[];
  stumps: number[][];
}

/** A stump as the kernel reads it, less what every kind ends with. */
interface PackedStump {
  form: Form;
  words: number[];
}

/**
 * Orders a stage's stumps by the weight of their votes, so that the sum is settled early, in chunks, and each chunk's
 * by form. Every window goes through the first stage's, which therefore is one chunk.
 */
function packStage<Stump extends HaarStump | LbpStump>(
  stage: Stage<Stump>,
  index: number,
  pack: (stump: Stump, vote: number) => PackedStump,
): PackedStage {
  const votes = fixedPointVotes(stage, VOTE_BITS);
  const packed = stage.stumps.map((stump, i) => {
    const vote = votes.votes[i] ?? 0;
    const { form, words } = pack(stump, vote);
    return { i, vote, form, words: [...words, floatBits(stump.left), floatBits(stump.right)] };
  });
  const size = index === 0 ? packed.length : CHUNK;
  const byWeight = packed.toSorted((a, b) => Math.abs(b.vote) - Math.abs(a.vote));
  const chunks = Array.from({ length: Math.ceil(packed.length / size) }, (_, i) =>
    byWeight
      .slice(i * size, (i + 1) * size)
      .sort((a, b) => FORMS.indexOf(a.form) - FORMS.indexOf(b.form)),
  );
  const inOrder = chunks.flat();
  const place = new Map(inOrder.map(({ i }, at) => [i, at]));
  return {
    header: [
      chunks.length,
      packed.length,
      votes.initial,
      votes.band,
      floatBits(stage.threshold),
    ],
    chunks: chunks.map((chunk, c) => [
      ...FORMS.map((form) => chunk.filter((stump) => stump.form === form).length),
      rejectBelow(votes, chunks.slice(c + 1).flat()),
    ]),
    fileOrder: packed.map(({ i }) => place.get(i) ?? 0),
    stumps: inOrder.map(({ words }) => words),
  };
}

/** The sum below which not even the most favourable of the votes that are left would let a window pass. */
function rejectBelow({ band }: StageVotes, left: { vote: number }[]): number {
  const best = left.reduce((sum, { vote }) => sum + Math.max(vote, 0), 0);
  return -band - best;
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

/** An LBP stump's corners are those of three by three cells, row by row. */
function packLbp({ cell, subset }: LbpStump, vote: number): PackedStump {
  const { x, y, width, height } = cell;
  const corners = [0, 1, 2, 3].flatMap((row) =>
    [0, 1, 2, 3].map((column) => ({ x: x + column * width, y: y + row * height })),
  );
  return { form: 'six', words: [...points(corners), ...subset, vote] };
}

const points = (corners: Corner[]) => corners.flatMap(({ x, y }) => [x, y]);

const float = new Float32Array(1);
const bitsOfFloat = new Int32Array(float.buffer);

function floatBits(value: number): number {
  float[0] = value;
  return bitsOfFloat[0] ?? 0;
}
