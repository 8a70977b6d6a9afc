import { useState } from 'preact/hooks';
import type { SiteStatusResource } from '../../../core/contract/site.js';
import { may } from '../../shared/session.js';
import { Button } from '../../shared/ui/button.js';
import { CopyText } from '../../shared/ui/copy-text.js';
import { Loading } from '../../shared/ui/loading.js';
import { Section } from '../../shared/ui/section.js';
import { useResource } from '../../shared/use-resource.js';
import { texts } from '../../texts/texts.js';
import { EnrolForm, type Enrolment } from './enrol-form.js';

const words = texts.cloud;

interface RelayProps {
  isConfigured: boolean;
  onEnrolled(): void;
}

/** Where the appliance is enrolled, and the enrolment with a code. */
export function Relay({ isConfigured, onEnrolled }: RelayProps) {
  if (!may('admin'))
    return isConfigured ? null : (
      <Section title={words.relay}>
        <p class="muted">{words.onlyAdmin}</p>
      </Section>
    );
  return <Enrolled isConfigured={isConfigured} onEnrolled={onEnrolled} />;
}

function Enrolled({ isConfigured, onEnrolled }: RelayProps) {
  const state = useResource<{ enrolment: Enrolment | null }>('/enrolment');
  const [again, setAgain] = useState(false);
  if (state.data === undefined) return <Loading of={state} />;
  const { enrolment } = state.data;
  const done = () => {
    setAgain(false);
    void state.reload();
    onEnrolled();
  };
  if (enrolment === null)
    return (
      <Section title={words.relay}>
        {isConfigured ? <p>{words.byFile}</p> : <FirstEnrolment onDone={done} />}
      </Section>
    );
  return (
    <Section
      title={words.relay}
      actions={!again && <Button onClick={() => setAgain(true)}>{words.enrolAgain}</Button>}
    >
      <dl class="facts">
        <dt>{words.enrolledAt}</dt>
        <dd>{enrolment.relay}</dd>
        <dt>{words.asSite}</dt>
        <dd>{enrolment.site}</dd>
        <dt>{words.broker}</dt>
        <dd>{enrolment.broker}</dd>
      </dl>
      {again && (
        <>
          <p class="muted">{words.enrolAgainHelp}</p>
          <EnrolForm onDone={done} onCancel={() => setAgain(false)} />
        </>
      )}
    </Section>
  );
}

function FirstEnrolment({ onDone }: { onDone(): void }) {
  const site = useResource<SiteStatusResource>('/site').data?.site;
  return (
    <>
      <EnrolForm onDone={onDone} />
      {site !== undefined && (
        <div class="card stack">
          <h3>{words.needs}</h3>
          <ol>
            {words.needsSteps(site).map((step) => (
              <li key={step}>{step}</li>
            ))}
          </ol>
          <CopyText label={words.siteName} value={site} />
        </div>
      )}
    </>
  );
}
