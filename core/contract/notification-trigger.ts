import { z } from 'zod';

/** What the appliance notifies of: sightings, then conditions, which also end. */
export const EDGE_TRIGGERS = [
  'appeared',
  'left',
  'still_there',
  'camera_offline',
  'no_picture',
  'disk',
  'relay_away',
  'backlog',
  'log_in_refused',
] as const;
/** What the relay notifies of, for each site. */
export const RELAY_TRIGGERS = [
  'site_stale',
  'gap',
  'backlog',
  'camera_offline',
  'log_in_refused',
] as const;

export const triggerSchema = z.enum([...EDGE_TRIGGERS, 'site_stale', 'gap']);
export type Trigger = z.infer<typeof triggerSchema>;

/** Those that name an object, so that labels, zones and confidence mean something. */
export const SIGHTING_TRIGGERS: readonly Trigger[] = ['appeared', 'left', 'still_there'];
/** Those that begin and end, so that a second message can tell the end. */
export const CONDITION_TRIGGERS: readonly Trigger[] = [
  'still_there',
  'camera_offline',
  'no_picture',
  'disk',
  'relay_away',
  'backlog',
  'site_stale',
];
