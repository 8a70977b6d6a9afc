import { useEffect } from 'preact/hooks';
import { formatNumber } from '../../../shared/format.js';
import { Button } from '../../../shared/ui/button.js';
import { ErrorNotice, Notice } from '../../../shared/ui/notice.js';
import { Table } from '../../../shared/ui/table.js';
import { texts } from '../../../texts/texts.js';
import { Finder } from '../detectors/finder.js';
import { isSame } from '../editor/draft.js';
import { EditorProvider, useEditor } from '../editor/editor-context.js';
import { Fields } from '../editor/settings-tab.js';
import type { TrialSum } from './compare.js';
import { MotionView } from './motion-view.js';
import { SnapshotStrip, TrialPicture } from './trial-pictures.js';
import { type Trial, triedSettings, useTrial } from './use-trial.js';
import './tuning.css';

const words = texts.cameras.tuning;
const MANY = 100;
/** A slider that moves asks once, when it rests. */
const REST_MS = 400;

/** Values of the detection, tried on stored snapshots before they are saved; and what the motion gate sees. */
export function TuningTab({ camera }: { camera: string }) {
  const editor = useEditor();
  // What the file declares can be tried here, and is then written there.
  return (
    <EditorProvider value={{ ...editor, isReadOnly: false }}>
      <Values camera={camera} />
      {editor.isReadOnly && <ForFile />}
    </EditorProvider>
  );
}

function ForFile() {
  const { draft, original } = useEditor();
  const changed = Object.keys({ ...original, ...draft }).filter(
    (key) => !isSame(draft[key], original[key]),
  );
  if (changed.length === 0) return null;
  const lines = changed.map((key) =>
    draft[key] === undefined ? words.leaveOut(key) : `${key}: ${JSON.stringify(draft[key])}`,
  );
  return (
    <Notice>
      <p>{words.forFile}</p>
      <pre>{lines.join('\n')}</pre>
    </Notice>
  );
}

function Values({ camera }: { camera: string }) {
  const { draft } = useEditor();
  const one = useTrial(camera);
  const many = useTrial(camera);
  const key = JSON.stringify(triedSettings(draft));
  useEffect(() => {
    many.stop();
    const timer = setTimeout(() => one.run(draft, 1), REST_MS);
    return () => clearTimeout(timer);
  }, [key]);
  return (
    <div class="stack">
      <p class="muted">{words.help}</p>
      <div class="tuning">
        <section class="card stack">
          <h2>{words.values}</h2>
          <Fields of="detection" />
          <Finder />
        </section>
        <div class="stack">
          <LastSnapshot trial={one} />
          <ManySnapshots trial={many} onRun={() => many.run(draft, MANY)} />
        </div>
      </div>
      <MotionView camera={camera} />
    </div>
  );
}

function LastSnapshot({ trial: { result, error, isRunning } }: { trial: Trial }) {
  const [snapshot] = result?.snapshots ?? [];
  return (
    <section class="card stack" aria-busy={isRunning}>
      <h2>{words.last}</h2>
      <ErrorNotice error={error} />
      {snapshot && <TrialPicture snapshot={snapshot} />}
      {!snapshot && result && <p class="muted">{words.noSnapshots}</p>}
      <p role="status">{isRunning ? words.trying : result && sumOf(result)}</p>
    </section>
  );
}

const sumOf = ({ before, after, analysed }: TrialSum): string =>
  words.result(formatNumber(before), formatNumber(after), analysed);

interface ManyProps {
  trial: Trial;
  onRun(): void;
}

function ManySnapshots({ trial: { result, error, isRunning, stop }, onRun }: ManyProps) {
  return (
    <section class="card stack">
      <div class="row">
        <Button busy={isRunning} onClick={onRun}>
          {words.hundred}
        </Button>
        {isRunning && <Button onClick={stop}>{words.stop}</Button>}
      </div>
      <ErrorNotice error={error} />
      {isRunning && (
        <p role="status">
          {words.trying} {words.progress(result?.snapshots.length ?? 0)}
        </p>
      )}
      {result && (
        <>
          <p class="trial-sum" role="status">
            <strong>{sumOf(result)}</strong>
          </p>
          {result.labels.length > 0 && (
            <Table
              caption={words.hundred}
              rows={result.labels}
              keyOf={({ label }) => label}
              empty=""
              columns={[
                { title: words.label, cell: ({ label }) => label },
                {
                  title: words.before,
                  isNumber: true,
                  cell: ({ before }) => formatNumber(before),
                },
                { title: words.after, isNumber: true, cell: ({ after }) => formatNumber(after) },
              ]}
            />
          )}
          <SnapshotStrip snapshots={result.snapshots} />
        </>
      )}
    </section>
  );
}
