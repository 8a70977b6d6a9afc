import { UnusableModel } from './unusable-model.js';

/** A field of a message (Protocol Buffers, "Encoding"). `bytes` is empty for numbers. */
export interface Field {
  number: number;
  /** Of a varint or fixed number; above 2^53 not exact. Fixed numbers are 0: no field that is read here has them. */
  value: number;
  bytes: Buffer;
  isBytes: boolean;
  /** Where the field begins and ends in the message, with its tag. */
  start: number;
  end: number;
}

const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;
const MAX_VARINT = 10;

/** The fields of a message, in their order. Throws `UnusableModel` if one reaches beyond the message. */
export function* fieldsOf(message: Buffer): Generator<Field> {
  let at = 0;
  while (at < message.length) {
    const start = at;
    const tag = varintAt(message, at);
    at = tag.end;
    const number = Math.floor(tag.value / 8);
    const wire = tag.value % 8;
    if (number < 1) throw notAModel('a field has the number 0');
    let value = 0;
    let bytes: Buffer = NO_BYTES;
    if (wire === WIRE.varint) ({ value, end: at } = varintAt(message, at));
    else if (wire === WIRE.fixed64) at += 8;
    else if (wire === WIRE.fixed32) at += 4;
    else if (wire === WIRE.bytes) {
      const length = varintAt(message, at);
      at = length.end + length.value;
      if (at > message.length) throw truncated();
      bytes = message.subarray(length.end, at);
    } else throw notAModel(`a field has the wire type ${wire}`);
    if (at > message.length) throw truncated();
    yield { number, value, bytes, isBytes: wire === WIRE.bytes, start, end: at };
  }
}

const NO_BYTES = Buffer.alloc(0);

function varintAt(message: Buffer, start: number): { value: number; end: number } {
  let value = 0;
  for (let i = 0; i < MAX_VARINT; i++) {
    const byte = message[start + i];
    if (byte === undefined) throw truncated();
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, end: start + i + 1 };
  }
  throw notAModel('a number has more than ten bytes');
}

/** A varint that stands for a negative number has its upper bits set. */
export const signed = (value: number): number => (value >= 2 ** 63 ? value - 2 ** 64 : value);

export function encodeVarint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}

const notAModel = (reason: string) =>
  new UnusableModel(`expected an ONNX model, but the file does not read as one: ${reason}`);

const truncated = () =>
  new UnusableModel(
    'expected an ONNX model, but a part of the file reaches beyond its end: it is cut off, or not a model',
  );
