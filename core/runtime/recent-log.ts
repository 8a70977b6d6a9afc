import {
  LOG_LEVELS,
  type LogLineResource,
  type LogPage,
  type LogQuery,
} from '../contract/system.js';
import { toIsoString } from './clock.js';

const MAX_LINES = 2_000;
const MAX_CHARACTERS = 1_000_000;
/** Longer lines are not kept; the log itself cuts long texts. */
const MAX_LINE = 64_000;
/** systemd's priority at the begin of a line. */
const PRIORITY = /^<\d>/;
/** pino numbers them 20, 30 and so on. */
const LEVEL_STEP = 10;
const LOWEST = 20;

/** The log has no secrets; should a line have one after all, it is not shown to others. */
const SECRET_NAME = /password|token|secret|authorization|cookie/i;
const CREDENTIALS = /\/\/[^/\s@"']*@/g;
const hideSecrets = (name: string, value: unknown): unknown => {
  if (typeof value !== 'string') return value;
  return SECRET_NAME.test(name) ? '(hidden)' : value.replace(CREDENTIALS, '//(hidden)@');
};

interface Kept {
  seq: number;
  text: string;
}

/** The last lines of the log in memory, for administrators. Both the number of lines and their size are bounded. */
export class RecentLog {
  readonly #lines: Kept[] = [];
  #characters = 0;
  #lastSeq = 0;
  #forgotten = 0;

  constructor(
    private readonly maxLines = MAX_LINES,
    private readonly maxCharacters = MAX_CHARACTERS,
  ) {}

  /** A line as pino writes it. */
  write(line: string): void {
    this.#lastSeq += 1;
    if (line.length > MAX_LINE) {
      this.#forgotten += 1;
      return;
    }
    const text = line.replace(PRIORITY, '');
    this.#lines.push({ seq: this.#lastSeq, text });
    this.#characters += text.length;
    while (this.#lines.length > this.maxLines || this.#characters > this.maxCharacters) {
      this.#characters -= this.#lines.shift()?.text.length ?? 0;
      this.#forgotten += 1;
    }
  }

  /** The newest lines that fit, the oldest of them first. */
  page({ level, component, text, after = 0, limit }: LogQuery): Omit<LogPage, 'status'> {
    const least = LOG_LEVELS.indexOf(level);
    const wanted = text?.toLowerCase();
    const all = this.#lines.flatMap(parsed);
    const fitting = all.filter(
      (line) =>
        line.seq > after &&
        LOG_LEVELS.indexOf(line.level) >= least &&
        (component === undefined || line.component === component) &&
        (wanted === undefined || searchable(line).includes(wanted)),
    );
    const components = new Set(all.flatMap((line) => line.component ?? []));
    return {
      lines: fitting.slice(-limit),
      components: [...components].toSorted(),
      lastSeq: this.#lastSeq,
      kept: this.#lines.length,
      forgotten: this.#forgotten,
    };
  }
}

const searchable = ({ text, fields }: LogLineResource): string =>
  `${text} ${JSON.stringify(fields)}`.toLowerCase();

function parsed({ seq, text }: Kept): LogLineResource[] {
  try {
    const {
      level,
      time,
      msg,
      component,
      name: _,
      pid: __,
      hostname: ___,
      ...fields
    } = JSON.parse(text, hideSecrets) as Record<string, unknown>;
    return [
      {
        seq,
        at: toIsoString(Number(time)),
        level: levelOf(Number(level)),
        component: typeof component === 'string' ? component : null,
        text: typeof msg === 'string' ? msg : '',
        fields,
      },
    ];
  } catch {
    return [];
  }
}

const levelOf = (level: number) =>
  LOG_LEVELS[Math.max(0, Math.min(4, Math.floor((level - LOWEST) / LEVEL_STEP)))] ?? 'info';
