import type { DiscoveryComponent, DiscoveryPlatform } from '../../core/contract/discovery.js';
import { topicFor } from '../../core/contract/topics.js';
import type { CameraConfig } from '../cameras/camera-config.js';

export interface DiscoveredCamera {
  id: string;
  name: string | undefined;
  kind: CameraConfig['kind'];
  /** The labels of its detectors, each with a name for ids. */
  labels: { slug: string; label: string }[];
  /** The zones where objects count, each with a name for ids. */
  zones: { slug: string; name: string }[];
}

export interface DiscoverySources {
  site: string;
  root: string;
  version: string;
  /** URL of the appliance, which Home Assistant links from the device. */
  url: string | undefined;
  /** Whether images are published over MQTT; otherwise their URLs are. */
  snapshots: boolean;
  /** Whether the appliance accepts commands from this broker. */
  commands: boolean;
  /** Whether a relay is configured. */
  hasRelay: boolean;
  hasTemperature: boolean;
}

export type Named = Record<string, DiscoveryComponent>;

/** Home Assistant shows a state as unknown if it is not repeated within this time. States are repeated each minute. */
export const EXPIRE_SECONDS = 180;

/** The identifier of the appliance's device. */
export const applianceId = (site: string): string => `siteglass-${site}`;

/** The site's availability: `stopped`, after a clean stop, is offline. Home Assistant ignores a payload that is neither. */
export const siteAvailability = ({ site, root }: Pick<DiscoverySources, 'site' | 'root'>) => ({
  topic: topicFor(root, 'siteAvailability', { site }),
  value_template: "{{ 'online' if value == 'online' else 'offline' }}",
});

/**
 * What Home Assistant knows an entity by. The id of the entity is proposed from site, camera and key, so that it does not
 * depend on names; users may change it.
 */
export const entityIds = (platform: DiscoveryPlatform, site: string, ...keys: string[]) => ({
  unique_id: [applianceId(site), ...keys].join('_'),
  default_entity_id: `${platform}.${[site, ...keys].join('_').replaceAll('-', '_')}`,
});

/** A text as a literal in a template. */
export const literal = (text: string): string => JSON.stringify(text);

/** A label or the name of a zone at the beginning of an entity's name. */
export const capitalised = (text: string): string => {
  const [first = '', ...rest] = text;
  return first.toLocaleUpperCase('en') + rest.join('');
};
