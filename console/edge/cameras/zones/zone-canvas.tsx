import { useRef } from 'preact/hooks';
import type { Point, Zone } from '../../../../core/contract/zone.js';
import { formatPercent } from '../../../shared/format.js';
import { texts } from '../../../texts/texts.js';
import { fractionsAt, PictureFrame, type PictureView, polygonPoints } from './picture-frame.js';
import { insertAfter, middleAfter, movePoint, moveZone, pointAt, removePoint } from './polygon.js';

const words = texts.cameras.zones;
const STEP = 0.005;
const LONG_STEP = 0.05;
const ARROWS: Record<string, Point> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

interface CanvasProps extends PictureView {
  selected: number;
  isReadOnly: boolean;
  onSelect(index: number): void;
  onChange(index: number, zone: Zone): void;
}

/** What a pointer moves: a corner, or a whole zone from where it was taken. */
type Grip = { point: number } | { from: [number, number]; zone: Zone };

/** The zones as polygons; the corners of the selected one are moved by mouse, finger and keyboard. */
export function ZoneCanvas(props: CanvasProps) {
  const { zones, size, selected, isReadOnly, onSelect, onChange, ...view } = props;
  const svg = useRef<SVGSVGElement>(null);
  const grip = useRef<Grip | undefined>(undefined);
  const zone = zones[selected];

  const move = (event: PointerEvent) => {
    if (!svg.current || !zone || grip.current === undefined) return;
    const [x, y] = fractionsAt(svg.current, event);
    if ('point' in grip.current) {
      onChange(selected, movePoint(zone, grip.current.point, pointAt(x, y)));
      return;
    }
    const { from, zone: taken } = grip.current;
    onChange(selected, moveZone(taken, x - from[0], y - from[1]));
  };
  const release = () => {
    grip.current = undefined;
  };
  /** The drawing follows the pointer from now on, also outside of what was taken. */
  const take = (event: PointerEvent, taken: Grip) => {
    event.preventDefault();
    event.stopPropagation();
    grip.current = taken;
    svg.current?.setPointerCapture(event.pointerId);
  };
  const takeZone = (event: PointerEvent, index: number) => {
    const one = zones[index];
    onSelect(index);
    if (isReadOnly || !one || !svg.current || index !== selected) return;
    take(event, { from: fractionsAt(svg.current, event), zone: one });
  };
  const focusCorner = (index: number) =>
    setTimeout(() => svg.current?.querySelector<SVGElement>(`[data-corner="${index}"]`)?.focus());
  const pressKey = (event: KeyboardEvent, index: number) => {
    if (!zone) return;
    const [dx, dy] = ARROWS[event.key] ?? [];
    const step = event.shiftKey ? LONG_STEP : STEP;
    const [x, y] = zone.points[index] ?? [0, 0];
    if (dx !== undefined && dy !== undefined)
      onChange(selected, movePoint(zone, index, pointAt(x + dx * step, y + dy * step)));
    else if (event.key === 'Delete' || event.key === 'Backspace') {
      onChange(selected, removePoint(zone, index));
      focusCorner(Math.max(0, index - 1));
    } else if (event.key === 'Insert' || event.key === '+') {
      onChange(selected, insertAfter(zone, index));
      focusCorner(index + 1);
    } else return;
    event.preventDefault();
  };

  return (
    <PictureFrame
      {...view}
      size={size}
      svg={svg}
      onPointerMove={move}
      onPointerUp={release}
      onPointerCancel={release}
    >
      {zones.map((one, i) => (
        <polygon
          key={i}
          class={`zone ${one.kind} ${i === selected ? 'selected' : ''}`}
          points={polygonPoints(one, size)}
          onPointerDown={(event) => takeZone(event, i)}
        />
      ))}
      {zone && !isReadOnly && (
        <Corners
          zone={zone}
          size={size}
          onTake={take}
          onInsert={(event, index) => {
            onChange(selected, insertAfter(zone, index));
            take(event, { point: index + 1 });
          }}
          onKey={pressKey}
        />
      )}
    </PictureFrame>
  );
}

interface CornersProps {
  zone: Zone;
  size: PictureView['size'];
  onTake(event: PointerEvent, grip: Grip): void;
  onInsert(event: PointerEvent, index: number): void;
  onKey(event: KeyboardEvent, index: number): void;
}

function Corners({ zone, size, onTake, onInsert, onKey }: CornersProps) {
  const { width, height } = size;
  const radius = Math.max(width, height) / 80;
  const { points } = zone;
  return (
    <>
      {points.map((_, i) => {
        const [x, y] = middleAfter(zone, i);
        return (
          <g key={`middle-${i}`} class="middle" onPointerDown={(event) => onInsert(event, i)}>
            <title>{words.midpoint(i + 1)}</title>
            <circle class="grip" cx={x * width} cy={y * height} r={radius / 2} />
            <circle cx={x * width} cy={y * height} r={radius * 0.7} />
          </g>
        );
      })}
      {points.map(([x, y], i) => (
        <g
          key={`corner-${i}`}
          onPointerDown={(event) => {
            event.currentTarget.querySelector<SVGElement>('.corner')?.focus();
            onTake(event, { point: i });
          }}
        >
          <circle class="grip" cx={x * width} cy={y * height} r={radius / 2} />
          {/* biome-ignore lint/a11y/useSemanticElements: SVG has no buttons. */}
          <circle
            data-corner={i}
            class="corner"
            tabindex={0}
            role="button"
            aria-label={words.point(i + 1, points.length, formatPercent(x), formatPercent(y))}
            cx={x * width}
            cy={y * height}
            r={radius}
            onKeyDown={(event) => onKey(event, i)}
          />
        </g>
      ))}
    </>
  );
}
