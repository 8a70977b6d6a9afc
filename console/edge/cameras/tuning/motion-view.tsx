import { useEffect, useState } from 'preact/hooks';
import type { MotionAnswer, MotionValues } from '../../../../core/contract/camera-management.js';
import { apiUrl } from '../../../shared/api.js';
import { formatAgo, formatNumber, formatPercent } from '../../../shared/format.js';
import { Badge } from '../../../shared/ui/badge.js';
import { ErrorNotice } from '../../../shared/ui/notice.js';
import { useResource } from '../../../shared/use-resource.js';
import { texts } from '../../../texts/texts.js';
import { cameraResource } from '../camera-path.js';
import { valueAt } from '../editor/draft.js';
import { useEditor } from '../editor/editor-context.js';
import { Fields, MotionMode } from '../editor/settings-tab.js';
import { useLatestPicture } from '../zones/use-latest-picture.js';

const words = texts.cameras.tuning.motion;
const ASK_EVERY_SECONDS = 2;
const KEPT = 60;
const CHART = { width: 600, height: 120 };

/** What the motion gate makes of each snapshot, beside the sensitivity that is tried. */
export function MotionView({ camera }: { camera: string }) {
  const { draft } = useEditor();
  const { data, error } = useResource<MotionAnswer>(`${cameraResource(camera)}/motion`, {
    everySeconds: ASK_EVERY_SECONDS,
  });
  const [values, setValues] = useState<MotionValues[]>([]);
  const last = data?.last ?? undefined;
  useEffect(() => {
    if (last) setValues((before) => withNew(before, last));
  }, [last?.at]);
  const own = valueAt(draft, 'motion.threshold');
  const threshold = typeof own === 'number' ? own : (data?.threshold ?? 6);
  return (
    <section class="card stack">
      <h2>{words.title}</h2>
      <div class="tuning">
        <div class="stack">
          <MotionMode />
          <Fields of="motion" />
        </div>
        <div class="stack">
          <ErrorNotice error={error} />
          {data && !data.enabled && <p class="muted">{words.off}</p>}
          {data && !last && <p class="muted">{words.none}</p>}
          {last && (
            <>
              <Now last={last} threshold={threshold} />
              <Chart values={values} threshold={threshold} />
              <Cells camera={camera} last={last} threshold={threshold} />
            </>
          )}
        </div>
      </div>
    </section>
  );
}

/** The newest last, each snapshot once. */
const withNew = (before: MotionValues[], last: MotionValues): MotionValues[] =>
  before.at(-1)?.at === last.at ? before : [...before, last].slice(-KEPT);

function Now({ last, threshold }: { last: MotionValues; threshold: number }) {
  const { at, change, changedShare, decision } = last;
  const isMotion = change >= threshold;
  return (
    <div role="status">
      <Badge tone={isMotion ? 'warning' : 'good'}>
        {isMotion ? words.wouldMove : words.wouldNot}
      </Badge>
      <p>
        {words.change}: {formatNumber(Math.round(change * 10) / 10)} · {words.threshold}:{' '}
        {formatNumber(threshold)} · {words.share(formatPercent(changedShare))}
      </p>
      <p class="muted">
        {words.at(formatAgo(at))}. {words.decisions[decision]}
      </p>
    </div>
  );
}

/** Bars of the change in the last snapshots; the threshold is a line across them. */
function Chart({ values, threshold }: { values: MotionValues[]; threshold: number }) {
  const { width, height } = CHART;
  const top = Math.max(threshold * 2, ...values.map(({ change }) => change));
  const bar = width / KEPT;
  const level = height - (threshold / top) * height;
  return (
    <svg
      class="motion-chart"
      role="img"
      aria-label={words.chart}
      viewBox={`0 0 ${width} ${height}`}
    >
      {values.map(({ at, change }, i) => {
        const size = (change / top) * height;
        return (
          <rect
            key={at}
            class={change >= threshold ? 'moved' : ''}
            x={i * bar}
            y={height - size}
            width={bar * 0.8}
            height={size}
          />
        );
      })}
      <line x1={0} x2={width} y1={level} y2={level} />
    </svg>
  );
}

interface CellsProps {
  camera: string;
  last: MotionValues;
  threshold: number;
}

/** The cells above the threshold, over the last stored snapshot. */
function Cells({ camera, last, threshold }: CellsProps) {
  const { picture } = useLatestPicture(camera, ASK_EVERY_SECONDS);
  const { columns, rows, cells } = last;
  return (
    <svg
      class="motion-cells"
      role="img"
      aria-label={words.cells}
      viewBox={`0 0 ${columns} ${rows}`}
    >
      {picture && (
        <image
          href={apiUrl(`/objectdetection/image/${picture.id}/thumbnail`, { width: 640 })}
          width={columns}
          height={rows}
          preserveAspectRatio="none"
        />
      )}
      {cells.map((change, i) =>
        change < threshold ? null : (
          <rect key={i} x={i % columns} y={Math.floor(i / columns)} width={1} height={1} />
        ),
      )}
    </svg>
  );
}
