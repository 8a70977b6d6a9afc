import { useState } from 'preact/hooks';
import type { NotificationsResource, WayResource } from '../../../core/contract/notification.js';
import { texts } from '../../texts/texts.js';
import { api } from '../api.js';
import { formatAgo } from '../format.js';
import { may } from '../session.js';
import { Badge } from '../ui/badge.js';
import { Button } from '../ui/button.js';
import { ConfirmDialog } from '../ui/dialog.js';
import { showToast } from '../ui/notice.js';
import { Section } from '../ui/section.js';
import { TestDialog } from './test-dialog.js';
import { WayDialog } from './way-dialog.js';
import { choiceOf } from './way-draft.js';

const words = texts.notifications;

interface WaysProps {
  of: NotificationsResource;
  hasOneBroker: boolean;
  onChange(): void;
}

type Opened =
  | { kind: 'edit'; way: WayResource | undefined }
  | { kind: 'remove'; way: WayResource }
  | { kind: 'test'; way: { id: string; name?: string | undefined } };

/** Where messages go. */
export function Ways({ of, hasOneBroker, onChange }: WaysProps) {
  const [opened, setOpened] = useState<Opened>();
  return (
    <Section
      title={words.ways}
      actions={
        may('admin') && (
          <Button
            look={of.ways.length === 0 ? 'primary' : 'plain'}
            onClick={() => setOpened({ kind: 'edit', way: undefined })}
          >
            {words.addWay}
          </Button>
        )
      }
    >
      {of.ways.length === 0 && <p class="muted">{words.noWay}</p>}
      <div class="grid">
        {of.ways.map((way) => (
          <Way key={way.id} way={way} onOpen={setOpened} />
        ))}
      </div>
      {opened && (
        <Opened
          {...{ of, opened, hasOneBroker, onChange }}
          onOpen={setOpened}
          onClose={() => setOpened(undefined)}
        />
      )}
    </Section>
  );
}

interface OpenedProps extends WaysProps {
  opened: Opened;
  onOpen(opened: Opened): void;
  onClose(): void;
}

function Opened({ of, opened, hasOneBroker, onOpen, onClose, onChange }: OpenedProps) {
  if (opened.kind === 'test')
    return <TestDialog key={opened.way.id} way={opened.way} onClose={onClose} onDone={onChange} />;
  if (opened.kind === 'edit') {
    const { way } = opened;
    // The dialog closes itself after this, and the test then takes its place.
    const saved = (tested: Pick<WayResource, 'id' | 'name'>) => {
      onChange();
      setTimeout(() => onOpen({ kind: 'test', way: tested }));
    };
    return <WayDialog {...{ of, way, hasOneBroker, onClose }} onDone={saved} />;
  }
  const { id, name = id } = opened.way;
  return (
    <ConfirmDialog
      title={words.removeWay(name)}
      action={texts.common.remove}
      onClose={onClose}
      onConfirm={async () => {
        await api.delete(`/notifications/ways/${id}`);
        showToast(words.wayRemoved(name));
        onChange();
      }}
    >
      <p>{words.removeWayText}</p>
    </ConfirmDialog>
  );
}

function Way({ way, onOpen }: { way: WayResource; onOpen(opened: Opened): void }) {
  const { id, name = id, readOnly, problem, waiting, dropped, lastAnswer } = way;
  return (
    <article class="card stack" aria-label={name}>
      <div class="row spread">
        <h3>{name}</h3>
        <State way={way} />
      </div>
      <p class="muted">
        {words.kinds[choiceOf(way)]}
        {way.kind === 'webhook' && way.url.shown !== undefined && `, ${way.url.shown}`}
        {way.kind === 'email' && `, ${way.to.join(', ')}`}
      </p>
      {problem !== null && <p class="error">{problem}</p>}
      <Failure way={way} />
      {lastAnswer !== null && (
        <p class="muted">{words.lastAnswer(lastAnswer.text, formatAgo(lastAnswer.at))}</p>
      )}
      {waiting > 0 && <p>{words.waitingFor(waiting)}</p>}
      {dropped > 0 && <p>{words.droppedBy(dropped)}</p>}
      {readOnly !== null && <p class="muted">{readOnly}</p>}
      <Actions way={way} onOpen={onOpen} />
    </article>
  );
}

function State({ way: { enabled, failures, problem, lastAnswer } }: { way: WayResource }) {
  if (problem !== null) return <Badge tone="bad">{words.secretMissing}</Badge>;
  if (!enabled) return <Badge>{words.switchedOff}</Badge>;
  if (failures > 0) return <Badge tone="bad">{words.fails}</Badge>;
  if (lastAnswer === null) return <Badge>{words.unused}</Badge>;
  return lastAnswer.ok ? (
    <Badge tone="good">{words.works}</Badge>
  ) : (
    <Badge tone="bad">{words.fails}</Badge>
  );
}

function Failure({ way: { failures, failingSince, nextAttemptAt } }: { way: WayResource }) {
  if (failures === 0 || failingSince === null) return null;
  return (
    <p>
      {words.failingSince(formatAgo(failingSince), failures)}{' '}
      {nextAttemptAt !== null && words.nextAttempt(formatAgo(nextAttemptAt))}
    </p>
  );
}

function Actions({ way, onOpen }: { way: WayResource; onOpen(opened: Opened): void }) {
  const { id, name = id } = way;
  return (
    <div class="row">
      {may('operator') && (
        <Button aria-label={words.testOf(name)} onClick={() => onOpen({ kind: 'test', way })}>
          {words.test}
        </Button>
      )}
      {may('admin') && way.readOnly === null && (
        <>
          <Button aria-label={words.editWay(name)} onClick={() => onOpen({ kind: 'edit', way })}>
            {texts.common.edit}
          </Button>
          <Button
            look="danger"
            aria-label={words.removeWay(name)}
            onClick={() => onOpen({ kind: 'remove', way })}
          >
            {texts.common.remove}
          </Button>
        </>
      )}
    </div>
  );
}
