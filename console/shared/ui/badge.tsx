import type { ComponentChildren } from 'preact';
import './badge.css';
import type { Tone } from './notice.js';

/** A state as a word with a colour: never the colour alone. */
export const Badge = ({
  tone = 'info',
  children,
}: {
  tone?: Tone;
  children: ComponentChildren;
}) => <span class={`badge ${tone}`}>{children}</span>;
