import { imageInput, type Node, numbersAt, onnxModel } from './onnx-model.js';

/** Strides 8, 16 and 32. */
const cellsOf = (width: number, height: number) =>
  [8, 16, 32].reduce((sum, s) => sum + Math.ceil(width / s) * Math.ceil(height / s), 0);

/**
 * A model of the family yolov8 that finds what is brighter than half, as one box around all of it. Its three classes are
 * the channels of the input: the brightest one is the class, and its level the confidence. Inputs are 0 to 1.
 */
export function squareModel(width: number, height = width): Buffer {
  const cells = cellsOf(width, height);
  const constant = (name: string, shape: number[], data: number[]) => ({ name, shape, data });
  const edge = (axis: number, last: number, to: string): Node[] => [
    {
      operator: 'ReduceMax',
      inputs: ['mask'],
      outputs: [`${to}_line`],
      attributes: { axes: [axis === 3 ? 2 : 3], keepdims: 1 },
    },
    {
      operator: 'ArgMax',
      inputs: [`${to}_line`],
      outputs: [`${to}_index`],
      attributes: { axis, keepdims: 1, select_last_index: last },
    },
    { operator: 'Cast', inputs: [`${to}_index`], outputs: [to], attributes: { to: 1 } },
  ];
  const sum = (a: string, b: string, to: string, operator = 'Add'): Node => ({
    operator,
    inputs: [a, b],
    outputs: [to],
  });
  const nodes: Node[] = [
    {
      operator: 'ReduceMax',
      inputs: ['images'],
      outputs: ['level'],
      attributes: { axes: [1], keepdims: 1 },
    },
    sum('level', 'half', 'bright', 'Greater'),
    { operator: 'Cast', inputs: ['bright'], outputs: ['mask'], attributes: { to: 1 } },
    ...edge(3, 0, 'left'),
    ...edge(3, 1, 'right'),
    ...edge(2, 0, 'top'),
    ...edge(2, 1, 'bottom'),
    sum('right', 'one', 'after'),
    sum('bottom', 'one', 'below'),
    sum('left', 'after', 'twice_x'),
    sum('top', 'below', 'twice_y'),
    sum('twice_x', 'half', 'x', 'Mul'),
    sum('twice_y', 'half', 'y', 'Mul'),
    sum('after', 'left', 'w', 'Sub'),
    sum('below', 'top', 'h', 'Sub'),
    {
      operator: 'ReduceMax',
      inputs: ['images'],
      outputs: ['levels'],
      attributes: { axes: [2, 3], keepdims: 1 },
    },
    {
      operator: 'ReduceMax',
      inputs: ['mask'],
      outputs: ['any'],
      attributes: { axes: [1, 2, 3], keepdims: 1 },
    },
    sum('levels', 'any', 'scores', 'Mul'),
    {
      operator: 'Concat',
      inputs: ['x', 'y', 'w', 'h', 'scores'],
      outputs: ['box'],
      attributes: { axis: 1 },
    },
    { operator: 'Reshape', inputs: ['box', 'column'], outputs: ['first'] },
    {
      operator: 'Concat',
      inputs: ['first', 'others'],
      outputs: ['output'],
      attributes: { axis: 2 },
    },
  ];
  return onnxModel({
    inputs: [imageInput(width, height)],
    outputs: [{ name: 'output', shape: [1, 7, cells] }],
    nodes,
    constants: [
      constant('half', [1, 1, 1, 1], [0.5]),
      constant('one', [1, 1, 1, 1], [1]),
      { name: 'column', shape: [3], data: [1, 7, 1], type: 'int64' },
      constant('others', [1, 7, cells - 1], numbersAt(7 * (cells - 1), {})),
    ],
  });
}
