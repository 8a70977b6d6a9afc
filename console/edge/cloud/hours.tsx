import type { SyncResource } from '../../../core/contract/site.js';
import { formatDayAndHour, formatNumber } from '../../shared/format.js';
import { Section } from '../../shared/ui/section.js';
import { type Column, Table } from '../../shared/ui/table.js';
import { texts } from '../../texts/texts.js';

const words = texts.cloud;
type Hour = SyncResource['hours'][number];

const COLUMNS: Column<Hour>[] = [
  { title: words.hour, cell: ({ began }) => formatDayAndHour(began) },
  { title: words.added, isNumber: true, cell: ({ added }) => formatNumber(added) },
  {
    title: words.acknowledged,
    isNumber: true,
    cell: ({ acknowledged }) => formatNumber(acknowledged),
  },
  { title: words.evictedShort, isNumber: true, cell: ({ evicted }) => formatNumber(evicted) },
];

const SHOWN = 24;

export const Hours = ({ sync }: { sync: SyncResource }) => (
  <Section title={words.hours}>
    <Table
      caption={words.hours}
      columns={COLUMNS}
      rows={sync.hours.slice(0, SHOWN)}
      keyOf={({ began }) => began}
      empty={words.noHours}
    />
  </Section>
);
