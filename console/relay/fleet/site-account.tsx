import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import type { SiteResource } from '../../../core/contract/site.js';
import { formatNumber } from '../../shared/format.js';
import { Button } from '../../shared/ui/button.js';
import { ConfirmDialog } from '../../shared/ui/dialog.js';
import { ErrorNotice, showToast } from '../../shared/ui/notice.js';
import { Section } from '../../shared/ui/section.js';
import { useAction } from '../../shared/use-action.js';
import { texts } from '../../texts/texts.js';
import {
  newPassword,
  offerCode,
  RemoveSite,
  RevokeSite,
  rotate,
  type Shown,
  ShownOnce,
} from './account-dialogs.js';

const words = texts.fleet;

interface AccountProps {
  site: SiteResource;
  onChange(): Promise<void>;
}

/** What an administrator does with a site's account, and with the site. */
export function SiteAccount({ site, onChange }: AccountProps) {
  const { id, provisioned } = site;
  const { route } = useLocation();
  const [asks, setAsks] = useState<'password' | 'revoke' | 'remove'>();
  const [shown, setShown] = useState<Shown>();
  const action = useAction(async (work: () => Promise<void>) => work());
  const show = (work: (site: string) => Promise<Shown>) => () =>
    void action.run(async () => setShown(await work(id)));
  const close = () => setAsks(undefined);
  const ask = () =>
    void action.run(async () => {
      await rotate(id);
      showToast(words.rotated);
    });
  const rows = [
    { title: words.enrolAgain, help: words.enrolHelp, onClick: show(offerCode) },
    ...(provisioned
      ? [
          { title: words.rotate, help: words.rotateHelp, onClick: ask },
          { title: words.password, help: words.passwordHelp, onClick: () => setAsks('password') },
          { title: words.revoke, help: words.revokeHelp, onClick: () => setAsks('revoke') },
        ]
      : []),
    { title: words.remove, help: words.removeHelp, onClick: () => setAsks('remove') },
  ];
  const isDanger = (title: string) => title === words.revoke || title === words.remove;
  return (
    <Section
      title={words.account}
      help={provisioned ? words.accountHelp.yes : words.accountHelp.no}
    >
      <ErrorNotice error={action.error} />
      <div class="account-actions card">
        {rows.map(({ title, help, onClick }) => (
          <div key={title}>
            <span class="muted">{help}</span>
            <Button
              look={isDanger(title) ? 'danger' : 'plain'}
              busy={action.busy}
              onClick={onClick}
            >
              {title}
            </Button>
          </div>
        ))}
      </div>
      {shown && (
        <ShownOnce
          shown={shown}
          onClose={() => {
            setShown(undefined);
            void onChange();
          }}
        />
      )}
      {asks === 'password' && (
        <ConfirmDialog
          title={words.passwordTitleNew(id)}
          action={words.password}
          onClose={close}
          onConfirm={async () => setShown(await newPassword(id))}
        >
          <p>{words.passwordText}</p>
        </ConfirmDialog>
      )}
      {asks === 'revoke' && (
        <RevokeSite
          site={id}
          onClose={close}
          onDone={() => {
            showToast(words.revoked);
            void onChange();
          }}
        />
      )}
      {asks === 'remove' && (
        <RemoveSite
          site={id}
          summaries={formatNumber(site.summaries)}
          onClose={close}
          onDone={() => {
            showToast(words.removed);
            route('/fleet');
          }}
        />
      )}
    </Section>
  );
}
