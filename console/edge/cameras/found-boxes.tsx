import type { Detection } from '../../../core/contract/detection.js';

interface BoxesProps {
  detections: readonly Pick<Detection, 'label' | 'box'>[];
  /** Of the picture, in pixels: it decides how large the texts are. */
  height: number;
}

/** Boxes with their labels, in a drawing whose units are the pixels of a picture. */
export const FoundBoxes = ({ detections, height }: BoxesProps) => (
  <>
    {detections.map(({ label, box }, i) => (
      <g key={i} class="found-box">
        <rect x={box.x} y={box.y} width={box.width} height={box.height} />
        <text x={box.x} y={Math.max(box.y - height / 150, height / 30)} font-size={height / 30}>
          {label}
        </text>
      </g>
    ))}
  </>
);
