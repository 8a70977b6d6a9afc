import type { ComponentChildren, JSX } from 'preact';
import './button.css';

type Look = 'plain' | 'primary' | 'danger' | 'quiet';

interface ButtonProps extends Omit<JSX.IntrinsicElements['button'], 'look'> {
  look?: Look;
  /** While its work goes on: it cannot be pressed again. */
  busy?: boolean;
  children: ComponentChildren;
}

export function Button({ look = 'plain', busy = false, disabled, children, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      class={`button ${look}`}
      disabled={busy || disabled}
      aria-busy={busy}
      {...rest}
    >
      {children}
    </button>
  );
}
