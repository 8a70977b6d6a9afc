import { isDeepStrictEqual } from 'node:util';
import { type CameraConfig, cameraSchema } from '../camera-config.js';
import type { JsonObject } from './setting-changes.js';

const isMap = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The settings of a camera that differ from their defaults. These are stored, so that a later version with better
 * defaults applies them.
 */
export function withoutDefaults(config: CameraConfig): JsonObject {
  const isSame = (settings: JsonObject): boolean => {
    const { data } = cameraSchema.safeParse(settings);
    return data !== undefined && isDeepStrictEqual(data, config);
  };
  let settings: JsonObject = { ...config };
  for (const [key, value] of Object.entries(settings)) {
    const { [key]: _, ...rest } = settings;
    if (isSame(rest)) settings = rest;
    else if (isMap(value))
      settings[key] = reduced(value, (map) => isSame({ ...settings, [key]: map }));
  }
  return settings;
}

function reduced(map: JsonObject, isSame: (map: JsonObject) => boolean): JsonObject {
  let left = map;
  for (const key of Object.keys(map)) {
    const { [key]: _, ...rest } = left;
    if (isSame(rest)) left = rest;
  }
  return left;
}
