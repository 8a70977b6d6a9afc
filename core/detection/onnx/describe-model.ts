import type { ModelDescription } from '../detection.js';
import { familyDefaults } from '../model-families.js';
import type { RecognisedLayout } from './families/families.js';
import type { ImageInput } from './model-input.js';
import { UnusableModel } from './unusable-model.js';

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
  const usual = familyDefaults[family];
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
  [first, second, third]: ModelDescription['mean'],
  usual: Pick<ModelDescription, 'channels'>,
  given: Partial<ModelDescription>,
): ModelDescription['mean'] {
  const isSame = given.channels === undefined || given.channels === usual.channels;
  return isSame ? [first, second, third] : [third, second, first];
}

const counted = (n: number, one: string, several: string) => `${n} ${n === 1 ? one : several}`;
