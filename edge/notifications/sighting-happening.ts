import type { Box } from '../../core/contract/detection.js';
import type { Happening } from '../../core/contract/notification-delivery.js';
import type { Extent } from '../../core/detection/boxes.js';
import { contains } from '../../core/detection/zones.js';
import { duration, toIsoString } from '../../core/runtime/clock.js';
import type { CameraConfig } from '../cameras/camera-config.js';

/** What is known of an object at a camera. */
export interface SeenObject {
  sighting: string;
  label: string;
  box: Box;
  size: Extent | undefined;
  confidence: number | null;
  image: string;
}

/** Names of the zones to include in which the centre of an object is. */
export function zonesOf(
  camera: Pick<CameraConfig, 'zones'> | undefined,
  { box, size }: Pick<SeenObject, 'box' | 'size'>,
): string[] {
  if (!camera || !size) return [];
  const x = (box.x + box.width / 2) / size.width;
  const y = (box.y + box.height / 2) / size.height;
  return camera.zones.flatMap(({ kind, name, points }) =>
    kind === 'include' && name !== undefined && contains(points, [x, y]) ? [name] : [],
  );
}

export type Happened =
  | { what: 'appeared'; at: number }
  | { what: 'left' | 'still there'; at: number; seconds: number };

/** A sighting as a happening, in words. */
export function happeningOf(
  object: SeenObject,
  happened: Happened,
  { id, config, site }: { id: string; config: CameraConfig | undefined; site: string },
): Happening {
  const zones = zonesOf(config, object);
  const name = config?.name ?? id;
  const certain = object.confidence === null ? '' : ` (${Math.round(object.confidence * 100)} %)`;
  const zone = zones.length === 0 ? '' : ` in ${zones.join(', ')}`;
  const text = `${object.label}${certain} ${verb(happened)} at ${name}${zone}`;
  return {
    at: toIsoString(happened.at),
    ...{ text, site, camera: id, cameraName: name, label: object.label, zones },
    ...{ confidence: object.confidence, sighting: object.sighting, image: object.image },
  };
}

function verb(happened: Happened): string {
  if (happened.what === 'appeared') return 'appeared';
  const time = duration(Math.round(happened.seconds));
  return happened.what === 'left' ? `left after ${time}` : `still there after ${time}`;
}
