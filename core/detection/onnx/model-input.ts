import { type ModelFile, shapeText, type TensorInfo } from './model-file.js';
import { UnusableModel } from './unusable-model.js';

export interface InputSize {
  width: number;
  height: number;
}

/** Where an image goes into a model. */
export interface ImageInput extends InputSize {
  name: string;
  type: 'float32' | 'uint8';
  /** [1, height, width, 3] in place of [1, 3, height, width]. */
  interleaved: boolean;
  /** Inputs of models that scale boxes themselves: they get ones, or the size of the input. */
  further: FurtherInput[];
}

export interface FurtherInput {
  name: string;
  value: 'scale' | 'size';
}

export const MIN_SIDE = 32;
export const MAX_SIDE = 2048;
/** Numbers in one output; YOLOv8 with an input of 1280 × 1280 has 2.8 million. */
const MAX_OUTPUT_LENGTH = 2 ** 25;
const MAX_OUTPUTS = 64;

/** What PaddleDetection's exports have beside the image. */
const FURTHER: Record<string, FurtherInput['value']> = { scale_factor: 'scale', im_shape: 'size' };

/**
 * Where the image goes into a model, whose inputs have to be one image and what is known to be no image. `size` is that of
 * the description; it may be undefined if the model states its own. Throws `UnusableModel`.
 */
export function imageInputOf(model: ModelFile, size?: Partial<InputSize>): ImageInput {
  checkOutputs(model.outputs);
  const further = model.inputs.filter(isFurther);
  const images = model.inputs.filter((input) => !further.includes(input));
  const [image] = images;
  if (!image || images.length > 1)
    throw new UnusableModel(`expected one image as the input, but the model has ${listed(images)}`);
  return {
    ...sizeOf(image, size),
    name: image.name,
    type: elementTypeOf(image),
    further: further.map(({ name }) => ({ name, value: FURTHER[name] ?? 'scale' })),
  };
}

const isFurther = ({ name, type, shape }: TensorInfo) =>
  name in FURTHER && type === 'float32' && shape?.length === 2 && shape[1] === 2;

function listed(inputs: TensorInfo[]): string {
  if (inputs.length === 0) return 'none';
  const shown = inputs.slice(0, 4).map(({ name, shape }) => `${name} (${shapeText(shape)})`);
  return `${inputs.length} inputs: ${shown.join(', ')}${inputs.length > 4 ? ' …' : ''}`;
}

function elementTypeOf({ type }: TensorInfo): ImageInput['type'] {
  if (type === 'float32' || type === 'uint8') return type;
  throw new UnusableModel(
    `expected an input of float32 or uint8 numbers, but the model has ${type ?? 'no tensor'}`,
  );
}

function sizeOf(
  { shape }: TensorInfo,
  given: Partial<InputSize> = {},
): InputSize & { interleaved: boolean } {
  const [batch, second, third, fourth] = shape ?? [];
  const isPlanar = second === 3;
  if (shape?.length !== 4 || !isOne(batch) || !(isPlanar || fourth === 3))
    throw new UnusableModel(
      `expected an input of 1 × 3 × height × width for one image in colour, but the model has ${shapeText(shape)}`,
    );
  const [height, width] = isPlanar ? [third, fourth] : [second, third];
  return {
    interleaved: !isPlanar,
    height: sideOf('height', height, given.height),
    width: sideOf('width', width, given.width),
  };
}

/** A batch without a fixed size takes one image as well. */
const isOne = (batch: number | string | undefined) => batch === 1 || typeof batch === 'string';

function sideOf(
  name: 'width' | 'height',
  side: number | string | undefined,
  given: number | undefined,
): number {
  if (typeof side !== 'number' && given === undefined)
    throw new UnusableModel(
      `expected an input of a fixed size, but the ${name} of the model's is open; give width and height in its description`,
    );
  if (typeof side === 'number' && given !== undefined && given !== side)
    throw new UnusableModel(
      `its input has a ${name} of ${side}, but the description gives ${given}`,
    );
  const found = typeof side === 'number' ? side : (given ?? 0);
  if (!Number.isInteger(found) || found < MIN_SIDE || found > MAX_SIDE)
    throw new UnusableModel(
      `expected an input ${MIN_SIDE} to ${MAX_SIDE} pixels wide and high, but its ${name} is ${found}`,
    );
  return found;
}

function checkOutputs(outputs: TensorInfo[]): void {
  if (outputs.length === 0 || outputs.length > MAX_OUTPUTS)
    throw new UnusableModel(
      `expected 1 to ${MAX_OUTPUTS} outputs, but the model has ${outputs.length}`,
    );
  for (const { name, shape } of outputs) {
    const length = (shape ?? []).reduce<number>((n, s) => n * (typeof s === 'number' ? s : 1), 1);
    if (length > MAX_OUTPUT_LENGTH)
      throw new UnusableModel(
        `expected outputs of at most ${MAX_OUTPUT_LENGTH} numbers, but ${name} has ${shapeText(shape)}`,
      );
  }
}
