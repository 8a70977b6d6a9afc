import type { SightingTotal, SightingTotals } from '../../../core/contract/totals.js';
import { allPages } from '../../shared/all-pages.js';
import { type Resource, type ResourceOptions, useResource } from '../../shared/use-resource.js';

const read: ResourceOptions<SightingTotal[]>['read'] = async (path, options) =>
  (await allPages<SightingTotals>(path, options)).flatMap(({ totals }) => totals);

/** How many events there were in each hour or on each day, by camera and label. */
export const useTotals = (
  options: Pick<ResourceOptions<SightingTotal[]>, 'query' | 'everySeconds'>,
): Resource<SightingTotal[]> => useResource<SightingTotal[]>('/totals', { ...options, read });
