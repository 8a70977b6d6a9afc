import type { NotificationsResource } from '../../../core/contract/notification.js';
import { texts } from '../../texts/texts.js';
import { Loading } from '../ui/loading.js';
import { ErrorNotice, Notice } from '../ui/notice.js';
import { useResource } from '../use-resource.js';
import type { RuleChoices } from './choices.js';
import { Deliveries } from './deliveries.js';
import { Rules } from './rules.js';
import { Ways } from './ways.js';

const words = texts.notifications;
const EVERY_SECONDS = 5;

interface NotificationsViewProps {
  choices: RuleChoices;
  /** Whether messages over MQTT have one broker alone, as at the relay. */
  hasOneBroker?: boolean;
}

/** Rules, ways and messages of a program: the appliance and the relay have the same API. */
export function NotificationsView({ choices, hasOneBroker = false }: NotificationsViewProps) {
  const notifications = useResource<NotificationsResource>('/notifications', {
    everySeconds: EVERY_SECONDS,
  });
  const { data, error, reload } = notifications;
  if (data === undefined) return <Loading of={notifications} />;
  const onChange = () => void reload();
  const isEmpty = data.ways.length === 0 && data.rules.length === 0;
  return (
    <>
      <ErrorNotice error={error} />
      {isEmpty && (
        <Notice>
          <p>
            <strong>{words.firstSteps}</strong>
          </p>
          <p>{words.firstStepsHelp}</p>
        </Notice>
      )}
      <Ways of={data} {...{ hasOneBroker, onChange }} />
      <Rules of={data} {...{ choices, onChange }} />
      {!isEmpty && <Deliveries of={data} onChange={onChange} />}
    </>
  );
}
