import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { texts } from '../texts/texts.js';
import { logIn } from './session.js';
import { Button } from './ui/button.js';
import { Dialog } from './ui/dialog.js';
import { TextField } from './ui/field.js';
import { ErrorNotice, Notice } from './ui/notice.js';
import { useAction } from './use-action.js';
import './log-in-page.css';

const words = texts.logIn;

/** Shown instead of a page while nobody is logged in; the page itself follows. */
export const LogInPage = ({ help }: { help: string }) => (
  <main class="log-in">
    <LogInForm help={help}>
      <h1>{words.title}</h1>
    </LogInForm>
  </main>
);

/** Over the page of a user whose session has ended. It covers the page, and cannot be closed. */
export const LogInAgain = ({ user }: { user: string }) => (
  <Dialog title={words.title} covers onClose={() => undefined}>
    <LogInForm user={user}>
      <Notice tone="warning">{words.ended}</Notice>
    </LogInForm>
  </Dialog>
);

interface FormProps {
  /** Who has to log in again, if it is one. */
  user?: string;
  help?: string;
  children: ComponentChildren;
}

function LogInForm({ user: known = '', help, children }: FormProps) {
  const [user, setUser] = useState(known);
  const [password, setPassword] = useState('');
  const action = useAction(() => logIn(user.trim(), password));
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    const fields = [...(form.current?.querySelectorAll('input') ?? [])];
    fields.find(({ value }) => value === '')?.focus();
  }, []);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    void action.run();
  };
  return (
    <form ref={form} class={known === '' ? 'card stack' : 'stack'} onSubmit={submit}>
      {children}
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
        autofocus={known !== ''}
        value={password}
        onValue={setPassword}
      />
      <ErrorNotice error={action.error} />
      <Button type="submit" look="primary" busy={action.busy}>
        {words.submit}
      </Button>
      {help && <p class="muted">{help}</p>}
    </form>
  );
}
