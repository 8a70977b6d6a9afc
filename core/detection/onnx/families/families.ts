import type { ModelFamily } from '../../../contract/detection.js';
import type { InputSize } from '../model-input.js';
import { UnusableModel } from '../unusable-model.js';
import type { OutputFamily, OutputLayout, OutputShape } from './family.js';
import { nanodet } from './nanodet.js';
import { picodet } from './picodet.js';
import { yolov8 } from './yolov8.js';
import { yolox } from './yolox.js';
import { yunet } from './yunet.js';

/** In the order in which they are tried: shapes that only one family has come first. */
const FAMILIES: OutputFamily[] = [yunet, picodet, nanodet, yolox, yolov8];

export interface RecognisedLayout extends OutputLayout {
  family: ModelFamily;
}

/**
 * How boxes are read from a model's outputs. Without a given family, the first one whose shapes these are, of those with
 * as many classes as labels if there are any. `classes` is the number of labels, if known. Throws `UnusableModel`, which
 * says what was expected and what the outputs are.
 */
export function recogniseLayout(
  outputs: OutputShape[],
  input: InputSize,
  given: { family?: ModelFamily | undefined; classes?: number | undefined } = {},
): RecognisedLayout {
  const layouts = FAMILIES.flatMap((family): RecognisedLayout[] => {
    if (given.family !== undefined && given.family !== family.name) return [];
    const layout = family.layoutOf(outputs, input, given.classes);
    return layout ? [{ ...layout, family: family.name }] : [];
  });
  const [found] = layouts.toSorted((a, b) => fits(b, given.classes) - fits(a, given.classes));
  if (found) return found;
  throw new UnusableModel(unrecognised(outputs, input, given.family));
}

const fits = ({ classes }: OutputLayout, labels: number | undefined) => Number(classes === labels);

function unrecognised(
  outputs: OutputShape[],
  input: InputSize,
  family: ModelFamily | undefined,
): string {
  const came = `the model has ${outputs.length === 1 ? 'the output' : 'the outputs'} ${listed(outputs)}`;
  const size = `an input of ${input.width} × ${input.height}`;
  if (family === undefined)
    return `expected outputs of one of the families ${FAMILIES.map(({ name }) => name).join(', ')} for ${size}, but ${came}`;
  const expected = FAMILIES.find(({ name }) => name === family)?.expected(input);
  const other = FAMILIES.find((one) => one.layoutOf(outputs, input));
  const hint = other ? `, which are those of ${other.name}` : '';
  return `for the family ${family} and ${size}, expected ${expected}, but ${came}${hint}`;
}

function listed(outputs: OutputShape[]): string {
  const shown = outputs.slice(0, 4).map(({ name, shape }) => `${name} (${shape.join(' × ')})`);
  return `${shown.join(', ')}${outputs.length > 4 ? ' …' : ''}`;
}
