import test from 'ava';
import fc from 'fast-check';
import { imageInputOf } from '../../../../core/detection/onnx/model-input.js';
import {
  checkModelSize,
  MAX_MODEL_BYTES,
  readModel,
} from '../../../../core/detection/onnx/read-model.js';
import { stripInputs } from '../../../../core/detection/onnx/strip-inputs.js';
import { UnusableModel } from '../../../../core/detection/onnx/unusable-model.js';
import {
  bytesField,
  constantModel,
  type Graph,
  graph,
  imageInput,
  type Node,
  numberField,
  onnxModel,
  type Value,
} from '../../../support/onnx-model.js';
import { squareModel } from '../../../support/square-model.js';

const output = { name: 'output', shape: [1, 84, 7] };
const copy: Node = { operator: 'Identity', inputs: ['images'], outputs: ['output'] };
const plain: Graph = { inputs: [imageInput(64)], outputs: [output], nodes: [copy] };

const read = (bytes: Buffer, size?: { width?: number; height?: number }) =>
  imageInputOf(readModel(bytes), size);

const withInput = (...inputs: Value[]) => onnxModel({ ...plain, inputs });

/** `depth` graphs, each in an operator of the one before. */
function nested(depth: number, innermost: Node): Buffer {
  let inner = graph({ inputs: [], outputs: [], nodes: [innermost] });
  for (let i = 1; i < depth; i++)
    inner = graph({
      inputs: [],
      outputs: [],
      nodes: [{ operator: 'If', outputs: ['x'], attributes: { then_branch: { graph: inner } } }],
    });
  return onnxModel({
    ...plain,
    nodes: [
      copy,
      { operator: 'If', outputs: ['y'], attributes: { then_branch: { graph: inner } } },
    ],
  });
}

const REFUSED: [what: string, bytes: () => Buffer, message: RegExp][] = [
  ['an empty file', () => Buffer.alloc(0), /expected an ONNX model.*no graph/],
  ['text', () => Buffer.from('<html>404 Not Found</html>'), /expected an ONNX model/],
  ['a file that is cut off', () => onnxModel(plain).subarray(0, -9), /cut off/],
  [
    'weights in another file',
    () =>
      onnxModel({
        ...plain,
        constants: [{ name: 'w', shape: [2], data: [1, 2], external: true }],
      }),
    /expected a model in one file.*external data/,
  ],
  [
    'an operator of others',
    () => onnxModel({ ...plain, nodes: [{ ...copy, domain: 'org.example', operator: 'Shell' }] }),
    /custom operator org\.example\.Shell/,
  ],
  [
    'an operator of others in an inner graph',
    () => nested(2, { operator: 'Shell', outputs: ['z'], domain: 'org.example' }),
    /custom operator org\.example\.Shell/,
  ],
  [
    'functions of its own',
    () => onnxModel(plain, bytesField(25, bytesField(1, Buffer.from('f')))),
    /functions of its own/,
  ],
  ['graphs nested deeply', () => nested(40, copy), /nested at most 8 deep/],
  ['two graphs', () => onnxModel(plain, bytesField(7, graph(plain))), /one graph/],
  ['no operators', () => onnxModel({ ...plain, nodes: [] }), /the model has none/],
  [
    'a constant of a trillion numbers',
    () =>
      onnxModel({ ...plain, constants: [{ name: 'w', shape: [1_000_000, 1_000_000], data: [] }] }),
    /constants of at most 268435456 numbers, but w has more/,
  ],
  [
    'an open height',
    () => withInput({ name: 'images', shape: [1, 3, 'h', 64] }),
    /the height of the model's is open; give width and height/,
  ],
  [
    'an input without a shape',
    () => withInput({ name: 'images', shape: [] }),
    /expected an input of 1 × 3 × height × width.*the model has a single number/,
  ],
  [
    'an input of a million pixels a side',
    () => withInput({ name: 'images', shape: [1, 3, 1_000_000, 1_000_000] }),
    /expected an input 32 to 2048 pixels wide and high, but its height is 1000000/,
  ],
  [
    'a side beyond what a number holds',
    () => withInput({ name: 'images', shape: [1, 3, 2 ** 53, 64] }),
    /its height is 9007199254740992/,
  ],
  [
    'a batch of eight',
    () => withInput({ name: 'images', shape: [8, 3, 64, 64] }),
    /for one image in colour, but the model has 8 × 3 × 64 × 64/,
  ],
  [
    'two images',
    () => withInput(imageInput(64), { name: 'depth', shape: [1, 1, 64, 64] }),
    /expected one image as the input, but the model has 2 inputs: images \(1 × 3 × 64 × 64\), depth/,
  ],
  ['no image', () => withInput(), /expected one image as the input, but the model has none/],
  [
    'half-precision numbers',
    () => withInput({ ...imageInput(64), type: 10 }),
    /expected an input of float32 or uint8 numbers, but the model has float16/,
  ],
  ['no output', () => onnxModel({ ...plain, outputs: [] }), /the model has 0/],
  [
    'an output of a trillion numbers',
    () => onnxModel({ ...plain, outputs: [{ name: 'output', shape: [1, 1_000_000, 1_000_000] }] }),
    /outputs of at most 33554432 numbers, but output has 1 × 1000000 × 1000000/,
  ],
];

for (const [what, bytes, message] of REFUSED)
  test(`a model is refused for ${what}`, (t) => {
    t.throws(() => read(bytes()), { instanceOf: UnusableModel, message });
  });

test('a file that is too large is refused by its size', (t) => {
  t.notThrows(() => checkModelSize(MAX_MODEL_BYTES));
  t.throws(() => checkModelSize(MAX_MODEL_BYTES + 1), {
    instanceOf: UnusableModel,
    message: /expected at most 269 MB, but the file has 269 MB/,
  });
});

test('the image of a model is found, whatever its layout', (t) => {
  const image = { name: 'images', type: 'float32', interleaved: false, further: [] };
  t.like(read(onnxModel(plain)), { ...image, width: 64, height: 64 });
  t.like(read(withInput({ name: 'images', shape: [1, 96, 64, 3], type: 2 })), {
    ...image,
    type: 'uint8',
    interleaved: true,
    width: 64,
    height: 96,
  });
  const open = { name: 'images', shape: ['batch', 3, 'height', 'width'] };
  t.like(read(withInput(open), { width: 320, height: 256 }), {
    ...image,
    width: 320,
    height: 256,
  });
  t.throws(() => read(onnxModel(plain), { width: 416 }), {
    message: 'its input has a width of 64, but the description gives 416',
  });
});

test('inputs of PaddleDetection beside the image are no images', (t) => {
  const scale = { name: 'scale_factor', shape: [1, 2] };
  t.deepEqual(read(withInput(imageInput(64), scale)).further, [
    { name: 'scale_factor', value: 'scale' },
  ]);
});

test('initialisers that are listed as inputs are stripped, and nothing else', (t) => {
  const constants = [
    { name: 'weight', shape: [2], data: [1, 2] },
    { name: 'bias', shape: [1], data: [3] },
  ];
  const old = onnxModel({ ...plain, constants, listsConstants: true }, numberField(5, 3));
  const file = readModel(old);
  t.deepEqual(
    file.inputs.map(({ name }) => name),
    ['images'],
  );
  t.deepEqual([...file.listedInitialisers], ['weight', 'bias']);
  const stripped = stripInputs(old, file);
  t.deepEqual(stripped, onnxModel({ ...plain, constants }, numberField(5, 3)));
  t.is(stripInputs(stripped, readModel(stripped)), stripped);
});

test('no bytes end in anything but a model or its refusal', (t) => {
  const models = [squareModel(64), constantModel([{ ...output, data: [1] }]), nested(5, copy)];
  const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(fc.constantFrom(...models), changes, fc.nat(), (model, changed, cut) => {
      const bytes = Buffer.from(model.subarray(0, cut % 3 === 0 ? cut % model.length : undefined));
      for (const [at, byte] of changed) if (bytes.length > 0) bytes[at % bytes.length] = byte;
      try {
        stripInputs(bytes, readModel(bytes));
        read(bytes);
      } catch (error) {
        if (!(error instanceof UnusableModel)) throw error;
      }
    }),
    { seed: 5, numRuns: 3_000 },
  );
  t.pass();
});
