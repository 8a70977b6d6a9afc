/** What ONNX calls the types of the numbers in a tensor (onnx.proto, TensorProto.DataType). */
export const ELEMENT_TYPES: Readonly<Record<number, string>> = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  4: 'uint16',
  5: 'int16',
  6: 'int32',
  7: 'int64',
  8: 'string',
  9: 'bool',
  10: 'float16',
  11: 'float64',
  12: 'uint32',
  13: 'uint64',
  16: 'bfloat16',
};

/** A tensor that goes into a model or comes out of it. */
export interface TensorInfo {
  name: string;
  /** As `ELEMENT_TYPES` has it; undefined if it is no tensor. */
  type: string | undefined;
  /** A side without a number is its name, which may be empty. Undefined if the model does not say. */
  shape: (number | string)[] | undefined;
}

/** What a model's file says about it. */
export interface ModelFile {
  /** Without those that are initialisers. */
  inputs: TensorInfo[];
  outputs: TensorInfo[];
  /** Names that are inputs and initialisers. ONNX Runtime does not fold such constants. */
  listedInitialisers: Set<string>;
}

/** As `1 × 3 × 416 × 416`; a side that is not known is its name or `?`. */
export const shapeText = (shape: readonly (number | string)[] | undefined): string =>
  shape === undefined
    ? 'an unknown shape'
    : shape.length === 0
      ? 'a single number'
      : shape.map((side) => (side === '' ? '?' : side)).join(' × ');
