import type { NotificationRule } from '../../core/contract/notification.js';
import type { Condition, ConditionSource } from '../../core/notifications/occurrence.js';
import type { ConfiguredCameras } from '../cameras/configured-cameras.js';
import type { Sightings } from '../sightings/sightings.js';
import { happeningOf } from './sighting-happening.js';

const DEFAULT_MINUTES = 10;

/** Objects that stay for long. Their time is that of their snapshots, so that a camera that is away adds none. */
export class StillThere implements ConditionSource {
  readonly when = 'still_there';
  readonly afterMinutes = DEFAULT_MINUTES;
  readonly measuresTime = true;
  readonly absentMeansEnded = true;
  readonly holdMs = 0;

  constructor(
    private readonly site: string,
    private readonly cameras: ConfiguredCameras,
    private readonly sightings: Pick<Sightings, 'tracksOf'>,
  ) {}

  async conditions({ afterMinutes = DEFAULT_MINUTES }: NotificationRule): Promise<Condition[]> {
    return this.cameras.all.flatMap((config) =>
      this.sightings
        .tracksOf(config.id)
        .filter(({ state }) => state !== 'tentative')
        .map((track): Condition => {
          const { id, label, box, size, best, startedAt, lastSeenAt } = track;
          const seconds = (lastSeenAt - startedAt) / 1_000;
          const object = { sighting: id, label, box, size, image: best.image };
          const happening = happeningOf(
            { ...object, confidence: best.confidence },
            { what: 'still there', at: lastSeenAt, seconds },
            { id: config.id, config, site: this.site },
          );
          return {
            ...{ id, when: this.when, subject: config.id, happening },
            state: seconds >= afterMinutes * 60 ? 'problem' : 'ok',
            recovered: `${label} has left ${config.name ?? config.id}`,
          };
        }),
    );
  }
}
