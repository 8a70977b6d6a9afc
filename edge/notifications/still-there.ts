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
  readonly holdMs = 0;

  constructor(
    private readonly site: string,
    private readonly cameras: ConfiguredCameras,
    private readonly sightings: Pick<Sightings, 'tracksOf'>,
  ) {}

  absent(): 'ended' {
    return 'ended';
  }

  async conditions({ afterMinutes = DEFAULT_MINUTES }: NotificationRule): Promise<Condition[]> {
    return this.cameras.all.flatMap((config) =>
      this.sightings
        .tracksOf(config.id)
        .filter(({ state }) => state !== 'tentative')
        .map((track): Condition => {
          const { id, label, best, startedAt, lastSeenAt, zones = [] } = track;
          const seconds = (lastSeenAt - startedAt) / 1_000;
          const happening = happeningOf(
            {
              ...{ site: this.site, camera: config.id, cameraName: config.name },
              ...{ sighting: id, label, zones, confidence: best.confidence },
              image: best.stored === false ? null : best.image,
            },
            { what: 'still there', at: lastSeenAt, seconds },
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
