import { useEffect, useState } from 'preact/hooks';
import { apiBlob } from '../../shared/api.js';
import { formatDate, readersZone } from '../../shared/format.js';
import { Button } from '../../shared/ui/button.js';
import { Dialog } from '../../shared/ui/dialog.js';
import { ErrorNotice } from '../../shared/ui/notice.js';
import { texts } from '../../texts/texts.js';
import { instantOf } from './days.js';

const words = texts.events;

interface TimelapseProps {
  camera: string;
  name: string;
  day: string;
}

/** A camera's day as a film, which the appliance makes when it is asked for. */
export function Timelapse(props: TimelapseProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button onClick={() => setOpen(true)}>{words.timelapse}</Button>
      {isOpen && <TimelapseDialog {...props} onClose={() => setOpen(false)} />}
    </>
  );
}

function TimelapseDialog({ camera, name, day, onClose }: TimelapseProps & { onClose(): void }) {
  const [url, setUrl] = useState<string>();
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    const asked = new AbortController();
    let own: string | undefined;
    apiBlob(`/cameras/${camera}/timelapse.mp4`, {
      query: { day, timeZone: readersZone() },
      signal: asked.signal,
    })
      .then((film) => {
        own = URL.createObjectURL(film);
        setUrl(own);
      })
      .catch((fault: unknown) => {
        if (!asked.signal.aborted) setError(fault);
      });
    return () => {
      asked.abort();
      if (own) URL.revokeObjectURL(own);
    };
  }, []);
  return (
    <Dialog wide title={words.timelapseOf(name, formatDate(instantOf(day)))} onClose={onClose}>
      <ErrorNotice error={error} />
      {!url && !error && <p role="status">{words.timelapseMaking}</p>}
      {url && (
        // biome-ignore lint/a11y/useMediaCaption: it has no sound.
        <video class="timelapse" src={url} controls autoplay loop />
      )}
      <div class="actions">
        {url && (
          <a class="button" href={url} download={`${camera}-${day}.mp4`}>
            {words.timelapseSave}
          </a>
        )}
        <Button look="primary" onClick={onClose}>
          {texts.common.close}
        </Button>
      </div>
    </Dialog>
  );
}
