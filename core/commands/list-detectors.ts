import type { DetectorResource } from '../contract/detection.js';
import type { DetectionModule } from '../detection/create-detection.js';
import { bytesText } from '../detection/models/bytes-text.js';

const MAX_LABELS = 3;
const MAX_LICENCE = 40;

/** All detectors, as a table or as JSON. */
export function listDetectors({ catalog }: DetectionModule, json: boolean): string {
  const detectors = catalog.detectors();
  if (json) return JSON.stringify({ detectors });
  const rows = detectors.map(rowOf);
  const refused = detectors.flatMap(({ id, reason }) =>
    reason === undefined ? [] : [`${id}: ${reason}`],
  );
  const available = detectors.some(({ status }) => status === 'available');
  return [
    ...table([['id', 'kind', 'status', 'size', 'default', 'labels', 'licence'], ...rows]),
    ...(refused.length > 0 ? ['', ...refused] : []),
    ...(available ? ['', 'Download one that is available with: detector add ID'] : []),
  ].join('\n');
}

function rowOf(detector: DetectorResource): string[] {
  const { id, kind, status, bytes, default: isDefault, licence = '' } = detector;
  return [
    id,
    kind,
    status,
    bytes === undefined ? '' : bytesText(bytes),
    isDefault ? 'yes' : '',
    labelsText(detector),
    licence.length > MAX_LICENCE ? `${licence.slice(0, MAX_LICENCE - 1)}…` : licence,
  ];
}

function labelsText({ labels, usualLabels = labels }: DetectorResource): string {
  const shown = usualLabels.slice(0, MAX_LABELS).join(', ');
  return labels.length > MAX_LABELS ? `${shown} … (${labels.length})` : shown;
}

/** Columns as wide as their longest cell. */
function table(rows: string[][]): string[] {
  const widths = rows.reduce<number[]>(
    (most, row) => row.map((cell, i) => Math.max(most[i] ?? 0, cell.length)),
    [],
  );
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
