import type { ComponentChildren } from 'preact';
import './meter.css';
import type { Tone } from './notice.js';

interface MeterProps {
  label: string;
  /** From 0 to 1. */
  share: number;
  /** What the bar shows, in words. */
  children: ComponentChildren;
  /** From these shares on it warns. */
  warnAt?: number;
  badAt?: number;
}

/** How much of something is used: words, and a bar below them. */
export function Meter({ label, share, children, warnAt = 0.85, badAt = 0.97 }: MeterProps) {
  const tone: Tone = share >= badAt ? 'bad' : share >= warnAt ? 'warning' : 'info';
  const percent = Math.round(Math.max(0, Math.min(1, share)) * 100);
  return (
    <div class={`usage ${tone}`}>
      <div class="row spread">
        <strong>{label}</strong>
        <span>{children}</span>
      </div>
      <progress max={100} value={percent} aria-label={label} />
    </div>
  );
}
