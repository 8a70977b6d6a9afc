import { useEffect, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { ConfirmDialog } from '../../../shared/ui/dialog.js';
import { texts } from '../../../texts/texts.js';

const words = texts.cameras.page.leave;

interface GuardProps {
  isDirty: boolean;
  /** Addresses that begin with this keep the changes. */
  within: string;
  onLeave(): void;
}

/** Asks before a link, a reload or the end of the window loses changes. */
export function UnsavedGuard({ isDirty, within, onLeave }: GuardProps) {
  const { route } = useLocation();
  const [target, setTarget] = useState<string>();
  useEffect(() => {
    if (!isDirty) return;
    const hold = (event: BeforeUnloadEvent) => event.preventDefault();
    const catchClick = (event: MouseEvent) => {
      const link = (event.target as Element | null)?.closest('a[href]');
      if (!(link instanceof HTMLAnchorElement) || isElsewhere(event, link)) return;
      if (link.origin !== location.origin || link.pathname.startsWith(within)) return;
      event.preventDefault();
      event.stopPropagation();
      setTarget(link.href.slice(location.origin.length));
    };
    addEventListener('beforeunload', hold);
    document.addEventListener('click', catchClick, true);
    return () => {
      removeEventListener('beforeunload', hold);
      document.removeEventListener('click', catchClick, true);
    };
  }, [isDirty, within]);
  if (target === undefined) return null;
  return (
    <ConfirmDialog
      title={words.title}
      action={words.action}
      onClose={() => setTarget(undefined)}
      onConfirm={async () => {
        onLeave();
        setTarget(undefined);
        route(target);
      }}
    >
      <p>{words.explanation}</p>
    </ConfirmDialog>
  );
}

/** Opened beside this page, or within it. */
const isElsewhere = (event: MouseEvent, link: HTMLAnchorElement): boolean =>
  event.ctrlKey ||
  event.metaKey ||
  event.shiftKey ||
  event.button !== 0 ||
  link.target === '_blank' ||
  (link.getAttribute('href') ?? '').startsWith('#');
