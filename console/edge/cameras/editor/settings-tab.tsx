import type { ComponentChildren } from 'preact';
import type { CameraKind } from '../../../../core/contract/camera-settings.js';
import { may } from '../../../shared/session.js';
import { SelectField } from '../../../shared/ui/field.js';
import { texts } from '../../../texts/texts.js';
import { LiveTest } from '../add/live-test.js';
import { PushHelp } from '../add/push-help.js';
import { Finder } from '../detectors/finder.js';
import { valueAt, withKind } from './draft.js';
import { useEditor } from './editor-context.js';
import { GROUPS, type GroupName, isFor, KIND_KEYS } from './fields.js';
import { ScheduleField } from './schedule-field.js';
import { SettingField } from './setting-field.js';
import { WindowsField } from './windows-field.js';

const words = texts.cameras;

/** All settings of a camera in groups. */
export const SettingsTab = () => (
  <div class="settings stack">
    <Group name="source">
      <KindField />
      <Fields of="source" />
      <SourceTrial />
    </Group>
    <Group name="schedule">
      <ScheduleField />
      <Fields of="schedule" />
      <WindowsField />
    </Group>
    <Group name="detection">
      <Finder />
      <Fields of="detection" />
    </Group>
    <Group name="motion" help={words.groupHelp.motion}>
      <MotionMode />
      <Fields of="motion" />
    </Group>
    <Group name="image">
      <Fields of="image" />
      <OrientationsField />
    </Group>
    <Group name="delivery" help={words.groupHelp.delivery}>
      <Fields of="delivery" />
    </Group>
    <Group name="advanced">
      <Fields of="advanced" />
    </Group>
  </div>
);

/** How the source is tried. */
function SourceTrial() {
  const { draft } = useEditor();
  if (draft.kind === 'push') return <PushHelp id={draft.id} />;
  return may('admin') ? <LiveTest settings={draft} /> : null;
}

interface GroupProps {
  name: GroupName;
  help?: string;
  children: ComponentChildren;
}

const Group = ({ name, help, children }: GroupProps) => (
  <section class="card stack" aria-labelledby={`group-${name}`}>
    <h2 id={`group-${name}`}>{words.groups[name]}</h2>
    {help && <p class="muted">{help}</p>}
    {children}
  </section>
);

export function Fields({ of }: { of: GroupName }) {
  const { draft } = useEditor();
  return (
    <div class="fields">
      {GROUPS[of]
        .filter((spec) => isFor(spec, draft.kind))
        .map((spec) => (
          <SettingField key={spec.path} spec={spec} />
        ))}
    </div>
  );
}

function KindField() {
  const { draft, replace, isReadOnly } = useEditor();
  const { label = '', help } = words.fields.kind ?? {};
  return (
    <SelectField
      label={label}
      help={help}
      value={draft.kind}
      disabled={isReadOnly}
      options={(Object.keys(KIND_KEYS) as CameraKind[]).map((kind) => ({
        value: kind,
        text: words.kinds[kind],
      }))}
      onValue={(kind) => replace(withKind(draft, kind as CameraKind))}
    />
  );
}

/** The gate of a camera: the site's if it says nothing. */
export function MotionMode() {
  const { draft, set, isReadOnly } = useEditor();
  const mode =
    draft.motion === undefined ? 'site' : valueAt(draft, 'motion.enabled') === false ? 'off' : 'on';
  const use = (next: string) => {
    if (next === 'site') set('motion', undefined);
    else set('motion', { ...(draft.motion ?? {}), enabled: next === 'on' });
  };
  return (
    <SelectField
      label={words.motionMode}
      value={mode}
      disabled={isReadOnly}
      options={(['site', 'on', 'off'] as const).map((value) => ({
        value,
        text: words.motionModes[value],
      }))}
      onValue={use}
    />
  );
}

const PATH = 'parameters.orientations';
const ROTATIONS = [0, 90, 180, 270];

function OrientationsField() {
  const { draft, set, errorAt, isReadOnly } = useEditor();
  const chosen = (valueAt(draft, PATH) as number[] | undefined) ?? [];
  const toggle = (angle: number) => {
    const next = ROTATIONS.filter((one) => (one === angle) !== chosen.includes(one));
    set(PATH, next.length === 0 ? undefined : next);
  };
  const { label = '', help } = words.fields[PATH] ?? {};
  return (
    <fieldset class="plain">
      <legend>{label}</legend>
      <div class="row">
        {ROTATIONS.map((angle) => (
          <label key={angle} class="chip">
            <input
              type="checkbox"
              checked={chosen.includes(angle)}
              disabled={isReadOnly}
              onChange={() => toggle(angle)}
            />
            {angle}°
          </label>
        ))}
      </div>
      <p class="muted">{help}</p>
      {errorAt(PATH) && <p class="error">{errorAt(PATH)}</p>}
    </fieldset>
  );
}
