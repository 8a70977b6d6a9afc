import type { ComponentChildren, JSX, Ref } from 'preact';
import type { Detection } from '../../../../core/contract/detection.js';
import type { Zone } from '../../../../core/contract/zone.js';
import { texts } from '../../../texts/texts.js';
import { FoundBoxes } from '../found-boxes.js';
import { type LatestPicture, originalOf } from './use-latest-picture.js';

const words = texts.cameras.zones;

/** What every view of a picture with zones shows. */
export interface PictureView {
  zones: Zone[];
  picture: LatestPicture | undefined;
  /** In pixels. */
  size: { width: number; height: number };
  boxes: Detection[];
}

type FrameProps = Omit<PictureView, 'zones'> &
  Omit<JSX.IntrinsicElements['svg'], 'width' | 'height' | 'ref'> & {
    svg?: Ref<SVGSVGElement>;
    children: ComponentChildren;
  };

/** A picture as the ground of a drawing, whose units are the pixels of the picture. */
export function PictureFrame({ picture, size, boxes, svg, children, ...rest }: FrameProps) {
  const { width, height } = size;
  return (
    // biome-ignore lint/a11y/useSemanticElements: SVG has no fieldsets.
    <svg
      role="group"
      aria-label={words.canvas}
      class="zone-canvas"
      viewBox={`0 0 ${width} ${height}`}
      ref={svg ?? null}
      {...rest}
    >
      <rect class="ground" width={width} height={height} />
      {picture && (
        <image
          href={originalOf(picture.id)}
          width={width}
          height={height}
          preserveAspectRatio="none"
        />
      )}
      <FoundBoxes detections={boxes} height={height} />
      {children}
    </svg>
  );
}

/** Where a pointer is in the picture, as fractions. */
export function fractionsAt(
  svg: SVGSVGElement,
  event: PointerEvent | MouseEvent,
): [number, number] {
  const { left, top, width, height } = svg.getBoundingClientRect();
  return [(event.clientX - left) / width, (event.clientY - top) / height];
}

/** The `points` of a polygon in pixels. */
export const polygonPoints = (
  { points }: Pick<Zone, 'points'>,
  { width, height }: PictureView['size'],
): string => points.map(([x, y]) => `${x * width},${y * height}`).join(' ');
