import { apiUrl } from '../../../shared/api.js';
import { Button } from '../../../shared/ui/button.js';
import { showToast } from '../../../shared/ui/notice.js';
import { texts } from '../../../texts/texts.js';
import { cameraResource } from '../camera-path.js';
import { useEditor } from '../editor/editor-context.js';
import './live-test.css';

const words = texts.cameras.add;

/** Where a camera uploads its pictures to, and a line to try it. */
export function PushHelp({ id }: { id: string }) {
  const { draft } = useEditor();
  const address = `${location.origin}${apiUrl(`${cameraResource(id)}/snapshots`)}`;
  const secret = typeof draft.pushSecret === 'string' ? draft.pushSecret : 'SECRET';
  const line = `curl -H 'Authorization: Bearer ${secret}' --data-binary @picture.jpg ${address}`;
  return (
    <div class="stack">
      <CopyLine label={words.uploadAddress} text={address} />
      <p class="muted">{words.pushAfter}</p>
      <CopyLine label={words.curl} text={line} />
      {location.protocol === 'https:' && <p class="muted">{words.certificateHelp}</p>}
    </div>
  );
}

function CopyLine({ label, text }: { label: string; text: string }) {
  return (
    <div class="copy-line">
      <div class="row spread">
        <strong>{label}</strong>
        <Button onClick={() => copy(text)} aria-label={`${texts.common.copy}: ${label}`}>
          {texts.common.copy}
        </Button>
      </div>
      <pre>{text}</pre>
    </div>
  );
}

/** Without HTTPS, browsers have no clipboard for pages but the former one. */
async function copy(text: string): Promise<void> {
  try {
    if (navigator.clipboard) await navigator.clipboard.writeText(text);
    else copyAsBefore(text);
    showToast(texts.common.copied);
  } catch (error) {
    showToast(error instanceof Error ? error.message : String(error), 'bad');
  }
}

function copyAsBefore(text: string): void {
  const field = document.createElement('textarea');
  field.value = text;
  document.body.append(field);
  field.select();
  document.execCommand('copy');
  field.remove();
}
