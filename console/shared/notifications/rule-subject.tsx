import { texts } from '../../texts/texts.js';
import { CheckList } from '../ui/check-list.js';
import { ChipsField } from '../ui/chips-field.js';
import { fieldErrorOf } from '../use-action.js';
import type { RuleChoices } from './choices.js';
import { NumberField } from './number-field.js';
import {
  counted,
  DEFAULT_THRESHOLD,
  lasts,
  minutesOf,
  namesCameras,
  namesObjects,
  namesSites,
  type RuleDraft,
} from './rule-draft.js';

const words = texts.notifications;

interface RuleSubjectProps {
  draft: RuleDraft;
  choices: RuleChoices;
  error: unknown;
  onValue(part: Partial<RuleDraft>): void;
}

/** What a rule is about: which objects, cameras and sites, how long and how many. */
export function RuleSubject({ draft, choices, error, onValue }: RuleSubjectProps) {
  const { when } = draft;
  const count = counted(when);
  return (
    <>
      {namesObjects(when) && <Objects {...{ draft, choices, error, onValue }} />}
      {namesSites(when) && choices.sites.length > 0 && (
        <ChipsField
          label={words.sites}
          help={words.emptyIsAll}
          suggestions={choices.sites}
          chosen={draft.sites}
          onValue={(sites) => onValue({ sites })}
        />
      )}
      {namesCameras(when) && choices.hasOtherCameras && (
        <ChipsField
          label={words.cameras}
          help={words.camerasOfSites}
          suggestions={choices.cameras.map(({ id }) => id)}
          chosen={draft.cameras}
          onValue={(cameras) => onValue({ cameras })}
          error={fieldErrorOf(error, 'cameras')}
        />
      )}
      {namesCameras(when) && !choices.hasOtherCameras && choices.cameras.length > 0 && (
        <CheckList
          label={words.cameras}
          help={words.emptyIsAll}
          options={choices.cameras.map(({ id, name }) => ({ value: id, text: name }))}
          chosen={draft.cameras}
          onValue={(cameras) => onValue({ cameras })}
        />
      )}
      {lasts(when) && (
        <NumberField
          label={words.afterMinutes}
          help={words.afterMinutesHelp}
          min={0}
          max={10_080}
          placeholder={String(minutesOf({ ...draft, afterMinutes: undefined }))}
          value={draft.afterMinutes}
          onValue={(afterMinutes) => onValue({ afterMinutes })}
          error={fieldErrorOf(error, 'afterMinutes')}
        />
      )}
      {count && (
        <NumberField
          label={words.thresholds[count]}
          {...(count === 'disk' && { help: words.diskHelp })}
          min={1}
          max={1_000_000_000}
          placeholder={String(DEFAULT_THRESHOLD[count] ?? '')}
          value={draft.threshold}
          onValue={(threshold) => onValue({ threshold })}
          error={fieldErrorOf(error, 'threshold')}
        />
      )}
    </>
  );
}

const Objects = ({ draft, choices, error, onValue }: RuleSubjectProps) => (
  <>
    <ChipsField
      label={words.labels}
      help={words.labelsHelp}
      suggestions={choices.labels}
      chosen={draft.labels}
      onValue={(labels) => onValue({ labels })}
      error={fieldErrorOf(error, 'labels')}
    />
    <ChipsField
      label={words.zones}
      help={words.zonesHelp}
      suggestions={choices.zones}
      chosen={draft.zones}
      onValue={(zones) => onValue({ zones })}
      error={fieldErrorOf(error, 'zones')}
    />
    <NumberField
      label={words.minConfidence}
      min={0}
      max={100}
      value={draft.minConfidence === undefined ? undefined : Math.round(draft.minConfidence * 100)}
      onValue={(percent) =>
        onValue({ minConfidence: percent === undefined ? undefined : percent / 100 })
      }
      error={fieldErrorOf(error, 'minConfidence')}
    />
  </>
);
