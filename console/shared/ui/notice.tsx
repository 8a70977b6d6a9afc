import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { ApiError } from '../api.js';
import './notice.css';

export type Tone = 'info' | 'good' | 'warning' | 'bad';

export function Notice({ tone = 'info', children }: { tone?: Tone; children: ComponentChildren }) {
  return (
    <div class={`notice ${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
      {children}
    </div>
  );
}

/** What went wrong, with the fields that the program names. Nothing without an error. */
export function ErrorNotice({ error }: { error: unknown }) {
  if (error === undefined || error === null) return null;
  const fields = error instanceof ApiError ? (error.problem.errors ?? []) : [];
  return (
    <Notice tone="bad">
      <p>{error instanceof Error ? error.message : String(error)}</p>
      {fields.length > 1 && (
        <ul>
          {fields.map(({ path, message }) => (
            <li key={path}>
              <strong>{path}</strong>: {message}
            </li>
          ))}
        </ul>
      )}
    </Notice>
  );
}

interface Toast {
  id: number;
  tone: Tone;
  text: string;
}

const SHOWN_MS = 6_000;
const MOST = 3;
const toasts = signal<Toast[]>([]);
let last = 0;

/** Reports for some seconds what was done. Errors that need an answer belong on the page, in a notice. */
export function showToast(text: string, tone: Tone = 'good'): void {
  last += 1;
  const id = last;
  toasts.value = [...toasts.value.slice(1 - MOST), { id, tone, text }];
  setTimeout(() => {
    toasts.value = toasts.value.filter((toast) => toast.id !== id);
  }, SHOWN_MS);
}

export function Toasts() {
  return (
    <div class="toasts" aria-live="polite">
      {toasts.value.map(({ id, tone, text }) => (
        <div key={id} class={`notice ${tone}`}>
          {text}
        </div>
      ))}
    </div>
  );
}
