import { ELEMENT_TYPES, type ModelFile, type TensorInfo } from './model-file.js';
import { type Field, fieldsOf, signed } from './protobuf.js';
import { UnusableModel } from './unusable-model.js';

/** The largest YOLOX and YOLOv8 models have 400 and 270 MB, which a small computer cannot search with in useful time. */
export const MAX_MODEL_BYTES = 256 * 1024 * 1024;
const MAX_NODES = 50_000;
/** Graphs in the attributes of nodes in graphs. */
const MAX_DEPTH = 8;
const MAX_TENSOR_SIDES = 16;
/** Numbers in one tensor that the file states. */
const MAX_TENSOR_LENGTH = 2 ** 28;
const MAX_NAME = 512;

/** Operators that ONNX Runtime brings along. */
const KNOWN_DOMAINS = ['', 'ai.onnx', 'ai.onnx.ml', 'com.microsoft'];

/** Numbers of fields in onnx.proto. */
const MODEL = { graph: 7, opsetImport: 8, functions: 25 };
const GRAPH = { node: 1, initializer: 5, input: 11, output: 12, sparseInitializer: 15 };
const NODE = { opType: 4, attribute: 5, domain: 7 };
const ATTRIBUTE = { tensor: 5, graph: 6, tensors: 10, graphs: 11, sparse: 22, sparses: 23 };
const TENSOR = { dims: 1, name: 8, externalData: 13, dataLocation: 14 };
const SPARSE = { values: 1, indices: 2 };
const VALUE = { name: 1, type: 2 };
const TYPE = { tensor: 1 };
const TENSOR_TYPE = { elementType: 1, shape: 2 };
const SHAPE = { side: 1 };
const SIDE = { value: 1, name: 2 };
const EXTERNAL = 1;

/**
 * Reads what goes into a model and comes out of it (onnx.proto), and checks the rest: no file beside it, no operators of
 * others, no graphs nested deeply. Throws `UnusableModel`.
 */
export function readModel(bytes: Buffer): ModelFile {
  checkModelSize(bytes.length);
  let graph: Buffer | undefined;
  let knowsOperators = false;
  for (const { number, bytes: value, isBytes } of fieldsOf(bytes)) {
    if (number === MODEL.graph && isBytes) {
      // A reader of the format would merge them, and check neither.
      if (graph) throw new UnusableModel('expected one graph, but the model has several');
      graph = value;
    }
    if (number === MODEL.opsetImport && isBytes) knowsOperators = true;
    if (number === MODEL.functions && isBytes)
      throw new UnusableModel(
        'expected only the operators of ONNX, but the model defines functions of its own',
      );
  }
  if (!graph || !knowsOperators)
    throw new UnusableModel(
      'expected an ONNX model, but the file has no graph of operators: it is cut off, or not a model',
    );
  return new ModelReader().read(graph);
}

/** Throws `UnusableModel`. */
export function checkModelSize(bytes: number): void {
  if (bytes > MAX_MODEL_BYTES)
    throw new UnusableModel(
      `expected at most ${megabytes(MAX_MODEL_BYTES)} MB, but the file has ${megabytes(bytes)} MB`,
    );
}

const megabytes = (bytes: number) => Math.ceil(bytes / 1e6);

class ModelReader {
  #nodes = 0;

  read(graph: Buffer): ModelFile {
    const inputs: TensorInfo[] = [];
    const outputs: TensorInfo[] = [];
    const initialisers = new Set<string>();
    for (const field of fieldsOf(graph)) {
      if (field.number === GRAPH.input) inputs.push(tensorInfoOf(field.bytes));
      else if (field.number === GRAPH.output) outputs.push(tensorInfoOf(field.bytes));
      else this.#check(field, 0, initialisers);
    }
    if (this.#nodes === 0)
      throw new UnusableModel('expected a graph of operators, but the model has none');
    return {
      inputs: inputs.filter(({ name }) => !initialisers.has(name)),
      outputs,
      listedInitialisers: new Set(
        inputs.map(({ name }) => name).filter((name) => initialisers.has(name)),
      ),
    };
  }

  #check({ number, bytes }: Field, depth: number, initialisers?: Set<string>): void {
    if (number === GRAPH.node) this.#checkNode(bytes, depth);
    else if (number === GRAPH.initializer) initialisers?.add(checkedTensor(bytes));
    else if (number === GRAPH.sparseInitializer) initialisers?.add(checkedSparse(bytes));
  }

  #checkNode(node: Buffer, depth: number): void {
    this.#nodes++;
    if (this.#nodes > MAX_NODES)
      throw new UnusableModel(`expected at most ${MAX_NODES} operators, but the model has more`);
    let domain = '';
    let operator = '';
    for (const { number, bytes } of fieldsOf(node)) {
      if (number === NODE.domain) domain = textOf(bytes);
      if (number === NODE.opType) operator = textOf(bytes);
      if (number === NODE.attribute) this.#checkAttribute(bytes, depth);
    }
    if (!KNOWN_DOMAINS.includes(domain))
      throw new UnusableModel(
        `expected only the operators of ONNX, but the model has the custom operator ${domain}.${operator}`,
      );
  }

  #checkAttribute(attribute: Buffer, depth: number): void {
    for (const { number, bytes } of fieldsOf(attribute)) {
      if (number === ATTRIBUTE.tensor || number === ATTRIBUTE.tensors) checkedTensor(bytes);
      if (number === ATTRIBUTE.sparse || number === ATTRIBUTE.sparses) checkedSparse(bytes);
      if (number !== ATTRIBUTE.graph && number !== ATTRIBUTE.graphs) continue;
      if (depth >= MAX_DEPTH)
        throw new UnusableModel(
          `expected graphs nested at most ${MAX_DEPTH} deep, but the model has deeper ones`,
        );
      for (const field of fieldsOf(bytes)) this.#check(field, depth + 1, new Set());
    }
  }
}

/** Returns the tensor's name. */
function checkedTensor(tensor: Buffer): string {
  let name = '';
  let sides = 0;
  let length = 1;
  const addSide = (side: number) => {
    sides++;
    length *= Math.max(1, signed(side));
  };
  for (const { number, value, bytes, isBytes } of fieldsOf(tensor)) {
    if (number === TENSOR.name) name = textOf(bytes);
    if (number === TENSOR.externalData || (number === TENSOR.dataLocation && value === EXTERNAL))
      throw new UnusableModel(
        'expected a model in one file, but a part of its data is in another (external data)',
      );
    if (number !== TENSOR.dims) continue;
    if (isBytes) for (const side of packedVarints(bytes)) addSide(side);
    else addSide(value);
  }
  if (sides > MAX_TENSOR_SIDES || length > MAX_TENSOR_LENGTH)
    throw new UnusableModel(
      `expected constants of at most ${MAX_TENSOR_LENGTH} numbers, but ${name || 'one'} has more`,
    );
  return name;
}

function checkedSparse(sparse: Buffer): string {
  let name = '';
  for (const { number, bytes } of fieldsOf(sparse)) {
    if (number === SPARSE.values) name = checkedTensor(bytes);
    if (number === SPARSE.indices) checkedTensor(bytes);
  }
  return name;
}

/** At most as many as a tensor can have sides, and one more. */
function packedVarints(bytes: Buffer): number[] {
  const values: number[] = [];
  let value = 0;
  let shift = 0;
  for (const byte of bytes) {
    value += (byte & 0x7f) * 2 ** shift;
    shift += 7;
    if (byte >= 0x80) continue;
    values.push(value);
    if (values.length > MAX_TENSOR_SIDES) break;
    [value, shift] = [0, 0];
  }
  return values;
}

function tensorInfoOf(info: Buffer): TensorInfo {
  let name = '';
  let type: string | undefined;
  let shape: TensorInfo['shape'];
  for (const field of fieldsOf(info)) {
    if (field.number === VALUE.name) name = textOf(field.bytes);
    if (field.number !== VALUE.type) continue;
    for (const { number, bytes } of fieldsOf(field.bytes)) {
      if (number !== TYPE.tensor) continue;
      for (const part of fieldsOf(bytes)) {
        if (part.number === TENSOR_TYPE.elementType)
          type = ELEMENT_TYPES[part.value] ?? `type ${part.value}`;
        if (part.number === TENSOR_TYPE.shape) shape = shapeOf(part.bytes);
      }
    }
  }
  return { name, type, shape };
}

function shapeOf(shape: Buffer): (number | string)[] {
  const sides: (number | string)[] = [];
  for (const { number, bytes } of fieldsOf(shape)) {
    if (number !== SHAPE.side) continue;
    let side: number | string = '';
    for (const part of fieldsOf(bytes)) {
      if (part.number === SIDE.value) side = signed(part.value);
      if (part.number === SIDE.name && part.isBytes) side = textOf(part.bytes);
    }
    // Exporters write -1 or 0 for a side that they do not know.
    sides.push(typeof side === 'number' && side < 1 ? '' : side);
    if (sides.length > MAX_TENSOR_SIDES)
      throw new UnusableModel(
        `expected tensors of at most ${MAX_TENSOR_SIDES} sides, but one has more`,
      );
  }
  return sides;
}

/** It may become a part of a message, so that it has a limit. */
const textOf = (bytes: Buffer): string => bytes.subarray(0, MAX_NAME).toString('utf8');
