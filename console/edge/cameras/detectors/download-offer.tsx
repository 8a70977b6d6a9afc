import { useState } from 'preact/hooks';
import type { DetectorResource } from '../../../../core/contract/detection.js';
import { api } from '../../../shared/api.js';
import { formatBytes } from '../../../shared/format.js';
import { may } from '../../../shared/session.js';
import { Button } from '../../../shared/ui/button.js';
import { ErrorNotice, Notice } from '../../../shared/ui/notice.js';
import { texts } from '../../../texts/texts.js';
import { DETECTORS, isBeingAdded } from './catalogue.js';

const words = texts.cameras.detectors;

interface OfferProps {
  detector: DetectorResource;
  onBegun(): Promise<void>;
}

/** How far a download is, or why it failed. */
export function Progress({ detector: { addition } }: Pick<OfferProps, 'detector'>) {
  if (addition === undefined) return null;
  const { state, bytes, totalBytes, reason } = addition;
  return (
    <div role="status">
      {words.additions[state]}
      {state === 'downloading' &&
        `: ${words.progress(formatBytes(bytes), totalBytes === null ? '?' : formatBytes(totalBytes))}`}
      {reason && <div class="camera-error">{reason}</div>}
    </div>
  );
}

/** Starts the download of a model that the catalogue lists. */
export function DownloadButton({ detector, onBegun }: OfferProps) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const begin = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await api.post(DETECTORS, { name: detector.id });
      await onBegun();
    } catch (fault) {
      setError(fault);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      {!isBeingAdded(detector) && (
        <Button busy={busy} onClick={begin} aria-label={words.downloadOne(detector.id)}>
          {words.download}
        </Button>
      )}
      <ErrorNotice error={error} />
    </>
  );
}

/** Says that a chosen detector is not there yet, and offers to fetch it. */
export function DownloadOffer({ detector, onBegun }: OfferProps) {
  const { id, bytes } = detector;
  return (
    <Notice tone="warning">
      <p>
        {words.finder.mustDownload(id, bytes === undefined ? '?' : formatBytes(bytes))}
        {!may('admin') && ` ${words.finder.askAdmin}`}
      </p>
      <Progress detector={detector} />
      {may('admin') && <DownloadButton detector={detector} onBegun={onBegun} />}
    </Notice>
  );
}
