import type { ModelFile } from './model-file.js';
import { encodeVarint, fieldsOf } from './protobuf.js';

const MODEL_GRAPH = 7;
const GRAPH_INPUT = 11;
const VALUE_NAME = 1;
/** Tag of the graph: its number, and the wire type of bytes. */
const GRAPH_TAG = (MODEL_GRAPH << 3) | 2;

/**
 * A model whose inputs are not initialisers as well. Old exports list every weight as an input, so that a caller could
 * replace it. ONNX Runtime then folds no constants and fuses no layers. Returns the same bytes if there is nothing to do.
 */
export function stripInputs(bytes: Buffer, { listedInitialisers }: ModelFile): Buffer {
  if (listedInitialisers.size === 0) return bytes;
  const pieces: Buffer[] = [];
  for (const { number, bytes: value, start, end } of fieldsOf(bytes)) {
    if (number !== MODEL_GRAPH) {
      pieces.push(bytes.subarray(start, end));
      continue;
    }
    const kept = [...withoutInputs(value, listedInitialisers)];
    const length = kept.reduce((sum, piece) => sum + piece.length, 0);
    pieces.push(encodeVarint(GRAPH_TAG), encodeVarint(length), ...kept);
  }
  return Buffer.concat(pieces);
}

/** Pieces of the graph; fields that follow each other are one. */
function* withoutInputs(graph: Buffer, names: Set<string>): Generator<Buffer> {
  let from = 0;
  for (const { number, bytes, start, end } of fieldsOf(graph)) {
    if (number !== GRAPH_INPUT || !names.has(nameOf(bytes))) continue;
    if (start > from) yield graph.subarray(from, start);
    from = end;
  }
  if (from < graph.length) yield graph.subarray(from);
}

function nameOf(info: Buffer): string {
  for (const { number, bytes } of fieldsOf(info))
    if (number === VALUE_NAME) return bytes.toString('utf8');
  return '';
}
