import type { ExecutionContext } from 'ava';

export interface ReadEvent {
  id: string;
  event: string;
  data: string;
}

/** A client of server-sent events. `events` grows as they come; comments are counted as signs of life. */
export async function readEvents(
  t: ExecutionContext,
  url: string,
  headers: Record<string, string>,
): Promise<{ events: ReadEvent[]; signs: () => number; close(): void; ended: Promise<void> }> {
  const aborting = new AbortController();
  const close = () => aborting.abort();
  t.teardown(close);
  const response = await fetch(url, { headers, signal: aborting.signal });
  t.is(response.status, 200);
  const events: ReadEvent[] = [];
  let signs = 0;
  const read = async () => {
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString('utf8');
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const block = text.slice(0, end);
        text = text.slice(end + 2);
        if (block.startsWith(':')) signs++;
        const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? '';
        if (field('data'))
          events.push({ id: field('id'), event: field('event'), data: field('data') });
      }
    }
  };
  const ended = read().catch(() => undefined);
  return { events, signs: () => signs, close, ended };
}
