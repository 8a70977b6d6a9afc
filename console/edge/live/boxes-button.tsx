import { Button } from '../../shared/ui/button.js';
import { texts } from '../../texts/texts.js';
import { boxesShown } from './live-choices.js';

const words = texts.live;

/** Turns the boxes over the pictures on and off; this browser remembers it. */
export function BoxesButton() {
  return (
    <Button
      aria-pressed={boxesShown.value}
      title={words.boxesHelp}
      class={boxesShown.value ? 'button pressed' : 'button'}
      onClick={() => {
        boxesShown.value = !boxesShown.value;
      }}
    >
      {words.boxes}
    </Button>
  );
}
