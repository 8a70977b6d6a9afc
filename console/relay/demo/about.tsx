import { useState } from 'preact/hooks';
import type { DemoAnswer } from '../../../core/contract/demo.js';
import { formatBytes, formatDuration, formatNumber } from '../../shared/format.js';
import { Button } from '../../shared/ui/button.js';
import { CopyButton } from '../../shared/ui/copy-button.js';
import { ErrorNotice, showToast } from '../../shared/ui/notice.js';
import { texts } from '../../texts/texts.js';
import type { Search } from './use-search.js';

const words = texts.demo;

/** Numbers of all sites together; nothing until they are known. */
export function Counters({ totals }: { totals: DemoAnswer['totals'] | undefined }) {
  const shown = [
    { value: totals?.images, text: words.images(totals?.images ?? 0) },
    { value: totals?.objects, text: words.objects(totals?.objects ?? 0) },
    { value: totals?.sites, text: words.sites(totals?.sites ?? 0) },
  ];
  return (
    <dl class="counters">
      {shown.map(({ value, text }) => (
        <div key={text}>
          <dt>{text}</dt>
          <dd>{value === undefined ? '–' : formatNumber(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

export function Command({ text, label }: { text: string; label: string }) {
  return (
    <div class="command">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a long line is scrolled with the keyboard, too. */}
      <section tabIndex={0} aria-label={words.line(label)}>
        <pre>
          <code>{text}</code>
        </pre>
      </section>
      <CopyButton text={text} label={`${texts.common.copy}: ${label}`} />
    </div>
  );
}

export function Curl({ line }: { line: string }) {
  return (
    <section class="card stack" aria-labelledby="curl">
      <h2 id="curl">{words.curl}</h2>
      <Command text={line} label={words.curl} />
      <p class="muted">
        {words.curlHelp}
        <a href="/docs">{words.curlApi}</a>.
      </p>
    </section>
  );
}

export function Privacy({ search, limits }: { search: Search; limits: DemoAnswer['limits'] }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const remove = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await search.deleteAll();
      showToast(words.deleted);
    } catch (fault) {
      setError(fault);
    } finally {
      setBusy(false);
    }
  };
  const { uploadsPerMinute, workerSecondsPerMinute, maxUploadBytes, maxPixels, keptMinutes } =
    limits;
  return (
    <section class="card stack" aria-labelledby="privacy">
      <h2 id="privacy">{words.privacy}</h2>
      <p>{words.kept(formatDuration(keptMinutes * 60))}</p>
      {search.sent.length > 0 && (
        <div>
          <Button look="danger" busy={busy} onClick={() => void remove()}>
            {words.deleteNow(search.sent.length)}
          </Button>
        </div>
      )}
      <ErrorNotice error={error} />
      <p class="muted">
        {words.limits(
          formatNumber(uploadsPerMinute),
          formatNumber(workerSecondsPerMinute),
          formatBytes(maxUploadBytes),
          formatNumber(maxPixels / 1_000_000),
        )}
      </p>
    </section>
  );
}

export function Install() {
  return (
    <section class="stack" aria-labelledby="install">
      <h2 id="install">{words.install}</h2>
      <div class="grid">
        {words.points.map(({ title, text }) => (
          <div key={title} class="card">
            <h3>{title}</h3>
            <p>{text}</p>
          </div>
        ))}
      </div>
      <p>{words.installHelp}</p>
      <Command text={words.installCommand} label={words.install} />
      <p>{words.tryHelp}</p>
      <Command text={words.tryCommand} label={words.tryHelp} />
    </section>
  );
}
