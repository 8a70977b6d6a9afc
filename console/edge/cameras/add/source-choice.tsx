import { useState } from 'preact/hooks';
import { CheckField, SelectField, TextField } from '../../../shared/ui/field.js';
import { texts } from '../../../texts/texts.js';
import { type Draft, withKind, withValue } from '../editor/draft.js';
import { useEditor } from '../editor/editor-context.js';
import { SettingField } from '../editor/setting-field.js';
import { type Address, readAddress } from './address.js';
import { FoundDevices } from './found-devices.js';
import { randomSecret } from './random-secret.js';

const words = texts.cameras.add;
const WAYS = ['address', 'push', 'folder', 'video', 'device'] as const;
type Way = (typeof WAYS)[number];

const wayOf = ({ kind }: Draft): Way =>
  kind === 'http' || kind === 'mjpeg' || kind === 'rtsp' ? 'address' : kind;

/** Where the pictures come from: what was found in the network, an address, or a source at the appliance. */
export function SourceChoice() {
  const { draft, replace } = useEditor();
  const way = wayOf(draft);
  const use = (next: Way) => {
    const changed = withKind(draft, next === 'address' ? 'http' : next);
    replace(next === 'push' ? { ...changed, pushSecret: randomSecret() } : changed);
  };
  return (
    <>
      <fieldset class="plain">
        <legend class="visually-hidden">{words.source}</legend>
        <div class="row">
          {WAYS.map((one) => (
            <label key={one} class="chip">
              <input type="radio" name="way" checked={way === one} onChange={() => use(one)} />
              {words.ways[one]}
            </label>
          ))}
        </div>
      </fieldset>
      {way === 'address' && <AddressFields />}
      {(way === 'folder' || way === 'video' || way === 'device') && <PathFields kind={way} />}
      {way === 'push' && <SettingField spec={{ path: 'pushSecret', type: 'secret' }} />}
    </>
  );
}

function PathFields({ kind }: { kind: 'folder' | 'video' | 'device' }) {
  const { draft, set, errorAt } = useEditor();
  return (
    <>
      <TextField
        label={texts.cameras.fields.path?.label ?? ''}
        help={words.pathHelp[kind]}
        error={errorAt('path')}
        value={typeof draft.path === 'string' ? draft.path : ''}
        required
        spellcheck={false}
        onValue={(text) => set('path', text)}
      />
      {kind === 'folder' && (
        <CheckField
          label={words.loopFolder}
          checked={draft.loop === true}
          onValue={(on) => set('loop', on ? true : undefined)}
        />
      )}
      {kind !== 'folder' && <p class="muted">{words.needsStreams}</p>}
    </>
  );
}

function AddressFields() {
  const { draft, replace, errorAt } = useEditor();
  const [text, setText] = useState(typeof draft.url === 'string' ? draft.url : '');
  const apply = (address: Address, from: Draft = draft) => {
    const { kind, url, username, password } = address;
    let next = withValue(withKind(from, kind), 'url', url);
    if (username !== undefined) next = withValue(next, 'auth.username', username);
    if (password) next = withValue(next, 'auth.password', password);
    replace(next);
  };
  const paste = (pasted: string) => {
    const address = readAddress(pasted);
    // An account in the address moves to its own fields.
    setText(address.username === undefined ? pasted : address.url);
    apply(address);
  };
  return (
    <>
      <FoundDevices
        onUse={(url, name) => {
          setText(url);
          apply(readAddress(url), name === null ? draft : { ...draft, name });
        }}
      />
      <div class="fields">
        <TextField
          label={words.address}
          help={words.addressHelp}
          error={errorAt('url')}
          value={text}
          required
          inputmode="url"
          autocapitalize="none"
          autocomplete="off"
          spellcheck={false}
          onValue={paste}
        />
        <SelectField
          label={words.otherKind}
          error={errorAt('kind')}
          value={draft.kind}
          options={(['http', 'mjpeg', 'rtsp'] as const).map((kind) => ({
            value: kind,
            text: texts.cameras.kinds[kind],
          }))}
          onValue={(kind) => replace(withKind(draft, kind as Address['kind']))}
        />
        <SettingField spec={{ path: 'auth.username', type: 'text' }} />
        <SettingField spec={{ path: 'auth.password', type: 'secret' }} />
      </div>
      {draft.kind === 'rtsp' && <p class="muted">{words.needsStreams}</p>}
      {typeof draft.url === 'string' && draft.url.startsWith('https:') && (
        <SettingField spec={{ path: 'fingerprint', type: 'text' }} />
      )}
    </>
  );
}
