import fc from 'fast-check';
import sharp from 'sharp';
import {
  type DecodedKind,
  type DecodeOptions,
  loadDecoder,
} from '../../../../core/detection/decoder/native-decoder.js';
import { consume, type Mat, type OpenCv } from '../../../../core/opencv/opencv.js';
import { pictures } from '../../../fakes/damaged-pictures.js';
import { renderScene } from '../../../support/render-scene.js';

/** `cv::ImreadModes` of grey, reduced pictures. */
const REDUCED = { 1: 0, 2: 16, 4: 32, 8: 64 } as const;
const COLOUR = 1;
const IGNORE_ORIENTATION = 128;
const CLOCKWISE = {
  6: 'ROTATE_90_CLOCKWISE',
  3: 'ROTATE_180',
  8: 'ROTATE_90_COUNTERCLOCKWISE',
} as const;

export interface PixelComparison {
  differences: string[];
  compared: number;
}

/** Compares decoded, reduced and turned pictures with OpenCV's, byte by byte. */
export async function comparePixels(cv: OpenCv): Promise<PixelComparison> {
  const comparison: PixelComparison = { differences: [], compared: 0 };
  const expect = (name: string, isEqual: boolean) => {
    comparison.compared++;
    if (!isEqual) comparison.differences.push(name);
  };
  for (const [name, kind, bytes] of [...(await rendered()), ...kept()])
    compareDecoding(cv, expect, { name, kind, bytes });
  compareReducing(cv, expect);
  compareTurning(cv, expect);
  return comparison;
}

type Expect = (name: string, isEqual: boolean) => void;
type Encoded = [name: string, kind: DecodedKind, bytes: Buffer];

const kept = (): Encoded[] => [
  ...pictures('jpg').map(([name, bytes]): Encoded => [name, 'jpeg', bytes]),
  ...pictures('png').map(([name, bytes]): Encoded => [name, 'png', bytes]),
  ...pictures('webp').map(([name, bytes]): Encoded => [name, 'webp', bytes]),
];

/** Snapshots of odd sizes. */
async function rendered(): Promise<Encoded[]> {
  const sizes = [
    [643, 361],
    [640, 480],
    [97, 33],
    [1, 1],
    [17, 301],
  ] as const;
  const encoded = await Promise.all(
    sizes.map(async ([width, height], seed): Promise<Encoded[]> => {
      const { jpeg } = await renderScene({ width, height, seed, signs: [] });
      const image = () => sharp(jpeg);
      const name = `${width} × ${height}`;
      return [
        [`JPEG ${name}`, 'jpeg', jpeg],
        [`progressive JPEG ${name}`, 'jpeg', await image().jpeg({ progressive: true }).toBuffer()],
        [`4:4:4 ${name}`, 'jpeg', await image().jpeg({ chromaSubsampling: '4:4:4' }).toBuffer()],
        [`PNG ${name}`, 'png', await image().png().toBuffer()],
        [`interlaced PNG ${name}`, 'png', await image().png({ progressive: true }).toBuffer()],
        [`WebP ${name}`, 'webp', await image().webp().toBuffer()],
        [`lossless WebP ${name}`, 'webp', await image().webp({ lossless: true }).toBuffer()],
      ];
    }),
  );
  return encoded.flat();
}

function compareDecoding(
  cv: OpenCv,
  expect: Expect,
  { name, kind, bytes }: { name: string; kind: DecodedKind; bytes: Buffer },
): void {
  const decoder = loadDecoder();
  const compare = (colour: boolean, denominator: DecodeOptions['denominator']) => {
    let pixels: Uint8Array = new Uint8Array();
    const options = { colour, denominator, maxPixels: 1e6, maxScans: 100, maxScanned: 1e9 };
    const result = decoder.decode(kind, bytes, options, (count) => {
      pixels = new Uint8Array(count);
      return pixels;
    });
    const flags = colour ? COLOUR : REDUCED[denominator];
    const isEqual = consume(
      cv.imdecode(bytes, flags | IGNORE_ORIENTATION),
      (mat) =>
        'width' in result &&
        mat.cols === result.width &&
        mat.rows === result.height &&
        mat.getData().equals(pixels),
    );
    expect(`${name} ${colour ? 'colour' : 'grey'} 1/${denominator}`, isEqual);
  };
  compare(true, 1);
  for (const denominator of kind === 'jpeg' ? ([1, 2, 4, 8] as const) : ([1] as const))
    compare(false, denominator);
}

/** A Mat over bytes, for as long as `use` runs. */
const withMat = <T>(cv: OpenCv, size: Size, bytes: Uint8Array, use: (mat: Mat) => T): T =>
  consume(new cv.Mat(size.height, size.width, cv.CV_8UC1, bytes), use);

interface Size {
  width: number;
  height: number;
}

const noise = (size: Size): Uint8Array => {
  let state = size.width * 7919 + size.height;
  return Uint8Array.from({ length: size.width * size.height }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state >>> 16;
  });
};

function compareReducing(cv: OpenCv, expect: Expect): void {
  const side = fc.integer({ min: 1, max: 300 });
  const sizes = fc.record({
    width: side,
    height: side,
    across: side,
    down: side,
    isWhole: fc.boolean(),
  });
  const decoder = loadDecoder();
  for (const drawn of fc.sample(sizes, { seed: 3, numRuns: 300 })) {
    const { across, down, isWhole } = drawn;
    // Of whole factors the sums are of whole pixels.
    const to = isWhole
      ? { width: Math.min(100, drawn.width), height: Math.min(70, drawn.height) }
      : { width: Math.min(across, drawn.width), height: Math.min(down, drawn.height) };
    const from = isWhole
      ? { width: to.width * (1 + (across % 4)), height: to.height * (1 + (down % 4)) }
      : drawn;
    const [bytes, reduced] = [noise(from), new Uint8Array(to.width * to.height)];
    decoder.reduce(bytes, from.width, from.height, reduced, to.width, to.height);
    const expected = withMat(cv, from, bytes, (mat) =>
      consume(mat.resize(to.height, to.width, 0, 0, cv.INTER_AREA), (small) => small.getData()),
    );
    expect(
      `${from.width} × ${from.height} to ${to.width} × ${to.height}`,
      expected.equals(reduced),
    );
  }
}

function compareTurning(cv: OpenCv, expect: Expect): void {
  const decoder = loadDecoder();
  const size = { width: 77, height: 41 };
  const bytes = noise(size);
  const turned = (orientation: number) => {
    const to = new Uint8Array(bytes.length);
    decoder.turn(bytes, size.width, size.height, 1, orientation, to);
    return to;
  };
  withMat(cv, size, bytes, (mat) => {
    for (const orientation of [6, 3, 8] as const) {
      const expected = consume(mat.rotate(cv[CLOCKWISE[orientation]]), (m) => m.getData());
      expect(`orientation ${orientation}`, expected.equals(turned(orientation)));
    }
    for (const [orientation, code] of [
      [2, 1],
      [4, 0],
    ] as const) {
      const expected = consume(mat.flip(code), (m) => m.getData());
      expect(`orientation ${orientation}`, expected.equals(turned(orientation)));
    }
  });
}
