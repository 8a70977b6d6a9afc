import { useState } from 'preact/hooks';
import { texts } from '../texts/texts.js';
import { logIn } from './session.js';
import { Button } from './ui/button.js';
import { TextField } from './ui/field.js';
import { ErrorNotice } from './ui/notice.js';
import './log-in-page.css';

const words = texts.logIn;

/** Shown instead of a page while nobody is logged in; the page itself follows. */
export function LogInPage({ help }: { help: string }) {
  const [user, setUser] = useState('');
  const [password, setPassword] = useState('');
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      await logIn(user.trim(), password);
    } catch (fault) {
      setError(fault);
    } finally {
      setBusy(false);
    }
  };
  return (
    <main class="log-in">
      <form class="card stack" onSubmit={submit}>
        <h1>{words.title}</h1>
        <TextField
          label={words.user}
          name="user"
          autocomplete="username"
          autocapitalize="none"
          spellcheck={false}
          required
          value={user}
          onValue={setUser}
        />
        <TextField
          label={words.password}
          name="password"
          type="password"
          autocomplete="current-password"
          required
          value={password}
          onValue={setPassword}
        />
        <ErrorNotice error={error} />
        <Button type="submit" look="primary" busy={busy}>
          {words.submit}
        </Button>
        <p class="muted">{help}</p>
      </form>
    </main>
  );
}
