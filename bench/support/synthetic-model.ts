import { imageInput, type Node, onnxModel } from '../../test/support/onnx-model.js';
import { seededRandom } from '../../test/support/render-random.js';

const SIDE = 416;
const CELLS = 52 ** 2 + 26 ** 2 + 13 ** 2;
const CLASSES = 80;

/** From the input on: channels and stride of each layer. */
const LAYERS: [channels: number, stride: 1 | 2][] = [
  [16, 2],
  [32, 2],
  [48, 2],
  ...Array.from({ length: 7 }, (): [number, 1] => [48, 1]),
];

/** A network that costs about as much as YOLOX-nano, with outputs of that family, and finds nothing. */
export function syntheticModel(): Buffer {
  const random = seededRandom(7);
  const nodes: Node[] = [];
  const constants = [];
  let [from, input] = [3, 'images'];
  for (const [i, [channels, stride]] of LAYERS.entries()) {
    const shape = [channels, from, 3, 3];
    const length = shape.reduce((product, side) => product * side, 1);
    const data = Array.from({ length }, () => 0.05 * random.normal());
    constants.push({ name: `weights_${i}`, shape, data });
    nodes.push(
      {
        operator: 'Conv',
        inputs: [input, `weights_${i}`],
        outputs: [`conv_${i}`],
        attributes: { strides: [stride, stride], pads: [1, 1, 1, 1] },
      },
      { operator: 'Relu', inputs: [`conv_${i}`], outputs: [`layer_${i}`] },
    );
    [from, input] = [channels, `layer_${i}`];
  }
  constants.push(
    { name: 'nothing', shape: [], data: [0] },
    { name: 'shape', shape: [3], data: [1, CELLS, 5 + CLASSES], type: 'int64' as const },
  );
  nodes.push(
    { operator: 'ReduceMean', inputs: [input], outputs: ['mean'], attributes: { keepdims: 0 } },
    { operator: 'Mul', inputs: ['mean', 'nothing'], outputs: ['zero'] },
    { operator: 'Expand', inputs: ['zero', 'shape'], outputs: ['output'] },
  );
  return onnxModel({
    inputs: [imageInput(SIDE)],
    outputs: [{ name: 'output', shape: [1, CELLS, 5 + CLASSES] }],
    nodes,
    constants,
  });
}
