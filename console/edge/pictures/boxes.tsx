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
  /** Draws the rectangles alone, on a small picture. */
  bare?: boolean;
}

const COLOURS = 6;

/** The same label has the same colour everywhere. */
function colourOf(label: string): number {
  let sum = 0;
  for (const character of label) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 9_973;
  return sum % COLOURS;
}

/** Boxes over a picture of any size. Positions are shares of it, so that lines and text keep their size on the screen. */
export function Boxes({ boxes, width, height, bare = false }: BoxesProps) {
  return (
    <svg class="boxes" aria-hidden="true">
      {boxes.map((one, i) => (
        <OneBox key={i} {...one} picture={{ width, height }} bare={bare} />
      ))}
    </svg>
  );
}

interface OneBoxProps extends LabelledBox {
  picture: { width: number; height: number };
  bare: boolean;
}

function OneBox({ label, confidence, box, picture, bare }: OneBoxProps) {
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
    <g class={`colour-${colourOf(label)}`}>
      <rect class="edge" {...place} />
      <rect class="line" {...place} />
      {!bare && (
        <text
          x={across(isRight ? box.x + box.width : box.x)}
          y={place.y}
          dx={isTop ? (isRight ? -5 : 5) : 0}
          dy={isTop ? 16 : -5}
          text-anchor={isRight ? 'end' : 'start'}
        >
          {label} {formatPercent(confidence)}
        </text>
      )}
    </g>
  );
}
