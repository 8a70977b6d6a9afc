import { useRef, useState } from 'preact/hooks';
import { texts } from '../../texts/texts.js';
import { Button } from './button.js';
import './copy-text.css';

const SHOWN_MS = 3_000;

/** A text to copy. Without HTTPS browsers copy nothing for a page: the text is then selected. */
export function CopyText({ label, value }: { label: string; value: string }) {
  const field = useRef<HTMLInputElement>(null);
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    field.current?.select();
    try {
      await navigator.clipboard.writeText(value);
    } catch {
      return;
    }
    setCopied(true);
    setTimeout(() => setCopied(false), SHOWN_MS);
  };
  return (
    <div class="copy-text">
      <input
        ref={field}
        class="input"
        readOnly
        aria-label={label}
        value={value}
        onFocus={(event) => event.currentTarget.select()}
      />
      <Button onClick={copy}>{copied ? texts.common.copied : texts.common.copy}</Button>
    </div>
  );
}
