import { useState } from 'preact/hooks';
import type { CameraTest } from '../../../../core/contract/camera-management.js';
import type { Detection, DetectorResource } from '../../../../core/contract/detection.js';
import { api } from '../../../shared/api.js';
import { formatDuration, formatNumber } from '../../../shared/format.js';
import { Button } from '../../../shared/ui/button.js';
import { ErrorNotice, Notice } from '../../../shared/ui/notice.js';
import { texts } from '../../../texts/texts.js';
import { DETECTORS } from '../detectors/catalogue.js';
import type { Draft } from '../editor/draft.js';
import { FoundBoxes } from '../found-boxes.js';
import './live-test.css';

const words = texts.cameras.add;

interface LiveTestProps {
  settings: Draft;
  onTested?(outcome: CameraTest['outcome']): void;
}

/** Asks the camera for a picture with settings that are not saved, and shows it or what is wrong. */
export function LiveTest({ settings, onTested }: LiveTestProps) {
  const [missing, setMissing] = useState<string[]>([]);
  const [result, setResult] = useState<CameraTest>();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const ask = async () => {
    setBusy(true);
    setError(undefined);
    setResult(undefined);
    try {
      const absent = await missingOf(settings);
      setMissing(absent);
      // The picture alone can be tried before a model is there.
      const { detectors: _d, labels: _l, parameters: _p, ...source } = settings;
      const tried = absent.length > 0 ? source : settings;
      const { test } = await api.post<{ test: CameraTest }>('/cameras/test', tried);
      setResult(test);
      onTested?.(test.outcome);
    } catch (fault) {
      setError(fault);
    } finally {
      setBusy(false);
    }
  };
  return (
    <div class="live-test stack" aria-live="polite">
      <div>
        <Button busy={busy} onClick={ask}>
          {words.test}
        </Button>
      </div>
      {busy && <p>{words.testing}</p>}
      {missing.length > 0 && <p class="muted">{words.testWithout(missing.join(', '))}</p>}
      <ErrorNotice error={error} />
      {result && <Outcome of={result} />}
    </div>
  );
}

/** Chosen detectors that cannot search yet. */
async function missingOf({ detectors }: Draft): Promise<string[]> {
  const chosen = (detectors as string[] | undefined) ?? [];
  if (chosen.length === 0) return [];
  const answer = await api.get<{ detectors: DetectorResource[] }>(DETECTORS);
  return answer.detectors
    .filter(({ id, status }) => status !== 'ready' && chosen.includes(id))
    .map(({ id }) => id);
}

function Outcome({ of: test }: { of: CameraTest }) {
  if (test.outcome === 'nothing') return <Notice>{test.message}</Notice>;
  if (test.outcome === 'failed')
    return (
      <Notice tone="bad">
        <p>{test.message}</p>
        <p>
          <strong>{words.whatToDo}</strong> {test.advice}
        </p>
      </Notice>
    );
  const { dataUrl, width, height, ms, detections } = test.picture;
  const took = ms < 1_000 ? `${formatNumber(ms)} ms` : formatDuration(ms / 1_000);
  return (
    <figure>
      {dataUrl === null ? (
        <p>{words.tooLarge}</p>
      ) : (
        <svg
          class="boxed"
          role="img"
          aria-label={words.testPicture}
          viewBox={`0 0 ${width} ${height}`}
        >
          <image href={dataUrl} width={width} height={height} />
          <FoundBoxes detections={detections} height={height} />
        </svg>
      )}
      <figcaption>
        <Notice tone="good">
          {words.tested(width, height, took)} {words.testFound(labelsIn(detections))}
        </Notice>
      </figcaption>
    </figure>
  );
}

/** "2 person, 1 car": the strongest first. */
function labelsIn(detections: Detection[]): string {
  const counts = new Map<string, number>();
  for (const { label } of detections) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts].map(([label, count]) => `${formatNumber(count)} ${label}`).join(', ');
}
