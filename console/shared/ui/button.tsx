import type { ComponentChildren, JSX } from 'preact';
import './button.css';

type Look = 'plain' | 'primary' | 'danger' | 'quiet';

interface ButtonProps extends Omit<JSX.IntrinsicElements['button'], 'look'> {
  look?: Look;
  /** While its work goes on: it cannot be pressed again. */
  busy?: boolean;
  children: ComponentChildren;
}

export function Button({ look = 'plain', busy = false, children, ...rest }: ButtonProps) {
  // A disabled button would lose the focus; a busy one keeps it and does nothing.
  const whileBusy = busy && {
    'aria-busy': true,
    'aria-disabled': true,
    onClick: (event: Event) => event.preventDefault(),
  };
  return (
    <button type="button" class={`button ${look}`} {...rest} {...whileBusy}>
      {children}
    </button>
  );
}
