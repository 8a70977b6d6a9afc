import type { FindingResource, FindingsResource } from '../../../core/contract/system.js';
import { formatDuration, formatTime } from '../../shared/format.js';
import { Badge } from '../../shared/ui/badge.js';
import { Button } from '../../shared/ui/button.js';
import { ErrorNotice, Notice, type Tone } from '../../shared/ui/notice.js';
import { Section } from '../../shared/ui/section.js';
import { useAction } from '../../shared/use-action.js';
import { useResource } from '../../shared/use-resource.js';
import { texts } from '../../texts/texts.js';
import './checks.css';

const words = texts.system;

const TONES: Record<FindingResource['state'], Tone> = {
  ok: 'good',
  warning: 'warning',
  failure: 'bad',
};

/** What the doctor finds, with what to do. */
export function Checks() {
  const findings = useResource<FindingsResource>('/system/findings');
  const again = useAction(findings.reload);
  const { data, error, isLoading } = findings;
  return (
    <Section
      title={words.checks}
      help={words.checksHelp}
      actions={
        <Button busy={isLoading || again.busy} onClick={() => void again.run()}>
          {isLoading || again.busy ? words.checking : words.checkAgain}
        </Button>
      }
    >
      <ErrorNotice error={error} />
      {data ? <Results of={data} /> : isLoading && <p role="status">{words.checking}…</p>}
    </Section>
  );
}

function Results({ of: { findings, at, tookMs } }: { of: FindingsResource }) {
  const problems = findings.filter(({ state }) => state !== 'ok');
  const good = findings.filter(({ state }) => state === 'ok');
  const failures = problems.filter(({ state }) => state === 'failure').length;
  const sorted = problems.toSorted((a, b) => a.state.localeCompare(b.state));
  return (
    <div class="stack">
      <div>
        {problems.length === 0 ? (
          <Badge tone="good">{words.noProblems}</Badge>
        ) : (
          <Badge tone={failures > 0 ? 'bad' : 'warning'}>
            {words.problems(failures, problems.length - failures)}
          </Badge>
        )}
      </div>
      {sorted.map((finding) => (
        <Problem key={`${finding.about} ${finding.text}`} finding={finding} />
      ))}
      <details>
        <summary>{words.inOrder(good.length)}</summary>
        <dl class="facts findings">
          {good.map(({ about, text }) => (
            <>
              <dt>{about}</dt>
              <dd>{text}</dd>
            </>
          ))}
        </dl>
      </details>
      <p class="muted">
        {words.checkedAt(formatTime(at), formatDuration(Math.max(1, tookMs / 1_000)))}
      </p>
    </div>
  );
}

const Problem = ({ finding: { about, state, text, advice } }: { finding: FindingResource }) => (
  <Notice tone={TONES[state]}>
    <p>
      <strong>
        {words.states[state]}: {about}
      </strong>
    </p>
    <p>{text}</p>
    {advice !== null && (
      <p>
        {words.whatToDo} {advice}
      </p>
    )}
  </Notice>
);
