import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { basename } from 'node:path';

const PAGE = 4096;
const MEGABYTE = 1_000_000;
const ENTRY_BYTES = 8;
/** Pages asked for at a time. */
const CHUNK = 65_536;

interface Mapping {
  start: number;
  end: number;
  fileOffset: number;
  inode: string;
  path: string;
}

export interface Resident {
  /** Heaps and stacks, and what of libraries was written to, by process; megabytes. */
  anonymousMb: number[];
  /** Pages of files, each counted once however many of the processes have it mapped. */
  nodeMb: number;
  openCvMb: number;
  otherFilesMb: number;
  totalMb: number;
}

/**
 * The memory of some processes as if they were alone on the machine. Proportional set size credits them for what other
 * programs map as well, here the bench itself and whatever else runs Node; on an appliance nobody else does.
 * From /proc/PID/maps and /proc/PID/pagemap (Documentation/admin-guide/mm/pagemap.rst of Linux).
 */
export function residentAlone(pids: number[]): Resident {
  const filePages = new Map<string, Set<number>>();
  const anonymousMb = pids.map((pid) => megabytes(countPages(pid, filePages)));
  const ofFiles = (matches: (path: string) => boolean) =>
    megabytes(
      [...filePages].reduce((sum, [path, pages]) => sum + (matches(path) ? pages.size : 0), 0),
    );
  const isNode = (path: string) => basename(path) === 'node';
  const isOpenCv = (path: string) => /opencv/.test(basename(path));
  const nodeMb = ofFiles(isNode);
  const openCvMb = ofFiles(isOpenCv);
  const otherFilesMb = ofFiles((path) => !isNode(path) && !isOpenCv(path));
  const totalMb = anonymousMb.reduce((sum, mb) => sum + mb, nodeMb + openCvMb + otherFilesMb);
  return { anonymousMb, nodeMb, openCvMb, otherFilesMb, totalMb };
}

const megabytes = (pages: number) => (pages * PAGE) / MEGABYTE;

/** Answers the anonymous pages, and adds the file pages to those known. */
function countPages(pid: number, filePages: Map<string, Set<number>>): number {
  const pagemap = openSync(`/proc/${pid}/pagemap`, 'r');
  let anonymous = 0;
  try {
    for (const mapping of mappingsOf(pid)) {
      const key = `${mapping.inode} ${mapping.path}`;
      const known = filePages.get(key) ?? new Set<number>();
      if (mapping.inode !== '0') filePages.set(key, known);
      for (const { page, ofFile } of residentPages(pagemap, mapping)) {
        if (ofFile) known.add(page + mapping.fileOffset / PAGE);
        else anonymous++;
      }
    }
  } finally {
    closeSync(pagemap);
  }
  return anonymous;
}

function mappingsOf(pid: number): Mapping[] {
  return readFileSync(`/proc/${pid}/maps`, 'utf8')
    .trim()
    .split('\n')
    .map((line) => {
      const [range = '', , offset = '0', , inode = '0', path = ''] = line.split(/\s+/);
      const [start = 0, end = 0] = range.split('-').map((address) => Number.parseInt(address, 16));
      return { start, end, fileOffset: Number.parseInt(offset, 16), inode, path };
    })
    .filter(({ path }) => path !== '[vsyscall]');
}

function* residentPages(pagemap: number, { start, end }: Mapping) {
  const pages = (end - start) / PAGE;
  const buffer = Buffer.alloc(Math.min(pages, CHUNK) * ENTRY_BYTES);
  for (let first = 0; first < pages; first += CHUNK) {
    const bytes = Math.min(pages - first, CHUNK) * ENTRY_BYTES;
    const read = readSync(pagemap, buffer, 0, bytes, (start / PAGE + first) * ENTRY_BYTES);
    for (let at = 0; at < read; at += ENTRY_BYTES) {
      // Bit 63: in memory; bit 61: of a file or shared.
      const high = buffer.readUInt32LE(at + 4);
      if (high >>> 31 === 1)
        yield { page: first + at / ENTRY_BYTES, ofFile: ((high >>> 29) & 1) === 1 };
    }
  }
}
