import { tablesOf } from '../../core/store/table-set.js';
import type { CameraPipeline } from '../pipeline/create-pipeline.js';
import type { ImageLinks } from '../sightings/sighting-event.js';
import { SightingList } from '../sightings/sighting-list.js';
import type { EdgeDependencies } from '../store/edge-dependencies.js';
import { sightingTables, totalTables } from '../store/tables.js';
import { Marks } from './marks.js';
import { DayCounts } from './sighting-days.js';
import { Totals } from './totals.js';

/** What people look up of the sightings. */
export interface EventViews {
  list: SightingList;
  days: DayCounts;
  marks: Marks;
  totals: Totals;
}

export interface EventParts {
  pipeline: CameraPipeline;
  links: ImageLinks;
}

/** Of the budget for images, what pictures of marks may take. */
const MARKS_SHARE = 0.1;

export function createEvents(
  { config, db, clock }: EdgeDependencies,
  { pipeline, links }: EventParts,
): EventViews {
  const sightings = tablesOf(db, sightingTables);
  const maxBytes = config.images.maxStoredBytes * MARKS_SHARE;
  return {
    list: new SightingList({
      db: sightings,
      cameraName: (camera) => pipeline.configured.nameOf(camera),
      links,
    }),
    days: new DayCounts(sightings, clock),
    marks: new Marks({ db, clock, maxBytes }),
    totals: new Totals(tablesOf(db, totalTables), clock),
  };
}
