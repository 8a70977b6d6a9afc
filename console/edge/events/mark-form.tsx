import { useState } from 'preact/hooks';
import type { MarkRequest, Sighting, SightingMark } from '../../../core/contract/sighting.js';
import { api } from '../../shared/api.js';
import { formatDateTime } from '../../shared/format.js';
import { may } from '../../shared/session.js';
import { Button } from '../../shared/ui/button.js';
import { TextField } from '../../shared/ui/field.js';
import { ErrorNotice, showToast } from '../../shared/ui/notice.js';
import { texts } from '../../texts/texts.js';

const words = texts.events.one;

interface MarkFormProps {
  sighting: Sighting;
  onChanged(event: Sighting): void;
}

/** Marks an event as wrong, with a note, or removes the mark. */
export function MarkForm({ sighting: { id, mark }, onChanged }: MarkFormProps) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const put = async (request: MarkRequest, done: string) => {
    setBusy(true);
    setError(undefined);
    try {
      const { sighting } = await api.put<{ sighting: Sighting }>(`/sightings/${id}/mark`, request);
      onChanged(sighting);
      showToast(done);
    } catch (fault) {
      setError(fault);
    } finally {
      setBusy(false);
    }
  };
  if (mark)
    return (
      <Mark
        mark={mark}
        busy={busy}
        error={error}
        onRemove={() => void put({ wrong: false, note: '' }, words.markRemoved)}
      />
    );
  if (!may('operator')) return null;
  return (
    <NoteForm
      busy={busy}
      error={error}
      onNote={(note) => void put({ wrong: true, note }, words.markSaved)}
    />
  );
}

interface MarkProps {
  mark: SightingMark;
  busy: boolean;
  error: unknown;
  onRemove(): void;
}

function Mark({ mark, busy, error, onRemove }: MarkProps) {
  return (
    <div class="card stack">
      <p>
        <strong>{words.marked(mark.by, formatDateTime(mark.at))}</strong>
        {mark.note && (
          <>
            <br />
            {mark.note}
          </>
        )}
      </p>
      <ErrorNotice error={error} />
      {may('operator') && (
        <div>
          <Button busy={busy} onClick={onRemove}>
            {words.unmark}
          </Button>
        </div>
      )}
    </div>
  );
}

interface NoteFormProps {
  busy: boolean;
  error: unknown;
  onNote(note: string): void;
}

function NoteForm({ busy, error, onNote }: NoteFormProps) {
  const [note, setNote] = useState('');
  return (
    <form
      class="card stack"
      onSubmit={(event) => {
        event.preventDefault();
        onNote(note.trim());
      }}
    >
      <TextField
        label={words.note}
        help={words.noteHelp}
        maxLength={500}
        value={note}
        onValue={setNote}
      />
      <ErrorNotice error={error} />
      <div>
        <Button type="submit" busy={busy}>
          {words.wrong}
        </Button>
      </div>
      <p class="muted">{words.wrongHelp}</p>
    </form>
  );
}
