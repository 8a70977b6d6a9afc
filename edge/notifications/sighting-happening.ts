import type { Happening } from '../../core/contract/notification-delivery.js';
import { duration, toIsoString } from '../../core/runtime/clock.js';

/** What is known of an object at a camera. */
export interface SeenObject {
  site: string;
  camera: string;
  cameraName: string | null | undefined;
  sighting: string;
  label: string;
  zones: readonly string[];
  confidence: number | null;
  /** Null if it is not stored. */
  image: string | null;
}

export type Happened =
  | { what: 'appeared'; at: number }
  | { what: 'left' | 'still there'; at: number; seconds: number };

/** A sighting as a happening, in words. */
export function happeningOf(object: SeenObject, happened: Happened): Happening {
  const { camera, cameraName, label, confidence, zones } = object;
  const name = cameraName ?? camera;
  const certain = confidence === null ? '' : ` (${Math.round(confidence * 100)} %)`;
  const zone = zones.length === 0 ? '' : ` in ${zones.join(', ')}`;
  return {
    ...object,
    zones: [...zones],
    cameraName: name,
    at: toIsoString(happened.at),
    text: `${label}${certain} ${verb(happened)} at ${name}${zone}`,
  };
}

function verb(happened: Happened): string {
  if (happened.what === 'appeared') return 'appeared';
  const time = duration(Math.round(happened.seconds));
  return happened.what === 'left' ? `left after ${time}` : `still there after ${time}`;
}
