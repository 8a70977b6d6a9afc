import type { NotificationRule } from '../../core/contract/notification.js';
import type { Trigger } from '../../core/contract/notification-trigger.js';
import type { DiskBudget } from '../../core/images/disk-budget.js';
import {
  type Condition,
  type ConditionSource,
  noHappening,
} from '../../core/notifications/occurrence.js';
import { type Clock, duration, toIsoString } from '../../core/runtime/clock.js';
import type { CameraStatus } from '../cameras/camera-status.js';

const HOLD_MS = 60_000;
const DEFAULT_BACKLOG = 1_000;
const DEFAULT_MINUTES = 10;
const MEGABYTE = 1_000_000;

export interface ConditionParts {
  site: string;
  statuses(): CameraStatus[];
  disk: Pick<DiskBudget, 'writeFailure' | 'isSpent' | 'freeBytes' | 'reserveBytes'>;
  /** What is wrong with the way to the relay; undefined if nothing is. */
  relayProblem(): Promise<string | undefined>;
  /** False if there is no relay. */
  hasRelay: boolean;
  backlog(): Promise<number>;
  wall: Clock;
}

/** The conditions of the appliance, apart from those of objects and logins. */
export function edgeConditions(parts: ConditionParts): ConditionSource[] {
  return [
    cameraSource(parts, 'camera_offline', false, (status) => offline(status)),
    cameraSource(parts, 'no_picture', true, noPicture),
    ownSource(parts, 'disk', 1, (rule) => diskState(parts, rule)),
    ownSource(parts, 'relay_away', 5, () => relayState(parts)),
    ownSource(parts, 'backlog', 5, (rule) => backlogState(parts, rule)),
  ];
}

interface State {
  state: Condition['state'];
  text: string;
  recovered: string;
}

function cameraSource(
  { site, statuses, wall }: ConditionParts,
  when: Trigger,
  measuresTime: boolean,
  stateOf: (status: CameraStatus, rule: NotificationRule) => State,
): ConditionSource {
  return {
    ...{ when, measuresTime, afterMinutes: 5, holdMs: HOLD_MS },
    conditions: async (rule) =>
      statuses().map((status) => {
        const { state, text, recovered } = stateOf(status, rule);
        const { id, name } = status;
        const happening = {
          ...noHappening(toIsoString(wall()), text),
          ...{ site, camera: id, cameraName: name ?? id },
        };
        return { id, when, subject: id, state, recovered, happening };
      }),
  };
}

function ownSource(
  { site, wall }: ConditionParts,
  when: Trigger,
  afterMinutes: number,
  stateOf: (rule: NotificationRule) => Promise<State>,
): ConditionSource {
  return {
    ...{ when, afterMinutes, holdMs: HOLD_MS },
    conditions: async (rule) => {
      const { state, text, recovered } = await stateOf(rule);
      const happening = { ...noHappening(toIsoString(wall()), text), site };
      return [{ id: when, when, subject: when, state, recovered, happening }];
    },
  };
}

/** While a camera starts or is paused nothing is known of it. */
const isSilent = ({ state }: CameraStatus) => state === 'starting' || state === 'paused';

function offline(status: CameraStatus): State {
  const { id, name, state, lastError } = status;
  return {
    state: isSilent(status) ? 'unknown' : state === 'offline' ? 'problem' : 'ok',
    text: `${name ?? id} is offline${lastError ? `: ${lastError}` : ''}`,
    recovered: `${name ?? id} is online again`,
  };
}

function noPicture(
  status: CameraStatus,
  { afterMinutes = DEFAULT_MINUTES }: NotificationRule,
): State {
  const { id, name, state, pictureAgeSeconds: age } = status;
  const why = state === 'frozen' ? ': it sends the same picture again and again' : '';
  return {
    state: isSilent(status) ? 'unknown' : age >= afterMinutes * 60 ? 'problem' : 'ok',
    text: `${name ?? id} has sent no new picture for ${duration(age)}${why}`,
    recovered: `${name ?? id} sends new pictures again`,
  };
}

async function diskState(
  { disk }: ConditionParts,
  { threshold }: NotificationRule,
): Promise<State> {
  const free = await disk.freeBytes();
  const least = threshold === undefined ? disk.reserveBytes : threshold * MEGABYTE;
  const reason =
    disk.writeFailure ??
    (free < least ? `${Math.round(free / MEGABYTE)} MB are free on the disk` : undefined) ??
    ((await disk.isSpent()) ? 'the disk budget is spent' : undefined);
  return {
    state: reason === undefined ? 'ok' : 'problem',
    text: reason ?? '',
    recovered: 'the disk can be written again and has enough space',
  };
}

async function relayState({ hasRelay, relayProblem }: ConditionParts): Promise<State> {
  const problem = hasRelay ? await relayProblem() : undefined;
  return {
    state: problem === undefined ? 'ok' : 'problem',
    text: problem ?? '',
    recovered: 'the relay is connected and acknowledges summaries again',
  };
}

async function backlogState(
  { backlog }: ConditionParts,
  { threshold = DEFAULT_BACKLOG }: NotificationRule,
): Promise<State> {
  const waiting = await backlog();
  return {
    state: waiting >= threshold ? 'problem' : 'ok',
    text: `${waiting} summaries wait for the relay`,
    recovered: `fewer than ${threshold} summaries wait for the relay`,
  };
}
