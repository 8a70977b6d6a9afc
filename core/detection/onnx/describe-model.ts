import type { ModelFamily } from '../../contract/detection.js';
import type { ModelDescription } from '../detection.js';
import type { RecognisedLayout } from './families/families.js';
import type { ImageInput } from './model-input.js';
import { UnusableModel } from './unusable-model.js';

type Preparation = Pick<ModelDescription, 'channels' | 'mean' | 'scale' | 'letterbox'>;

/** Of ImageNet's photographs, in red, green and blue. */
const MEAN: Preparation['mean'] = [123.675, 116.28, 103.53];
const SCALE: Preparation['scale'] = [1 / 58.395, 1 / 57.12, 1 / 57.375];
const AS_IT_IS = {
  mean: [0, 0, 0] as Preparation['mean'],
  scale: [1, 1, 1] as Preparation['scale'],
};
const to01 = 1 / 255;

/** What the networks of each family were trained with. */
const PREPARATIONS: Record<ModelFamily, Preparation> = {
  yolox: { channels: 'bgr', ...AS_IT_IS, letterbox: { align: 'start', fill: 114 } },
  yolov8: {
    channels: 'rgb',
    mean: [0, 0, 0],
    scale: [to01, to01, to01],
    letterbox: { align: 'centre', fill: 114 },
  },
  nanodet: {
    channels: 'bgr',
    mean: [MEAN[2], MEAN[1], MEAN[0]],
    scale: [SCALE[2], SCALE[1], SCALE[0]],
    letterbox: { align: 'centre', fill: 0 },
  },
  picodet: {
    channels: 'rgb',
    mean: MEAN,
    scale: SCALE,
    letterbox: { align: 'centre', fill: 0 },
  },
  yunet: { channels: 'bgr', ...AS_IT_IS, letterbox: { align: 'start', fill: 0 } },
};

/**
 * A model's description, completed with what its shapes tell and what its family was trained with. Throws `UnusableModel`
 * if labels are given, and not one for each class.
 */
export function describeModel(
  input: ImageInput,
  layout: RecognisedLayout,
  given: Partial<ModelDescription>,
): Omit<ModelDescription, 'labels'> {
  const { family, classes, values } = layout;
  const labels = given.labels?.length;
  if (labels !== undefined && labels !== classes) {
    const what =
      values === undefined
        ? `its outputs have ${counted(classes, 'class', 'classes')}`
        : `its output has ${values} values for each box, which is ${counted(classes, 'class', 'classes')} in the family ${family}`;
    throw new UnusableModel(
      `${what}; ${counted(labels, 'label is', 'labels are')} given, expected one for each class`,
    );
  }
  const usual = PREPARATIONS[family];
  return {
    family,
    width: input.width,
    height: input.height,
    channels: given.channels ?? usual.channels,
    // Given channels in another order than the family's are normalised in that order.
    mean: given.mean ?? inOrder(usual.mean, usual, given),
    scale: given.scale ?? inOrder(usual.scale, usual, given),
    letterbox: given.letterbox ?? usual.letterbox,
  };
}

function inOrder(
  [first, second, third]: Preparation['mean'],
  usual: Preparation,
  given: Partial<ModelDescription>,
): Preparation['mean'] {
  const isSame = given.channels === undefined || given.channels === usual.channels;
  return isSame ? [first, second, third] : [third, second, first];
}

const counted = (n: number, one: string, several: string) => `${n} ${n === 1 ? one : several}`;
