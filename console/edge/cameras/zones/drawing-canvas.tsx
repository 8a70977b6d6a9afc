import { useEffect, useRef, useState } from 'preact/hooks';
import type { Point } from '../../../../core/contract/zone.js';
import { Button } from '../../../shared/ui/button.js';
import { texts } from '../../../texts/texts.js';
import { fractionsAt, PictureFrame, type PictureView, polygonPoints } from './picture-frame.js';
import { MAX_POINTS, MIN_POINTS, pointAt } from './polygon.js';

const words = texts.cameras.zones;
/** So near to the first corner, a click finishes the zone: a share of the picture's width. */
const NEAR = 0.02;

interface DrawingProps extends PictureView {
  onDone(points: Point[]): void;
  onCancel(): void;
}

/** Takes the corners of a new zone, one by each click. */
export function DrawingCanvas({ zones, size, onDone, onCancel, ...view }: DrawingProps) {
  const svg = useRef<SVGSVGElement>(null);
  const [points, setPoints] = useState<Point[]>([]);
  const [pointer, setPointer] = useState<Point>();
  useEffect(() => svg.current?.focus(), []);
  const canFinish = points.length >= MIN_POINTS;
  const finish = () => canFinish && onDone(points);

  const press = (event: PointerEvent) => {
    if (!svg.current) return;
    event.preventDefault();
    const at = pointAt(...fractionsAt(svg.current, event));
    const [first] = points;
    if (canFinish && first && isNear(first, at)) finish();
    else if (points.length < MAX_POINTS) setPoints([...points, at]);
  };
  const pressKey = (event: KeyboardEvent) => {
    if (event.key === 'Enter') finish();
    else if (event.key === 'Escape') onCancel();
    else if (event.key === 'Backspace') setPoints(points.slice(0, -1));
    else return;
    event.preventDefault();
  };
  const { width, height } = size;
  const radius = Math.max(width, height) / 80;
  const line = pointer ? [...points, pointer] : points;
  return (
    <>
      <p role="status">{words.drawHelp}</p>
      <PictureFrame
        {...view}
        size={size}
        svg={svg}
        tabindex={0}
        style={{ cursor: 'crosshair' }}
        onPointerDown={press}
        onPointerMove={(event) =>
          svg.current && setPointer(pointAt(...fractionsAt(svg.current, event)))
        }
        onPointerLeave={() => setPointer(undefined)}
        onKeyDown={pressKey}
      >
        {zones.map((zone, i) => (
          <polygon key={i} class={`zone ${zone.kind}`} points={polygonPoints(zone, size)} />
        ))}
        <polyline class="drawing" points={polygonPoints({ points: line }, size)} />
        {points.map(([x, y], i) => (
          <circle
            key={i}
            class={`corner ${i === 0 && canFinish ? 'closing' : ''}`}
            cx={x * width}
            cy={y * height}
            r={radius}
          />
        ))}
      </PictureFrame>
      <div class="row">
        <Button look="primary" disabled={!canFinish} onClick={finish}>
          {words.finish}
        </Button>
        <Button onClick={onCancel}>{words.cancelDraw}</Button>
      </div>
    </>
  );
}

const isNear = ([x1, y1]: Point, [x2, y2]: Point): boolean => Math.hypot(x1 - x2, y1 - y2) < NEAR;
