import test from 'ava';
import sharp from 'sharp';
import { plainImage, startPool } from '../detection-setup.js';

/** Red, green and blue of one pixel. */
async function colourAt(jpeg: Buffer, left: number, top: number) {
  const pixel = await sharp(jpeg).extract({ left, top, width: 1, height: 1 }).raw().toBuffer();
  return [...pixel];
}

const isLike = (a: number[], b: number[]) =>
  a.every((value, i) => Math.abs(value - (b[i] ?? 0)) < 40);

const grey = [0x66, 0x77, 0x88];

test.serial(
  'boxes are framed, each label in its own colour, and the rest is unchanged',
  async (t) => {
    const pool = await startPool(t);
    const image = await plainImage(640, 480).jpeg().toBuffer();
    const drawn = await pool.draw(image, [
      { label: 'stop sign', box: { x: 100, y: 100, width: 100, height: 80 } },
      { label: 'face', box: { x: 400, y: 300, width: 60, height: 60 } },
      { label: 'face', box: { x: 300, y: 200, width: 60, height: 60 } },
    ]);
    t.like(await sharp(drawn).metadata(), { format: 'jpeg', width: 640, height: 480 });
    const stopSign = await colourAt(drawn, 100, 150);
    const face = await colourAt(drawn, 400, 330);
    t.false(isLike(stopSign, grey));
    t.false(isLike(face, grey));
    t.false(isLike(stopSign, face));
    t.true(isLike(face, await colourAt(drawn, 300, 230)));
    t.true(isLike(await colourAt(drawn, 150, 150), grey));
    t.true(isLike(await colourAt(drawn, 20, 20), grey));
  },
);

test.serial(
  'a label stays readable at every edge, and letters that cannot be drawn do no harm',
  async (t) => {
    const pool = await startPool(t);
    const image = await plainImage(320, 240).png().toBuffer();
    const boxes = [
      { label: 'panneau arrêt', box: { x: 300, y: 0, width: 20, height: 20 } },
      { label: '停', box: { x: 0, y: 220, width: 20, height: 20 } },
      {
        label: 'a label of sixty-four letters, which is as long as they can get',
        box: { x: 0, y: 0, width: 320, height: 240 },
      },
    ];
    const drawn = await pool.draw(image, boxes);
    t.like(await sharp(drawn).metadata(), { width: 320, height: 240 });
  },
);

test.serial('a processed image is drawn upright', async (t) => {
  const pool = await startPool(t);
  const image = await plainImage(320, 240).withMetadata({ orientation: 6 }).jpeg().toBuffer();
  const drawn = await pool.draw(image, [
    { label: 'face', box: { x: 50, y: 250, width: 60, height: 60 } },
  ]);
  const { width, height, orientation = 1 } = await sharp(drawn).metadata();
  t.deepEqual({ width, height, orientation }, { width: 240, height: 320, orientation: 1 });
  t.false(isLike(await colourAt(drawn, 50, 280), grey));
});

test.serial(
  'a copy has the width asked for, upright, with the boxes where they are in it',
  async (t) => {
    const pool = await startPool(t);
    const image = await plainImage(640, 480).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const boxes = [{ label: 'face', box: { x: 100, y: 200, width: 200, height: 240 } }];
    const copy = await pool.draw(image, boxes, undefined, 120);
    t.like(await sharp(copy).metadata(), { format: 'jpeg', width: 120, height: 160 });
    t.false(isLike(await colourAt(copy, 25, 70), grey));
    t.true(isLike(await colourAt(copy, 50, 90), grey));
    t.true(isLike(await colourAt(copy, 110, 150), grey));
    const widthOf = async (width: number) =>
      (await sharp(await pool.draw(image, [], undefined, width)).metadata()).width;
    t.deepEqual([await widthOf(479), await widthOf(480), await widthOf(2_000)], [479, 480, 480]);
    const png = await plainImage(101, 53).png().toBuffer();
    t.like(await sharp(await pool.draw(png, [], undefined, 64)).metadata(), {
      width: 64,
      height: 34,
    });
  },
);
