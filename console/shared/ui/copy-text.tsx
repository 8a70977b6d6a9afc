import { CopyButton } from './copy-button.js';
import './copy-text.css';

/** A text to copy. */
export const CopyText = ({ label, value }: { label: string; value: string }) => (
  <div class="copy-text">
    <input
      class="input"
      readOnly
      aria-label={label}
      value={value}
      onFocus={(event) => event.currentTarget.select()}
    />
    <CopyButton text={value} />
  </div>
);
