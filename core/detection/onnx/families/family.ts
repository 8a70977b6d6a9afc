import type { ModelFamily } from '../../../contract/detection.js';
import type { Candidate } from '../candidate.js';
import type { InputSize } from '../model-input.js';

/** An output as a model has it for one image. */
export interface OutputShape {
  name: string;
  shape: readonly number[];
}

export interface Output extends OutputShape {
  data: Float32Array;
}

/** How boxes are read from outputs of certain shapes. */
export interface OutputLayout {
  classes: number;
  /** Numbers of a box in the output, if they are all in one. */
  values?: number;
  /** Candidates of at least this confidence, in pixels of the input. Outputs are in the order of the shapes. */
  decode(outputs: Output[], minConfidence: number): Candidate[];
}

export interface OutputFamily {
  name: ModelFamily;
  /** What the outputs would have to be, for a message. */
  expected(input: InputSize): string;
  /** Undefined if the outputs are not of this family. `classes` is the number of labels, if known. */
  layoutOf(outputs: OutputShape[], input: InputSize, classes?: number): OutputLayout | undefined;
}
