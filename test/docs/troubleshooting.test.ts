import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { problemKinds } from '../../core/contract/problem.js';
import { projectRoot } from '../../core/runtime/project-root.js';

const page = readFileSync(join(projectRoot(), 'docs/troubleshooting.md'), 'utf8');

/** The rows of every table whose first column has one of these titles, as cells. */
function rowsOf(...titles: string[]): string[][] {
  const rows: string[][] = [];
  let title = '';
  for (const line of page.split('\n')) {
    const cells = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
    if (!line.startsWith('|')) title = '';
    else if (title === '') title = cells[1] ?? '';
    else if (titles.includes(title) && !line.startsWith('|---')) rows.push(cells.slice(1, -1));
  }
  return rows;
}

const quotedIn = (text: string): string[] =>
  [...text.matchAll(/`([^`]+)`/g)].map(([, quoted = '']) => quoted);

function sources(): string {
  const files = ['edge', 'core', 'cloud-relay'].flatMap((folder) =>
    readdirSync(join(projectRoot(), folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readFileSync(join(projectRoot(), folder, file), 'utf8')),
  );
  return files.join('\n').replaceAll("\\'", "'");
}

test('the program has every message that the troubleshooting page quotes', (t) => {
  const code = sources();
  const rows = rowsOf('message', 'finding', 'lastError', 'log message');
  t.true(rows.length > 60, `${rows.length} rows`);
  const fragments = rows
    .flatMap(([cell = '']) => quotedIn(cell))
    .flatMap((message) => message.split('…').map((fragment) => fragment.trim()));
  t.deepEqual(
    fragments.filter((fragment) => !code.includes(fragment)),
    [],
  );
});

test('the troubleshooting page explains every problem code, with its status', (t) => {
  const explained = rowsOf('code').map(([code = '', status]) => [
    quotedIn(code)[0],
    Number(status),
  ]);
  const known = Object.entries(problemKinds).map(([code, { status }]) => [code, status]);
  t.deepEqual(explained, known);
});

test('links between the pages of docs/ lead to a page and a heading that exist', (t) => {
  const folder = join(projectRoot(), 'docs');
  const pages = readdirSync(folder).filter((name) => name.endsWith('.md'));
  const text = new Map(pages.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
  for (const [name, content] of text)
    for (const [link, target = '', heading] of content.matchAll(
      /\]\(([\w-]*(?:\.md)?)(?:#([\w-]+))?\)/g,
    )) {
      const found = text.get(target || name);
      if (target !== '' && !target.endsWith('.md')) continue;
      t.truthy(found, `${name}: ${link}`);
      if (heading) t.true(headingsOf(found ?? '').includes(heading), `${name}: ${link}`);
    }
});

/** As GitHub makes anchors of headings. */
const headingsOf = (content: string): string[] =>
  [...content.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
