import { useEffect, useState } from 'preact/hooks';
import { ApiError } from '../../shared/api.js';
import { formatDuration, formatNumber, formatPercent } from '../../shared/format.js';
import { Button } from '../../shared/ui/button.js';
import { Notice } from '../../shared/ui/notice.js';
import { texts } from '../../texts/texts.js';
import type { Analysed, Search } from './use-search.js';

const words = texts.demo;

/** More are on the picture and in the JSON. */
const MOST_LISTED = 100;

const milliseconds = (ms: number): string =>
  formatNumber(ms < 10 ? Math.round(10 * ms) / 10 : Math.round(ms));

interface ResultsProps {
  result: Analysed;
  onShow(index: number | undefined): void;
}

export function Results({ result, onShow }: ResultsProps) {
  const { detections, image, omitted, times, cached, damaged } = result;
  const isWaiting = times.queueMs >= 100;
  return (
    <section class="card stack" aria-labelledby="results">
      <div role="status">
        <h2 id="results">
          {detections.length === 0 ? words.nothing : words.found(detections.length)}
        </h2>
      </div>
      {detections.length === 0 ? (
        <p>{words.nothingHelp}</p>
      ) : (
        <ol class="found">
          {detections.slice(0, MOST_LISTED).map(({ label, confidence, detector, box }, i) => (
            <li key={i}>
              <button
                type="button"
                onMouseEnter={() => onShow(i)}
                onMouseLeave={() => onShow(undefined)}
                onFocus={() => onShow(i)}
                onBlur={() => onShow(undefined)}
              >
                <span class="what">
                  <strong>{label}</strong>
                  <span class="muted">
                    {detector}, {formatNumber(box.width)} × {formatNumber(box.height)} px
                  </span>
                </span>
                <span class="how">
                  <meter min={0} max={1} value={confidence} aria-label={words.confidence} />
                  <span>{formatPercent(confidence)}</span>
                </span>
              </button>
            </li>
          ))}
        </ol>
      )}
      {omitted !== undefined && <p class="muted">{words.omitted(omitted)}</p>}
      {damaged && <Notice tone="warning">{words.damaged}</Notice>}
      <p class="muted">
        {words.times(milliseconds(times.decodeMs), milliseconds(times.detectMs))}
        {isWaiting && `, ${words.waited(milliseconds(times.queueMs))}`}
        {`. ${cached ? words.cached : ''}`}
      </p>
      <div class="row">
        <a class="button" href={image.links.processed} target="_blank" rel="noopener">
          {words.drawn}
        </a>
        <a class="button" href={image.links.detections} target="_blank" rel="noopener">
          {words.json}
        </a>
      </div>
    </section>
  );
}

const SMALLER = ['too_many_bytes', 'too_many_pixels', 'image_too_costly', 'detection_timeout'];

/** Why a picture was not searched, in words, with what helps. */
export function Refusal({ search, onAnyway }: { search: Search; onAnyway(): void }) {
  const { error, picture } = search;
  const { code, detail } = error instanceof ApiError ? error.problem : {};
  const retryAfter = error instanceof ApiError ? error.retryAfterSeconds : undefined;
  const left = useCountdown(error, retryAfter);
  const known = code === undefined ? undefined : words.refusals[code];
  const own = detail ?? (error instanceof Error ? error.message : String(error));
  const isSearchTooLarge = code === 'invalid_parameter' && own.includes('egapixel');
  const canShrink = picture?.size && (SMALLER.includes(code ?? '') || isSearchTooLarge);
  return (
    <section class="card stack">
      <h2>{words.refusedTitle}</h2>
      <Notice tone="bad">
        {known && <p>{known}</p>}
        <p class={known && 'muted'}>{own}</p>
      </Notice>
      {left > 0 && <p>{words.againIn(formatDuration(left))}</p>}
      <div class="row">
        {canShrink && (
          <Button look="primary" onClick={() => void search.trySmaller()}>
            {words.smaller}
          </Button>
        )}
        {code === 'image_damaged' && (
          <Button look="primary" onClick={onAnyway}>
            {words.anyway}
          </Button>
        )}
        {picture && (
          <Button disabled={left > 0} onClick={search.again}>
            {words.again}
          </Button>
        )}
      </div>
    </section>
  );
}

/** The seconds until it may be tried again. */
function useCountdown(error: unknown, seconds = 0): number {
  const [left, setLeft] = useState(0);
  useEffect(() => {
    const end = Date.now() + seconds * 1_000;
    const update = () => setLeft(Math.max(0, Math.ceil((end - Date.now()) / 1_000)));
    update();
    const timer = setInterval(update, 1_000);
    return () => clearInterval(timer);
  }, [error]);
  return left;
}
