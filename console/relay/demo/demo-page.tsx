import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { DemoAnswer } from '../../../core/contract/demo.js';
import type { DetectorResource } from '../../../core/contract/detection.js';
import { Loading } from '../../shared/ui/loading.js';
import { Toasts } from '../../shared/ui/notice.js';
import { useResource } from '../../shared/use-resource.js';
import { texts } from '../../texts/texts.js';
import { Counters, Curl, Install, Privacy } from './about.js';
import { DetectorChoice } from './detector-choice.js';
import { PictureButtons, Samples, useDropAndPaste } from './picture-source.js';
import { PictureView } from './picture-view.js';
import { Refusal, Results } from './results.js';
import { curlLine, noOptions, type SearchOptions } from './search-options.js';
import { type Search, useSearch } from './use-search.js';
import './demo-page.css';

const words = texts.demo;
const COUNTERS_SECONDS = 15;

/** Anyone tries the image API here. */
export function DemoPage() {
  const demo = useResource<DemoAnswer>('/demo', { everySeconds: COUNTERS_SECONDS });
  const catalog = useResource<{ detectors: DetectorResource[] }>('/objectdetection/detectors');
  const detectors = useMemo(
    () => (catalog.data?.detectors ?? []).filter(({ status }) => status === 'ready'),
    [catalog.data],
  );
  const [options, setOptions] = useState<SearchOptions>(noOptions);
  useEffect(() => {
    const usual = detectors.filter((one) => one.default).map(({ id }) => id);
    if (usual.length > 0) setOptions((now) => ({ ...now, detectors: usual }));
  }, [detectors]);
  const search = useSearch(options, demo.data?.limits);
  useEffect(() => {
    document.title = words.windowTitle;
  }, []);
  useEffect(() => {
    if (search.result) void demo.reload();
  }, [search.result]);
  return (
    <div class="demo">
      <Top />
      <main class="stack">
        <div class="hero">
          <h1>{words.title}</h1>
          <p class="lead">{words.lead}</p>
          <Counters totals={demo.data?.totals} />
        </div>
        <Workbench
          search={search}
          options={options}
          onAnyway={() => setOptions({ ...options, acceptsDamaged: true })}
        >
          {catalog.data ? (
            <DetectorChoice detectors={detectors} options={options} onChange={setOptions} />
          ) : (
            <Loading of={catalog} />
          )}
        </Workbench>
        <Curl
          line={curlLine(options, {
            origin: location.origin,
            name: search.picture?.name ?? 'picture.jpg',
            source: search.picture?.source,
          })}
        />
        {demo.data && <Privacy search={search} limits={demo.data.limits} />}
        <Install />
      </main>
      <Toasts />
    </div>
  );
}

function Top() {
  return (
    <header class="top">
      <a class="brand" href="/">
        <img src="/icon.svg" alt="" width="28" height="28" />
        Siteglass
      </a>
      <nav class="row" aria-label={words.navigation}>
        <a href="/docs">{words.api}</a>
        <a href="/fleet">{words.logIn}</a>
      </nav>
    </header>
  );
}

interface WorkbenchProps {
  search: Search;
  options: SearchOptions;
  onAnyway(): void;
  children: ComponentChildren;
}

/** The picture with its boxes on one side, what to find and what was found on the other. */
function Workbench({ search, onAnyway, children }: WorkbenchProps) {
  const { picture, result, error, busy, take } = search;
  const isOver = useDropAndPaste(take);
  const [shown, setShown] = useState<number>();
  return (
    <div class="workbench">
      <div class="stack column">
        <section
          class={`drop${isOver ? ' over' : ''}${picture ? ' full' : ''}`}
          aria-label={words.dropTitle}
          aria-busy={busy !== undefined}
        >
          {picture ? (
            <PictureView picture={picture} result={result} shown={shown} />
          ) : (
            <p class="hint">
              <strong>{isOver ? words.dropNow : words.dropHere}</strong>
              <span>{words.orPaste}</span>
            </p>
          )}
          <PictureButtons take={take} hasPicture={picture !== undefined} />
          <p class="busy" role="status">
            {busy && (busy === 'preparing' ? words.preparing : words.searching)}
          </p>
        </section>
        <Samples take={take} />
      </div>
      <div class="stack column">
        <div class="outcome">
          {error !== undefined && !busy && <Refusal search={search} onAnyway={onAnyway} />}
          {result && <Results result={result} onShow={setShown} />}
        </div>
        {children}
      </div>
    </div>
  );
}
