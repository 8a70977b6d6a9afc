import type { LiveCamera } from '../../../core/contract/live.js';
import { remembered } from '../../shared/remembered.js';

export const boxesShown = remembered<boolean>('boxes', true);

export type Show = 'all' | 'occupied' | 'problems';
export type Sort = 'order' | 'name' | 'newest' | 'problems';

export const nameOf = ({ name, id }: Pick<LiveCamera, 'name' | 'id'>): string => name ?? id;

const hasProblem = ({ state }: LiveCamera): boolean =>
  state === 'frozen' || state === 'stale' || state === 'offline';

/** Whether a picture of a camera in this state is no longer what is to be seen there. */
export const isOld = (state: LiveCamera['state']): boolean =>
  state !== 'online' && state !== 'starting';

const isShown: Record<Show, (camera: LiveCamera) => boolean> = {
  all: () => true,
  occupied: ({ present }) => present.some((object) => !object.static),
  problems: hasProblem,
};

const byName = (a: LiveCamera, b: LiveCamera) =>
  nameOf(a).localeCompare(nameOf(b), undefined, { numeric: true });

const inOrder: Record<Sort, ((a: LiveCamera, b: LiveCamera) => number) | undefined> = {
  order: undefined,
  name: byName,
  newest: (a, b) => (b.picture?.takenAt ?? '').localeCompare(a.picture?.takenAt ?? ''),
  problems: (a, b) => Number(hasProblem(b)) - Number(hasProblem(a)) || byName(a, b),
};

export interface Choice {
  search: string;
  show: Show;
  sort: Sort;
}

/** The cameras that a choice shows, in its order. */
export function chosenCameras(
  cameras: readonly LiveCamera[],
  { search, show, sort }: Choice,
): LiveCamera[] {
  const wanted = search.trim().toLocaleLowerCase();
  const shown = cameras.filter(
    (camera) =>
      isShown[show](camera) &&
      `${camera.name ?? ''} ${camera.id}`.toLocaleLowerCase().includes(wanted),
  );
  return inOrder[sort] ? shown.sort(inOrder[sort]) : shown;
}
