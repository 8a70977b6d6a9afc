import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type {
  LastUpgrade,
  UpgradeAdvice,
  UpgradeResource,
} from '../../../core/contract/upgrade.js';
import { formatAgo, formatDateTime, formatDuration } from '../../shared/format.js';
import { Badge } from '../../shared/ui/badge.js';
import { Button } from '../../shared/ui/button.js';
import { CopyText } from '../../shared/ui/copy-text.js';
import { ConfirmDialog } from '../../shared/ui/dialog.js';
import { ErrorNotice, Notice, type Tone } from '../../shared/ui/notice.js';
import { useAction } from '../../shared/use-action.js';
import { texts } from '../../texts/texts.js';
import { Card } from './card.js';
import {
  askUpgrade,
  isOtherVersion,
  lookForVersion,
  startUpgrade,
  upgrades,
} from './upgrade-state.js';
import './version.css';

const words = texts.upgrade;
const EVERY_MS = 10_000;
const WHILE_RUNNING_MS = 1_000;

/** The installed version, the newest one, and the upgrade to it, through the restart of the appliance. */
export function VersionCard() {
  const state = upgrades.state.value;
  const isRunning = state !== undefined && state.running !== null;
  useEffect(() => {
    void askUpgrade();
    const timer = setInterval(
      () => {
        if (!document.hidden) void askUpgrade();
      },
      isRunning ? WHILE_RUNNING_MS : EVERY_MS,
    );
    return () => clearInterval(timer);
  }, [isRunning]);
  if (state === undefined) return <ErrorNotice error={upgrades.error.value} />;
  return (
    <Card
      title={words.title}
      actions={state.newest !== null && <Badge tone="info">{words.available}</Badge>}
      facts={[
        [words.installed, state.installed],
        [words.newest, newestOf(state)],
        ...(state.installation === 'package' ? [[words.checked, checkedOf(state)] as const] : []),
      ]}
    >
      <div class="stack">
        {isOtherVersion.value && <NewPages />}
        {state.running === 'upgrade' ? <Progress of={state} /> : <Idle of={state} />}
        <ErrorNotice error={upgrades.error.value} />
      </div>
    </Card>
  );
}

const newestOf = ({ newest, checkedAt, problem }: UpgradeResource): string =>
  newest ?? (checkedAt === null || problem ? words.unknown : words.isNewest);

const checkedOf = ({ checkedAt }: UpgradeResource): string =>
  checkedAt === null
    ? words.never
    : words.checkedAt(formatDateTime(checkedAt), formatAgo(checkedAt));

const NewPages = () => (
  <Notice>
    <p>{words.newPages}</p>
    <Button onClick={() => location.reload()}>{words.reload}</Button>
  </Notice>
);

const Progress = ({ of: { phase } }: { of: UpgradeResource }) => (
  <>
    <p role="status">{upgrades.isAway.value ? words.away : phase && words.phases[phase]}</p>
    <progress aria-label={words.upgrading} />
  </>
);

function Idle({ of: state }: { of: UpgradeResource }) {
  const [asking, setAsking] = useState(false);
  const look = useAction(lookForVersion);
  const { installation, newest, obstacle, problem, last, running } = state;
  const isLooking = running === 'check';
  return (
    <>
      {last && isAbout(last, state) && <Last of={last} />}
      {problem && <Advice of={problem} text={words.notFound(problem.reason)} />}
      {obstacle && <Advice of={obstacle} text={obstacle.reason} tone="info" />}
      {installation === 'package' && (
        <div class="row">
          {newest !== null && !obstacle && (
            <Button look="primary" onClick={() => setAsking(true)}>
              {words.upgradeTo(newest)}
            </Button>
          )}
          <Button busy={look.busy || isLooking} onClick={() => void look.run()}>
            {isLooking ? words.looking : words.look}
          </Button>
        </div>
      )}
      <ErrorNotice error={look.error} />
      {asking && newest !== null && (
        <ConfirmDialog
          title={words.upgradeTo(newest)}
          action={words.upgrade}
          onConfirm={startUpgrade}
          onClose={() => setAsking(false)}
        >
          {words.question.map((text) => (
            <p key={text}>{text}</p>
          ))}
        </ConfirmDialog>
      )}
    </>
  );
}

/** One of before an upgrade by hand says nothing about what runs now. */
const isAbout = ({ from, to }: LastUpgrade, { installed }: UpgradeResource): boolean =>
  [from, to].includes(installed);

const TONES: Record<LastUpgrade['outcome'], Tone> = {
  upgraded: 'good',
  returned: 'warning',
  failed: 'warning',
  interrupted: 'warning',
};

function Last({ of: last }: { of: LastUpgrade }) {
  const { outcome, from, to, startedAt, finishedAt, fault, output } = last;
  const text = words.outcomes[outcome](from, to ?? words.aNewerVersion, fault?.reason ?? '');
  return (
    <Advice of={fault} text={text} tone={TONES[outcome]}>
      {startedAt !== null && finishedAt !== null && (
        <p>
          {words.took(
            formatDuration((Date.parse(finishedAt) - Date.parse(startedAt)) / 1_000),
            formatDateTime(finishedAt),
          )}
        </p>
      )}
      {output !== '' && (
        <details>
          <summary>{words.output}</summary>
          <pre class="apt-output">{output}</pre>
        </details>
      )}
    </Advice>
  );
}

interface AdviceProps {
  of: UpgradeAdvice | null;
  text: string;
  tone?: Tone;
  children?: ComponentChildren;
}

const Advice = ({ of, text, tone = 'warning', children }: AdviceProps) => (
  <Notice tone={tone}>
    <div class="version-advice">
      <p>{text}</p>
      {of && <p>{of.advice}</p>}
      {of?.command && <CopyText label={words.command} value={of.command} />}
      {children}
    </div>
  </Notice>
);
