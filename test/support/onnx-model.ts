/** Writes small ONNX models (onnx.proto) for tests. */

type Attribute = number | number[] | { tensor: Constant } | { graph: Buffer } | { float: number };

export interface Constant {
  shape: number[];
  data: number[];
  /** float32 unless told otherwise. */
  type?: 'float32' | 'int64';
  name?: string;
  /** In another file. */
  external?: boolean;
}

export interface Value {
  name: string;
  /** Text is the name of an open side. */
  shape: (number | string)[];
  /** As onnx.proto numbers it; 1 is float32. */
  type?: number;
}

export interface Node {
  operator: string;
  inputs?: string[];
  outputs: string[];
  attributes?: Record<string, Attribute>;
  domain?: string;
}

export interface Graph {
  inputs: Value[];
  outputs: Value[];
  nodes: Node[];
  constants?: Constant[];
  /** Lists the constants as inputs as well, as old exports do. */
  listsConstants?: boolean;
}

const varint = (value: number | bigint): Buffer => {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Buffer.from(bytes);
};

export const numberField = (field: number, value: number | bigint): Buffer =>
  Buffer.concat([varint(field << 3), varint(value)]);

export const bytesField = (field: number, ...parts: Buffer[]): Buffer => {
  const content = Buffer.concat(parts);
  return Buffer.concat([varint((field << 3) | 2), varint(content.length), content]);
};

const textField = (field: number, text: string) => bytesField(field, Buffer.from(text));

const floatField = (field: number, value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([varint((field << 3) | 5), bytes]);
};

function tensor({ shape, data, type = 'float32', name, external }: Constant): Buffer {
  const raw =
    type === 'float32'
      ? Buffer.from(Float32Array.from(data).buffer)
      : Buffer.from(BigInt64Array.from(data.map(BigInt)).buffer);
  return Buffer.concat([
    ...shape.map((side) => numberField(1, side)),
    numberField(2, type === 'float32' ? 1 : 7),
    ...(name === undefined ? [] : [textField(8, name)]),
    ...(external
      ? [bytesField(13, textField(1, 'location'), textField(2, 'weights.bin')), numberField(14, 1)]
      : [bytesField(9, raw)]),
  ]);
}

function value({ name, shape, type = 1 }: Value): Buffer {
  const sides = shape.map((side) =>
    bytesField(1, typeof side === 'number' ? numberField(1, side) : textField(2, side)),
  );
  const ofTensor = bytesField(1, numberField(1, type), bytesField(2, ...sides));
  return Buffer.concat([textField(1, name), bytesField(2, ofTensor)]);
}

/** With the numbers that onnx.proto gives the types of attributes. */
function attribute(name: string, content: Attribute): Buffer {
  const named = textField(1, name);
  if (typeof content === 'number')
    return Buffer.concat([named, numberField(3, content), numberField(20, 2)]);
  if (Array.isArray(content))
    return Buffer.concat([named, ...content.map((n) => numberField(8, n)), numberField(20, 7)]);
  if ('float' in content)
    return Buffer.concat([named, floatField(2, content.float), numberField(20, 1)]);
  if ('graph' in content)
    return Buffer.concat([named, bytesField(6, content.graph), numberField(20, 5)]);
  return Buffer.concat([named, bytesField(5, tensor(content.tensor)), numberField(20, 4)]);
}

function node({ operator, inputs = [], outputs, attributes = {}, domain }: Node): Buffer {
  return Buffer.concat([
    ...inputs.map((name) => textField(1, name)),
    ...outputs.map((name) => textField(2, name)),
    textField(4, operator),
    ...Object.entries(attributes).map(([name, content]) => bytesField(5, attribute(name, content))),
    ...(domain === undefined ? [] : [textField(7, domain)]),
  ]);
}

export function graph({ inputs, outputs, nodes, constants = [], listsConstants }: Graph): Buffer {
  const listed = listsConstants
    ? constants.map(({ name = '', shape, type }): Value => {
        return { name, shape, type: type === 'int64' ? 7 : 1 };
      })
    : [];
  return Buffer.concat([
    ...nodes.map((one) => bytesField(1, node(one))),
    textField(2, 'graph'),
    ...constants.map((one) => bytesField(5, tensor(one))),
    ...[...inputs, ...listed].map((one) => bytesField(11, value(one))),
    ...outputs.map((one) => bytesField(12, value(one))),
  ]);
}

/** Opset 13 of the standard operators. */
export const onnxModel = (content: Graph, ...further: Buffer[]): Buffer =>
  Buffer.concat([
    numberField(1, 7),
    bytesField(8, textField(1, ''), numberField(2, 13)),
    bytesField(7, graph(content)),
    ...further,
  ]);

export const imageInput = (width: number, height = width): Value => ({
  name: 'images',
  shape: [1, 3, height, width],
});

/** A model that says the same of every image. */
export const constantModel = (
  outputs: { name: string; shape: number[]; data: number[] }[],
  input: Value = imageInput(64),
  further: Value[] = [],
): Buffer =>
  onnxModel({
    inputs: [input, ...further],
    outputs: outputs.map(({ name, shape }) => ({ name, shape })),
    nodes: outputs.map(({ name, shape, data }) => ({
      operator: 'Constant',
      outputs: [name],
      attributes: { value: { tensor: { shape, data } } },
    })),
  });

/** Numbers of an output that is zero but for some places. */
export function numbersAt(length: number, places: Record<number, number>, rest = 0): number[] {
  const numbers = Array<number>(length).fill(rest);
  for (const [place, number] of Object.entries(places)) numbers[Number(place)] = number;
  return numbers;
}
