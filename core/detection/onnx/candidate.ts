/** What a model found, in pixels of its input or of a picture. Sides may be fractions, and may lie outside of it. */
export interface Candidate {
  x: number;
  y: number;
  width: number;
  height: number;
  /** 0 to 1. */
  confidence: number;
  /** Index of the label. */
  classIndex: number;
}

/** Strongest first; an order that does not depend on that of the candidates. */
export const byConfidence = (a: Candidate, b: Candidate): number =>
  b.confidence - a.confidence ||
  a.classIndex - b.classIndex ||
  a.y - b.y ||
  a.x - b.x ||
  a.width - b.width ||
  a.height - b.height;

/** Area that two boxes share. */
export function sharedArea(a: Candidate, b: Candidate): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  if (width <= 0) return 0;
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return height <= 0 ? 0 : width * height;
}

export const areaOf = ({ width, height }: Candidate): number => width * height;
