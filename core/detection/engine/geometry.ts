export interface Size {
  width: number;
  height: number;
}

/** To the nearest integer, halves to the even one: what OpenCV's `cvRound` does. */
export function roundHalfEven(value: number): number {
  const rounded = Math.round(value);
  const isHalf = Math.abs(value - Math.trunc(value)) === 0.5;
  return isHalf && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
