import { type ComponentChildren, Fragment, render } from 'preact';
import { useEffect, useErrorBoundary, useState } from 'preact/hooks';
import { texts } from '../texts/texts.js';
import { LogInAgain, LogInPage } from './log-in-page.js';
import { caller, findCaller, isEnded } from './session.js';
import { Button } from './ui/button.js';
import { ErrorNotice } from './ui/notice.js';
import './styles.css';

interface GateProps {
  /** Below the form of the login. */
  help: string;
  children: ComponentChildren;
}

/** Shows its content to who is logged in, and a login to all others. */
export function Gate({ help, children }: GateProps) {
  const [fault, setFault] = useState<unknown>();
  const find = () => {
    setFault(undefined);
    findCaller().catch(setFault);
  };
  useEffect(find, []);
  if (fault !== undefined)
    return (
      <main class="page stack">
        <ErrorNotice error={fault} />
        <div>
          <Button onClick={find}>{texts.common.retry}</Button>
        </div>
      </main>
    );
  if (caller.value === undefined) return <p role="status">{texts.common.loading}</p>;
  if (caller.value === null) return <LogInPage help={help} />;
  const { kind, name, role } = caller.value;
  return (
    <>
      {/* Nobody else finds what one has typed. */}
      <Fragment key={JSON.stringify([kind, name, role])}>{children}</Fragment>
      {isEnded.value && <LogInAgain user={name} />}
    </>
  );
}

function Whole({ children }: { children: ComponentChildren }) {
  const [fault] = useErrorBoundary((error) => console.error(error));
  if (fault === undefined) return <>{children}</>;
  return (
    <main class="page stack">
      <p>{texts.errors.page}</p>
      <ErrorNotice error={fault} />
    </main>
  );
}

/** Draws a page into its document. */
export function start(content: ComponentChildren): void {
  const place = document.getElementById('app');
  if (place) render(<Whole>{content}</Whole>, place);
}
