import { useState } from 'preact/hooks';
import type { SystemResource } from '../../../core/contract/system.js';
import { api, apiUrl } from '../../shared/api.js';
import { formatBytes } from '../../shared/format.js';
import { Button } from '../../shared/ui/button.js';
import { CheckField } from '../../shared/ui/field.js';
import { ErrorNotice, Notice } from '../../shared/ui/notice.js';
import { Section } from '../../shared/ui/section.js';
import { useAction } from '../../shared/use-action.js';
import { useResource } from '../../shared/use-resource.js';
import { texts } from '../../texts/texts.js';
import { Restart } from './restart.js';

const words = texts.system;

/** Back-up, restart, and the configuration file. */
export const Maintenance = () => (
  <div class="grid">
    <Backup />
    <Restart />
    <Reload />
  </div>
);

function Backup() {
  const [withImages, setWithImages] = useState(true);
  const bytes = useResource<SystemResource>('/system').data?.disk.usedBytes;
  return (
    <div class="card">
      <Section title={words.backup} help={words.backupHelp}>
        {/* The browser writes what it downloads to the disk; a script would keep it in memory. */}
        <form class="stack" method="post" action={apiUrl('/backup', { images: withImages })}>
          <CheckField
            label={words.withImages}
            help={words.withImagesHelp(bytes === undefined ? '…' : formatBytes(bytes))}
            checked={withImages}
            onValue={setWithImages}
          />
          <div>
            <Button type="submit" look="primary">
              {words.downloadBackup}
            </Button>
          </div>
        </form>
        <p class="muted">{words.backupCheck}</p>
        <code>{words.checkCommand}</code>
        <p class="muted">{words.backupRestore}</p>
        <code>{words.restoreCommand}</code>
      </Section>
    </div>
  );
}

interface Reloaded {
  cameras: { added: string[]; removed: string[]; changed: string[] };
  needsRestart: string[];
  warnings: string[];
}

function Reload() {
  const [done, setDone] = useState<Reloaded>();
  const action = useAction(async () => {
    setDone(undefined);
    setDone(await api.post<Reloaded>('/config/reload'));
  });
  return (
    <div class="card">
      <Section title={words.reload} help={words.reloadHelp}>
        <div>
          <Button busy={action.busy} onClick={() => void action.run()}>
            {words.reloadNow}
          </Button>
        </div>
        <ErrorNotice error={action.error} />
        {done && <ReloadResult of={done} />}
      </Section>
    </div>
  );
}

function ReloadResult({ of: { cameras, needsRestart, warnings } }: { of: Reloaded }) {
  const { added, changed, removed } = cameras;
  const isGood = needsRestart.length === 0 && warnings.length === 0;
  return (
    <Notice tone={isGood ? 'good' : 'warning'}>
      <p>{words.reloaded(added.length, changed.length, removed.length)}</p>
      {needsRestart.length > 0 && <p>{words.needsRestart(needsRestart.join(', '))}</p>}
      {warnings.map((warning) => (
        <p key={warning}>{warning}</p>
      ))}
    </Notice>
  );
}
