import type { LiveCamera, LivePresent } from '../../../core/contract/live.js';
import { formatDuration, formatNumber } from '../../shared/format.js';
import { texts } from '../../texts/texts.js';
import { For } from './age.js';
import { nameOf } from './live-choices.js';
import './present.css';

const words = texts.live;

interface Group {
  label: string;
  count: number;
  since: string;
  isStatic: boolean;
}

/** Objects of the same label together, those that move first. */
function grouped(present: readonly LivePresent[]): Group[] {
  const groups = new Map<string, Group>();
  for (const { label, startedAt, static: isStatic } of present) {
    const key = `${label}/${isStatic}`;
    const group = groups.get(key);
    if (!group) groups.set(key, { label, count: 1, since: startedAt, isStatic });
    else {
      group.count += 1;
      if (startedAt < group.since) group.since = startedAt;
    }
  }
  return [...groups.values()].sort((a, b) => Number(a.isStatic) - Number(b.isStatic));
}

const duration = (seconds: number) => words.since(formatDuration(seconds));

/** What is at a camera now: how many of each label, and since when. */
export function Present({ camera }: { camera: LiveCamera }) {
  const groups = grouped(camera.present);
  if (groups.length === 0) return <p class="muted nothing">{words.nothingPresent}</p>;
  return (
    <ul class="present" aria-label={words.presentOf(nameOf(camera))}>
      {groups.map(({ label, count, since, isStatic }) => (
        <li key={`${label}/${isStatic}`} class={isStatic ? 'static' : undefined}>
          <strong>{formatNumber(count)}</strong> {label}{' '}
          <span class="muted">
            {isStatic && `${words.static} `}
            <For since={since} text={duration} />
          </span>
        </li>
      ))}
    </ul>
  );
}
