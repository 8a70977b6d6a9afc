import { useEffect, useRef, useState } from 'preact/hooks';
import { Button } from '../../shared/ui/button.js';
import { showToast } from '../../shared/ui/notice.js';
import { texts } from '../../texts/texts.js';
import { samples } from './samples.js';
import type { Search } from './use-search.js';

const words = texts.demo;

type Take = Search['take'];

/** Takes the first picture of what was dropped or pasted, and says if there is none. */
function takeFirst(files: FileList | undefined, take: Take): void {
  const first = files?.[0];
  if (!first) {
    showToast(words.noFile, 'warning');
    return;
  }
  if (files.length > 1) showToast(words.onlyFirst, 'info');
  void take(first, first.name || 'picture.png');
}

/** Dropped anywhere on the page, or pasted. True while something is dragged over the page. */
export function useDropAndPaste(take: Take): boolean {
  const [isOver, setIsOver] = useState(false);
  const latest = useRef(take);
  latest.current = take;
  useEffect(() => {
    const ended = new AbortController();
    const on = <K extends keyof WindowEventMap>(
      name: K,
      listener: (event: WindowEventMap[K]) => void,
    ) => window.addEventListener(name, listener, { signal: ended.signal });
    on('dragover', (event) => {
      event.preventDefault();
      setIsOver(true);
    });
    on('dragleave', (event) => {
      if (event.relatedTarget === null) setIsOver(false);
    });
    on('drop', (event) => {
      event.preventDefault();
      setIsOver(false);
      takeFirst(event.dataTransfer?.files, latest.current);
    });
    on('paste', (event) => {
      const files = event.clipboardData?.files;
      const isText = event.target instanceof HTMLInputElement && !files?.length;
      if (!isText) takeFirst(files, latest.current);
    });
    return () => ended.abort();
  }, []);
  return isOver;
}

interface ButtonsProps {
  take: Take;
  hasPicture: boolean;
}

export function PictureButtons({ take, hasPicture }: ButtonsProps) {
  const picked = useRef<HTMLInputElement>(null);
  const photographed = useRef<HTMLInputElement>(null);
  const changed = (event: Event & { currentTarget: HTMLInputElement }) => {
    const input = event.currentTarget;
    if (input.files?.length) takeFirst(input.files, take);
    // So that the same file can be chosen again.
    input.value = '';
  };
  return (
    <div class="row center">
      <input
        ref={picked}
        type="file"
        accept="image/*"
        hidden
        aria-label={words.pick}
        onChange={changed}
      />
      <input
        ref={photographed}
        type="file"
        accept="image/*"
        capture="environment"
        hidden
        aria-label={words.photograph}
        onChange={changed}
      />
      <Button look={hasPicture ? 'plain' : 'primary'} onClick={() => picked.current?.click()}>
        {hasPicture ? words.another : words.pick}
      </Button>
      <Button class="button plain photograph" onClick={() => photographed.current?.click()}>
        {words.photograph}
      </Button>
    </div>
  );
}

export function Samples({ take }: { take: Take }) {
  const choose = async ({ url, file }: (typeof samples)[number]) => {
    try {
      const response = await fetch(url);
      if (!response.ok) throw new Error(response.statusText);
      await take(await response.blob(), file, url);
    } catch {
      showToast(words.sampleFailed, 'bad');
    }
  };
  return (
    <section class="samples" aria-labelledby="samples">
      <h2 id="samples">{words.samples}</h2>
      <ul>
        {samples.map((sample) => (
          <li key={sample.file}>
            <button type="button" onClick={() => void choose(sample)}>
              <img src={sample.url} alt={sample.name} width="640" height="360" loading="lazy" />
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
