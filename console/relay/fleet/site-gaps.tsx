import type { GapResource, SiteGapsAnswer } from '../../../core/contract/fleet.js';
import { formatDateTime, formatNumber } from '../../shared/format.js';
import { Loading } from '../../shared/ui/loading.js';
import { Notice } from '../../shared/ui/notice.js';
import { Section } from '../../shared/ui/section.js';
import { type Column, Table } from '../../shared/ui/table.js';
import { useResource } from '../../shared/use-resource.js';
import { texts } from '../../texts/texts.js';

const words = texts.fleet;

const COLUMNS: Column<GapResource>[] = [
  { title: words.kind, cell: ({ kind }) => words.gapKinds[kind] },
  { title: words.count, isNumber: true, cell: ({ count }) => formatNumber(count) },
  {
    title: words.numbers,
    cell: ({ from, to }) =>
      from === to ? formatNumber(from) : `${formatNumber(from)}–${formatNumber(to)}`,
  },
  {
    title: words.why,
    cell: ({ reason, detail }) =>
      [reason && words.gapReasons[reason], detail].filter(Boolean).join(': ') || '–',
  },
  { title: words.noticed, cell: ({ noticedAt }) => formatDateTime(noticedAt) },
];

export function SiteGaps({ site }: { site: string }) {
  const gaps = useResource<SiteGapsAnswer>(`/sites/${encodeURIComponent(site)}/gaps`, {
    everySeconds: 60,
  });
  return (
    <Section title={words.gapsTitle} help={words.gapsHelp}>
      {gaps.data?.truncated && <Notice>{words.truncated}</Notice>}
      {gaps.data ? (
        <Table
          caption={words.gapsTitle}
          columns={COLUMNS}
          rows={gaps.data.gaps}
          keyOf={({ epoch, kind, from }) => `${epoch} ${kind} ${from}`}
          empty={words.noGapRows}
        />
      ) : (
        <Loading of={gaps} />
      )}
    </Section>
  );
}
