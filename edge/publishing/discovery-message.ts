import type { Discovery, DiscoveryComponent } from '../../core/contract/discovery.js';
import type { Components } from '../store/announced-table.js';
import { applianceComponents } from './appliance-components.js';
import { cameraComponents } from './camera-components.js';
import {
  applianceId,
  type DiscoveredCamera,
  type DiscoverySources,
  type Named,
  siteAvailability,
} from './discovery-parts.js';

/** The appliance as a device of Home Assistant, without its cameras. `removed` are components to remove. */
export const applianceDiscovery = (sources: DiscoverySources, removed: Components): Discovery =>
  discoveryOf(sources, applianceDevice(sources), {
    ...applianceComponents(sources),
    ...removals(removed),
  });

/** A camera as a device of its own, which has an area of its own. It is connected by way of the appliance. */
export const cameraDiscovery = (
  sources: DiscoverySources,
  camera: DiscoveredCamera,
  removed: Components,
): Discovery =>
  discoveryOf(sources, cameraDevice(sources, camera), {
    ...cameraComponents(sources, camera),
    ...removals(removed),
  });

/** Removes components of a camera that an earlier version announced as a part of the appliance, and nothing else. */
export const removalDiscovery = (sources: DiscoverySources, removed: Components): Discovery =>
  discoveryOf(sources, applianceDevice(sources), removals(removed));

/**
 * `cameraDiscovery` in at most `maxBytes` if that is possible, without the entities of the last labels, and then of the
 * last zones, if necessary.
 */
export function fittedCameraDiscovery(
  sources: DiscoverySources,
  camera: DiscoveredCamera,
  removed: Components,
  maxBytes: number,
): Discovery {
  let fitted = camera;
  let message = cameraDiscovery(sources, fitted, removed);
  while (bytesOf(message) > maxBytes && fitted.labels.length + fitted.zones.length > 0) {
    fitted =
      fitted.labels.length > 0
        ? { ...fitted, labels: firstHalf(fitted.labels) }
        : { ...fitted, zones: firstHalf(fitted.zones) };
    message = cameraDiscovery(sources, fitted, removed);
  }
  return message;
}

const firstHalf = <T>(list: T[]): T[] => list.slice(0, Math.floor(list.length / 2));

const bytesOf = (message: Discovery): number => Buffer.byteLength(JSON.stringify(message));

function discoveryOf(
  sources: DiscoverySources,
  dev: Discovery['dev'],
  cmps: Record<string, DiscoveryComponent>,
): Discovery {
  return {
    dev,
    o: { name: 'siteglass', sw: sources.version },
    cmps,
    availability: [siteAvailability(sources)],
    availability_mode: 'all',
    qos: 1,
  };
}

const applianceDevice = ({ site, version, url }: DiscoverySources): Discovery['dev'] => ({
  ids: [applianceId(site)],
  name: `Siteglass ${site}`,
  mf: 'Siteglass',
  mdl: 'Appliance',
  sw: version,
  ...(url && { cu: url }),
});

const cameraDevice = (
  { site, url }: DiscoverySources,
  camera: DiscoveredCamera,
): Discovery['dev'] => ({
  ids: [`${applianceId(site)}_${camera.id}`],
  name: camera.name ?? camera.id,
  mf: 'Siteglass',
  mdl: 'Camera',
  mdl_id: camera.kind,
  via_device: applianceId(site),
  ...(url && { cu: url }),
});

const removals = (removed: Components): Record<string, DiscoveryComponent> =>
  Object.fromEntries(Object.entries(removed).map(([id, p]) => [id, { p }]));

/** The platforms of components, which are needed to remove them later. */
export const platformsOf = (components: Named): Components =>
  Object.fromEntries(Object.entries(components).map(([id, { p }]) => [id, p]));
