import { useState } from 'preact/hooks';
import type { DetectorResource } from '../../../../core/contract/detection.js';
import { api } from '../../../shared/api.js';
import { formatBytes } from '../../../shared/format.js';
import { may } from '../../../shared/session.js';
import { Badge } from '../../../shared/ui/badge.js';
import { Button } from '../../../shared/ui/button.js';
import { ConfirmDialog } from '../../../shared/ui/dialog.js';
import { Loading } from '../../../shared/ui/loading.js';
import { showToast, type Tone } from '../../../shared/ui/notice.js';
import { Page } from '../../../shared/ui/page.js';
import { Table } from '../../../shared/ui/table.js';
import { texts } from '../../../texts/texts.js';
import { AddDetector } from './add-detector.js';
import { type Catalogue, DETECTORS, useCatalogue } from './catalogue.js';
import { DownloadButton, Progress } from './download-offer.js';
import { EditDetector } from './edit-detector.js';

const words = texts.cameras.detectors;
const LABELS_SHOWN = 8;
const TONES: Record<DetectorResource['status'], Tone> = {
  ready: 'good',
  available: 'info',
  refused: 'bad',
};

/** What the appliance can search with, and what can be added. */
export function DetectorsPage() {
  const catalogue = useCatalogue();
  return (
    <Page title={words.title} actions={<a href="/cameras">{texts.cameras.page.back}</a>}>
      {catalogue.data === undefined ? (
        <Loading of={catalogue} />
      ) : (
        <Detectors catalogue={catalogue} detectors={catalogue.data.detectors} />
      )}
      {may('admin') && <AddDetector onAdded={catalogue.reload} />}
    </Page>
  );
}

interface DetectorsProps {
  catalogue: Catalogue;
  detectors: DetectorResource[];
}

function Detectors({ catalogue, detectors }: DetectorsProps) {
  const [leaving, setLeaving] = useState<string>();
  const [edited, setEdited] = useState<DetectorResource>();
  return (
    <>
      <Table
        caption={words.title}
        rows={detectors}
        keyOf={({ id }) => id}
        empty={words.empty}
        columns={[
          { title: words.id, cell: NameOf },
          {
            title: words.labels,
            cell: ({ labels, usualLabels }) => (
              <Labels all={labels} first={usualLabels ?? labels} />
            ),
          },
          { title: words.state, cell: StateOf },
          {
            title: words.kind,
            cell: ({ kind, family }) => `${words.kinds[kind]}${family ? `, ${family}` : ''}`,
          },
          { title: words.licence, cell: LicenceOf },
          ...(may('admin')
            ? [
                {
                  title: texts.cameras.columns.actions,
                  cell: (one: DetectorResource) => (
                    <div class="row">
                      {one.status === 'available' && (
                        <DownloadButton detector={one} onBegun={catalogue.reload} />
                      )}
                      {one.removable && one.status === 'ready' && (
                        <Button aria-label={words.editOne(one.id)} onClick={() => setEdited(one)}>
                          {texts.common.edit}
                        </Button>
                      )}
                      {one.removable && (
                        <Button
                          look="danger"
                          aria-label={words.removeOne(one.id)}
                          onClick={() => setLeaving(one.id)}
                        >
                          {texts.common.remove}
                        </Button>
                      )}
                    </div>
                  ),
                },
              ]
            : []),
        ]}
      />
      {edited && (
        <EditDetector
          detector={edited}
          onClose={() => setEdited(undefined)}
          onChanged={catalogue.reload}
        />
      )}
      {leaving !== undefined && (
        <ConfirmDialog
          title={words.removeTitle(leaving)}
          action={texts.common.remove}
          onClose={() => setLeaving(undefined)}
          onConfirm={async () => {
            await api.delete(`${DETECTORS}/${encodeURIComponent(leaving)}`);
            showToast(words.removedOne(leaving));
            await catalogue.reload();
          }}
        >
          <p>{words.removeExplanation}</p>
        </ConfirmDialog>
      )}
    </>
  );
}

const NameOf = ({ id, title, default: isDefault, bytes }: DetectorResource) => (
  <>
    {title !== undefined && <div>{title}</div>}
    {id} {isDefault && <span class="muted">({words.isDefault})</span>}
    {bytes !== undefined && <div class="muted">{formatBytes(bytes)}</div>}
  </>
);

const StateOf = (detector: DetectorResource) => (
  <>
    <Badge tone={TONES[detector.status]}>{words.states[detector.status]}</Badge>
    {detector.reason && <div class="camera-error">{detector.reason}</div>}
    <Progress detector={detector} />
  </>
);

const LicenceOf = ({ licence, origin, source }: DetectorResource) => (
  <>
    {licence ?? words.noLicence}
    <div class="muted">
      {words.origins[origin]}
      {source && `: ${source}`}
    </div>
  </>
);

function Labels({ all, first }: { all: string[]; first: string[] }) {
  const shown = first.slice(0, LABELS_SHOWN);
  if (all.length <= shown.length) return <>{shown.join(', ')}</>;
  return (
    <details>
      <summary>
        {shown.join(', ')} {words.moreLabels(all.length - shown.length)}
      </summary>
      {all.join(', ')}
    </details>
  );
}
