import { texts } from '../../texts/texts.js';
import type { Resource } from '../use-resource.js';
import { Button } from './button.js';
import { ErrorNotice } from './notice.js';

/** Shown until a resource is there: that it loads, or why it failed and how to try again. */
export function Loading({ of: { error, reload } }: { of: Resource<unknown> }) {
  if (error === undefined) return <p role="status">{texts.common.loading}</p>;
  return (
    <div class="stack">
      <ErrorNotice error={error} />
      <div>
        <Button onClick={() => void reload()}>{texts.common.retry}</Button>
      </div>
    </div>
  );
}
