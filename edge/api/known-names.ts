import type { SightingFilter } from '../../core/contract/sighting.js';
import { requireKnown } from '../../core/http/require-known.js';
import type { PresentNames } from '../../core/images/image-routes.js';
import type { SightingList } from '../sightings/sighting-list.js';

/** Throws `invalid_parameter` for cameras and labels that nothing has. */
export const requireKnownNames = (
  { camera, label }: Pick<SightingFilter, 'camera' | 'label'>,
  list: SightingList,
  names: PresentNames,
): Promise<void> =>
  requireKnown([
    {
      path: 'camera',
      name: camera,
      known: async () => [...names.cameras(), ...(await list.cameras())],
    },
    {
      path: 'label',
      name: label,
      known: async () => [...names.labels(), ...(await list.labels())],
    },
  ]);
