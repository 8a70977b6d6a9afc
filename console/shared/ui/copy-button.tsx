import { useState } from 'preact/hooks';
import { texts } from '../../texts/texts.js';
import { Button } from './button.js';

const SHOWN_MS = 3_000;

/** Puts a text on the clipboard, also where a page without HTTPS may not use the browser's clipboard. */
export function CopyButton({ text, label }: { text: string; label?: string }) {
  const [isDone, setIsDone] = useState(false);
  const copy = async () => {
    await copyText(text);
    setIsDone(true);
    setTimeout(() => setIsDone(false), SHOWN_MS);
  };
  return (
    <Button onClick={() => void copy()} aria-label={isDone ? undefined : label}>
      <span aria-live="polite">{isDone ? texts.common.copied : texts.common.copy}</span>
    </Button>
  );
}

async function copyText(text: string): Promise<void> {
  if (window.isSecureContext)
    try {
      return await navigator.clipboard.writeText(text);
    } catch {
      // The browser was told not to allow it.
    }
  const area = document.createElement('textarea');
  area.value = text;
  // In a modal dialog, nothing outside of it can have the focus.
  const place = document.activeElement?.closest('dialog') ?? document.body;
  place.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}
