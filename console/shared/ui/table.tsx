import type { ComponentChildren } from 'preact';
import { texts } from '../../texts/texts.js';
import './table.css';

export interface Column<Row> {
  title: string;
  /** Right-aligned. */
  isNumber?: boolean;
  cell(row: Row): ComponentChildren;
}

interface TableProps<Row> {
  /** For screen readers. */
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf(row: Row): string | number;
  /** Shown if there are no rows. */
  empty: string;
}

/**
 * On a phone each row is a card, with the title of its column before each cell. The roles are spelled out because browsers
 * drop those of a table that is not displayed as one.
 */
export function Table<Row>({ caption, columns, rows, keyOf, empty }: TableProps<Row>) {
  if (rows.length === 0) return <p class="muted">{empty}</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a wide table is scrolled with the keyboard, too.
    <section class="table-scroll" tabIndex={0} aria-label={texts.common.tableOf(caption)}>
      <table class="table" {...role('table')}>
        <caption class="visually-hidden">{caption}</caption>
        <thead {...role('rowgroup')}>
          <tr {...role('row')}>
            {columns.map(({ title, isNumber }) => (
              <th
                key={title}
                scope="col"
                class={isNumber ? 'number' : undefined}
                {...role('columnheader')}
              >
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody {...role('rowgroup')}>
          {rows.map((row) => (
            <tr key={keyOf(row)} {...role('row')}>
              {columns.map(({ title, isNumber, cell }) => (
                <td
                  key={title}
                  class={isNumber ? 'number' : undefined}
                  data-title={title}
                  {...role('cell')}
                >
                  <div>{cell(row)}</div>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const role = (name: 'table' | 'rowgroup' | 'row' | 'columnheader' | 'cell') => ({ role: name });
