import { useState } from 'preact/hooks';
import type { NotificationsResource } from '../../../core/contract/notification.js';
import type {
  DeliveryResource,
  DeliveryState,
} from '../../../core/contract/notification-delivery.js';
import { texts } from '../../texts/texts.js';
import { api } from '../api.js';
import { formatAgo, formatDateTime, formatNumber } from '../format.js';
import { may } from '../session.js';
import { Badge } from '../ui/badge.js';
import { Button } from '../ui/button.js';
import { SelectField } from '../ui/field.js';
import { Loading } from '../ui/loading.js';
import { ErrorNotice, showToast, type Tone } from '../ui/notice.js';
import { Section } from '../ui/section.js';
import { type Column, Table } from '../ui/table.js';
import { useAction } from '../use-action.js';
import { useResource } from '../use-resource.js';

const words = texts.notifications;
const PAGE = 25;
const EVERY_SECONDS = 3;

interface Page {
  deliveries: DeliveryResource[];
  next: string | null;
}

interface DeliveriesProps {
  of: NotificationsResource;
  onChange(): void;
}

const STATES: DeliveryState[] = ['waiting', 'delivered', 'dropped'];
const TONES: Record<DeliveryState, Tone> = {
  waiting: 'warning',
  delivered: 'good',
  dropped: 'bad',
};

/** The queue and the history, with the last answer of each message. */
export function Deliveries({ of, onChange }: DeliveriesProps) {
  const [state, setState] = useState('');
  const [way, setWay] = useState('');
  /** Where the shown page and those before it begin. */
  const [cursors, setCursors] = useState<string[]>([]);
  const page = useResource<Page>('/notifications/deliveries', {
    query: { state, way, limit: PAGE, after: cursors.at(-1) },
    everySeconds: EVERY_SECONDS,
  });
  const filter = (set: (value: string) => void) => (value: string) => {
    setCursors([]);
    set(value);
  };
  const next = page.data?.next ?? null;
  const reload = () => {
    void page.reload();
    onChange();
  };
  return (
    <Section title={words.deliveries} help={words.deliveriesHelp}>
      <Queue of={of} />
      <div class="grid">
        <SelectField
          label={words.state}
          value={state}
          options={[
            { value: '', text: words.anyState },
            ...STATES.map((value) => ({ value, text: words.states[value] })),
          ]}
          onValue={filter(setState)}
        />
        <SelectField
          label={words.way}
          value={way}
          options={[
            { value: '', text: words.anyWay },
            ...of.ways.map(({ id, name }) => ({ value: id, text: name ?? id })),
          ]}
          onValue={filter(setWay)}
        />
      </div>
      {page.data ? (
        <Messages deliveries={page.data.deliveries} of={of} onChange={reload} />
      ) : (
        <Loading of={page} />
      )}
      <div class="row">
        {cursors.length > 0 && (
          <Button onClick={() => setCursors(cursors.slice(0, -1))}>{words.newer}</Button>
        )}
        {next !== null && (
          <Button onClick={() => setCursors([...cursors, next])}>{words.older}</Button>
        )}
      </div>
    </Section>
  );
}

const Queue = ({ of: { queue } }: { of: NotificationsResource }) => (
  <p>
    {words.queue(queue.waiting, formatNumber(queue.delivered))}{' '}
    {queue.dropped > 0 && words.lost(queue.dropped)}
  </p>
);

interface MessagesProps extends DeliveriesProps {
  deliveries: DeliveryResource[];
}

function Messages({ deliveries, of, onChange }: MessagesProps) {
  const retry = useAction(async ({ id }: DeliveryResource) => {
    await api.post(`/notifications/deliveries/${id}/retry`);
    showToast(words.retried);
    onChange();
  });
  const drop = useAction(async ({ id }: DeliveryResource) => {
    await api.delete(`/notifications/deliveries/${id}`);
    showToast(words.droppedOne);
    onChange();
  });
  const nameOf = (id: string) => of.ways.find((way) => way.id === id)?.name ?? id;
  const columns: Column<DeliveryResource>[] = [
    ...columnsOf(nameOf),
    ...(may('operator')
      ? [
          {
            title: words.actions,
            cell: (delivery: DeliveryResource) => (
              <div class="row">
                {delivery.state !== 'delivered' && (
                  <Button
                    aria-label={words.retryOf(delivery.title)}
                    onClick={() => void retry.run(delivery)}
                  >
                    {words.retry}
                  </Button>
                )}
                <Button
                  aria-label={words.dropOf(delivery.title)}
                  onClick={() => void drop.run(delivery)}
                >
                  {words.drop}
                </Button>
              </div>
            ),
          },
        ]
      : []),
  ];
  return (
    <>
      <ErrorNotice error={retry.error ?? drop.error} />
      <Table
        caption={words.deliveries}
        columns={columns}
        rows={deliveries}
        keyOf={({ id }) => id}
        empty={words.noDeliveries}
      />
    </>
  );
}

const columnsOf = (nameOf: (way: string) => string): Column<DeliveryResource>[] => [
  { title: words.created, cell: ({ createdAt }) => formatDateTime(createdAt) },
  {
    title: words.message,
    cell: ({ title, text }) => (
      <>
        <strong>{title}</strong>
        {text !== title && <div>{text}</div>}
      </>
    ),
  },
  { title: words.way, cell: ({ way }) => nameOf(way) },
  {
    title: words.state,
    cell: ({ state }) => <Badge tone={TONES[state]}>{words.states[state]}</Badge>,
  },
  { title: words.attempts, isNumber: true, cell: ({ attempts }) => formatNumber(attempts) },
  {
    title: words.lastAnswerTitle,
    cell: ({ lastAnswer, nextAttemptAt }) => (
      <>
        {lastAnswer?.text}
        {nextAttemptAt !== null && lastAnswer !== null && (
          <div class="muted">{words.nextAttempt(formatAgo(nextAttemptAt))}</div>
        )}
      </>
    ),
  },
];
