import { useId, useState } from 'preact/hooks';
import type { DetectorResource } from '../../../../core/contract/detection.js';
import { Button } from '../../../shared/ui/button.js';
import { TextField } from '../../../shared/ui/field.js';
import { Loading } from '../../../shared/ui/loading.js';
import { Notice } from '../../../shared/ui/notice.js';
import { texts } from '../../../texts/texts.js';
import { useEditor } from '../editor/editor-context.js';
import { type Catalogue, detectorsFor, labelsOf, useCatalogue } from './catalogue.js';
import { DownloadOffer } from './download-offer.js';

const words = texts.cameras.detectors.finder;

/** What a camera should find; `isTitled` if a heading above says so. The detectors follow from it, and can be chosen by hand as well. */
export function Finder({ isTitled = false }: { isTitled?: boolean }) {
  const catalogue = useCatalogue();
  if (catalogue.data === undefined) return <Loading of={catalogue} />;
  return <Choice catalogue={catalogue} detectors={catalogue.data.detectors} isTitled={isTitled} />;
}

interface ChoiceProps {
  catalogue: Catalogue;
  detectors: DetectorResource[];
}

function Choice({ catalogue, detectors, isTitled }: ChoiceProps & { isTitled: boolean }) {
  const { draft, set, replace, errorAt, isReadOnly } = useEditor();
  const chosenIds = (draft.detectors as string[] | undefined) ?? [];
  const labels = (draft.labels as string[] | undefined) ?? wholeLabels(chosenIds, detectors);
  const { usual, all } = labelsOf(detectors);
  const shown = [...new Set([...usual, ...labels])];
  const choose = (next: string[]) => {
    const found = detectorsFor(next, detectors);
    const findsMore = found.some((one) => one.labels.some((label) => !next.includes(label)));
    const { labels: _l, detectors: _d, ...others } = draft;
    replace({
      ...others,
      ...(next.length > 0 && { detectors: found.map(({ id }) => id) }),
      ...(next.length > 0 && findsMore && { labels: next }),
    } as typeof draft);
  };
  const toggle = (label: string) =>
    choose(labels.includes(label) ? labels.filter((one) => one !== label) : [...labels, label]);
  return (
    <div class="stack">
      <fieldset class="plain">
        <legend class={isTitled ? 'visually-hidden' : undefined}>{words.labelsLegend}</legend>
        <div class="row">
          {shown.map((label) => (
            <label key={label} class="chip">
              <input
                type="checkbox"
                checked={labels.includes(label)}
                disabled={isReadOnly}
                onChange={() => toggle(label)}
              />
              {label}
            </label>
          ))}
        </div>
        {errorAt('labels') && <p class="error">{errorAt('labels')}</p>}
      </fieldset>
      {!isReadOnly && all.length > shown.length && (
        <OtherLabel all={all} onAdd={(label) => !labels.includes(label) && toggle(label)} />
      )}
      <Chosen ids={chosenIds} catalogue={catalogue} detectors={detectors} />
      <ByHand
        detectors={detectors}
        chosen={chosenIds}
        error={errorAt('detectors')}
        isReadOnly={isReadOnly}
        onChange={(ids) => set('detectors', ids.length === 0 ? undefined : ids)}
      />
    </div>
  );
}

/** Detectors with one or a few labels find all of them if no label is named. */
const wholeLabels = (ids: string[], detectors: DetectorResource[]): string[] =>
  detectors
    .filter(({ id, labels }) => ids.includes(id) && labels.length <= 5)
    .flatMap(({ labels }) => labels);

function OtherLabel({ all, onAdd }: { all: string[]; onAdd(label: string): void }) {
  const [text, setText] = useState('');
  const [unknown, setUnknown] = useState<string>();
  const list = useId();
  const add = () => {
    const label = all.find((one) => one.toLowerCase() === text.trim().toLowerCase());
    setUnknown(label === undefined ? text.trim() : undefined);
    if (label === undefined) return;
    onAdd(label);
    setText('');
  };
  return (
    <div class="with-button">
      <TextField
        label={words.search}
        help={words.searchHelp(texts.cameras.detectors.finder.countOf(all.length))}
        error={unknown === undefined ? undefined : words.unknown(unknown)}
        list={list}
        value={text}
        onValue={setText}
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return;
          event.preventDefault();
          add();
        }}
      />
      <datalist id={list}>
        {all.map((label) => (
          <option key={label} value={label} />
        ))}
      </datalist>
      <Button onClick={add} disabled={text.trim() === ''}>
        {words.addLabel}
      </Button>
    </div>
  );
}

interface ChosenProps extends ChoiceProps {
  ids: string[];
}

function Chosen({ ids, catalogue, detectors }: ChosenProps) {
  const chosen = detectors.filter(({ id }) => ids.includes(id));
  if (chosen.length === 0) {
    const usual = detectors.filter((one) => one.default).map(({ id }) => id);
    return <p class="muted">{words.nothing(usual.join(', '))}</p>;
  }
  return (
    <>
      <p class="muted">
        {words.with} {chosen.map(({ id }) => id).join(', ')}
      </p>
      {chosen.map((one) => {
        if (one.status === 'available')
          return <DownloadOffer key={one.id} detector={one} onBegun={catalogue.reload} />;
        if (one.status === 'ready') return null;
        return (
          <Notice key={one.id} tone="bad">
            {words.notThere(one.id, one.reason ?? texts.common.unknown)}
          </Notice>
        );
      })}
    </>
  );
}

interface ByHandProps {
  detectors: DetectorResource[];
  chosen: string[];
  error: string | undefined;
  isReadOnly: boolean;
  onChange(ids: string[]): void;
}

function ByHand({ detectors, chosen, error, isReadOnly, onChange }: ByHandProps) {
  const toggle = (id: string) =>
    onChange(chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id]);
  return (
    <details open={error !== undefined}>
      <summary>{words.choose}</summary>
      <fieldset class="plain">
        <legend class="visually-hidden">{words.detectorsLegend}</legend>
        {detectors.map(({ id, title, status, labels }) => (
          <label key={id} class="check">
            <input
              type="checkbox"
              checked={chosen.includes(id)}
              disabled={isReadOnly}
              onChange={() => toggle(id)}
            />
            <span>
              {title ?? id}{' '}
              <span class="muted">
                {title !== undefined && `${id}, `}
                {labels.length <= 3 ? labels.join(', ') : words.countOf(labels.length)},{' '}
                {texts.cameras.detectors.states[status]}
              </span>
            </span>
          </label>
        ))}
        {error && <p class="error">{error}</p>}
      </fieldset>
    </details>
  );
}
