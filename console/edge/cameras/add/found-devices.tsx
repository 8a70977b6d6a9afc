import { useState } from 'preact/hooks';
import type { DiscoveredDevice } from '../../../../core/contract/camera-management.js';
import { api } from '../../../shared/api.js';
import { Button } from '../../../shared/ui/button.js';
import { ErrorNotice } from '../../../shared/ui/notice.js';
import { texts } from '../../../texts/texts.js';
import { valueAt } from '../editor/draft.js';
import { useEditor } from '../editor/editor-context.js';

const words = texts.cameras.add;

interface FoundProps {
  onUse(url: string, name: string | null): void;
}

/** ONVIF cameras of the network, searched on request. */
export function FoundDevices({ onUse }: FoundProps) {
  const { draft } = useEditor();
  const [devices, setDevices] = useState<DiscoveredDevice[]>();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const search = async () => {
    setBusy(true);
    setError(undefined);
    const username = valueAt(draft, 'auth.username');
    const password = valueAt(draft, 'auth.password');
    const auth = username && password ? { auth: { username, password } } : {};
    try {
      const found = await api.post<{ devices: DiscoveredDevice[] }>('/cameras/discovery', auth);
      setDevices(found.devices);
    } catch (fault) {
      setError(fault);
    } finally {
      setBusy(false);
    }
  };
  return (
    <div class="stack">
      <div>
        <Button busy={busy} onClick={search}>
          {devices === undefined ? words.search : words.searchAgain}
        </Button>
      </div>
      <p class="muted" role="status">
        {busy ? words.searching : words.searchHelp}
      </p>
      <ErrorNotice error={error} />
      {devices?.length === 0 && <p>{words.noneFound}</p>}
      {devices !== undefined && devices.length > 0 && (
        <ul class="found" aria-label={words.found}>
          {devices.map((device) => (
            <Device key={device.host} device={device} onUse={onUse} />
          ))}
        </ul>
      )}
    </div>
  );
}

function Device({ device, onUse }: FoundProps & { device: DiscoveredDevice }) {
  const { host, name, model, note, configuredAs } = device;
  return (
    <li class="card">
      <strong>{name ?? model ?? host}</strong>{' '}
      <span class="muted">
        {[model, host].filter((text) => text !== null && text !== name).join(', ')}
      </span>
      {configuredAs !== null && <p>{words.already(configuredAs)}</p>}
      {note !== null && <p class="muted">{note}</p>}
      {(['snapshot', 'stream'] as const).map((what) => {
        const { url, fault } = device[what];
        return (
          <div key={what} class="row">
            {words[what]}
            {url === null ? (
              <span class="muted">{fault}</span>
            ) : (
              <>
                <code>{url}</code>
                <Button
                  onClick={() => onUse(url, name)}
                  aria-label={words.useOne(words[what], host)}
                >
                  {words.use}
                </Button>
              </>
            )}
          </div>
        );
      })}
    </li>
  );
}
