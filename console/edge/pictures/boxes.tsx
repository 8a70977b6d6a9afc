import type { Box } from '../../../core/contract/detection.js';
import { formatPercent } from '../../shared/format.js';
import './boxes.css';

export interface LabelledBox {
  label: string;
  confidence: number;
  box: Box;
}

interface BoxesProps {
  boxes: readonly LabelledBox[];
  /** Pixels of the picture that the boxes refer to. */
  width: number;
  height: number;
}

const COLOURS = 6;

/** The class that sets the colour of a label, which is the same everywhere. */
export function colourOf(label: string): string {
  let sum = 0;
  for (const character of label) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 9_973;
  return `colour-${sum % COLOURS}`;
}

/** Boxes over a picture of any size. Positions are shares of it, so that lines and text keep their size on the screen. */
export function Boxes({ boxes, width, height }: BoxesProps) {
  return (
    <svg class="boxes" aria-hidden="true">
      {boxes.map((one, i) => (
        <OneBox key={i} {...one} picture={{ width, height }} />
      ))}
    </svg>
  );
}

interface OneBoxProps extends LabelledBox {
  picture: { width: number; height: number };
}

function OneBox({ label, confidence, box, picture }: OneBoxProps) {
  const across = (pixels: number) => `${(100 * pixels) / picture.width}%`;
  const down = (pixels: number) => `${(100 * pixels) / picture.height}%`;
  const place = {
    x: across(box.x),
    y: down(box.y),
    width: across(box.width),
    height: down(box.height),
  };
  const isRight = box.x > picture.width * 0.7;
  const isTop = box.y < picture.height * 0.08;
  return (
    <g class={colourOf(label)}>
      <rect class="edge" {...place} />
      <rect class="line" {...place} />
      <text
        x={across(isRight ? box.x + box.width : box.x)}
        y={place.y}
        dx={isTop ? (isRight ? -5 : 5) : 0}
        dy={isTop ? 16 : -5}
        text-anchor={isRight ? 'end' : 'start'}
      >
        {label} {formatPercent(confidence)}
      </text>
    </g>
  );
}
