/**
 * Why a database server did not do its work. `away`: it cannot be reached, or the connection was lost; `late`: it
 * did not answer in time, or a lock was not free; `unwritable`: its disk is full or broken, or it is read-only.
 */
export type UnavailabilityKind = 'away' | 'late' | 'unwritable';

/** The database server is not available at present. Whether the statement took effect is not known. */
export class DatabaseUnavailableError extends Error {
  override readonly name = 'DatabaseUnavailableError';

  constructor(
    readonly kind: UnavailabilityKind,
    /** For operators and callers: without addresses, names of accounts or SQL. */
    readonly reason: string,
    options: { cause?: unknown } = {},
  ) {
    super(`the database is not available: ${reason}`, options);
  }
}

/** The error, or the cause of it, that reports that a database server is not available. */
export function unavailabilityOf(error: unknown): DatabaseUnavailableError | undefined {
  for (let at = error; at instanceof Error; at = at.cause)
    if (at instanceof DatabaseUnavailableError) return at;
  return undefined;
}

/** SQLSTATE, by its beginning (https://www.postgresql.org/docs/current/errcodes-appendix.html). */
const STATES: [state: string, kind: UnavailabilityKind, reason: string][] = [
  ['08', 'away', 'the connection was lost'],
  ['57P01', 'away', 'the server closed the connection'],
  ['57P02', 'away', 'the server closed the connection'],
  ['57P03', 'away', 'the server is starting or stopping'],
  ['57P04', 'away', 'the database was removed'],
  ['57P05', 'away', 'the server closed the connection'],
  ['53300', 'away', 'the server accepts no more connections'],
  ['28', 'away', 'the server rejects the account'],
  ['3D000', 'away', 'the server has no such database'],
  ['25P03', 'away', 'the server closed the connection'],
  ['25P04', 'away', 'the server closed the connection'],
  ['57014', 'late', 'a statement took too long'],
  ['55P03', 'late', 'a lock was not free in time'],
  ['40001', 'late', 'another transaction was in the way'],
  ['40P01', 'late', 'another transaction was in the way'],
  ['53100', 'unwritable', 'its disk is full'],
  ['53', 'unwritable', 'the server has no resources left'],
  ['25006', 'unwritable', 'it is read-only'],
  ['58', 'unwritable', 'its disk cannot be read or written'],
];

const SYSTEM_ERRORS =
  /^(E(CONNREFUSED|CONNRESET|CONNABORTED|PIPE|TIMEDOUT|HOSTUNREACH|HOSTDOWN|NETUNREACH|NETDOWN|NOTFOUND|AI_AGAIN|NOENT|ACCES|ADDRNOTAVAIL)|ERR_(SSL|TLS)_\w+|ERR_STREAM_\w+)$/;
/** Errors of the client library that have no code. */
const LOST =
  /^(Connection terminated|Client has encountered a connection error|Client was closed|The server does not support SSL)/;
const NOT_REACHED = /^timeout exceeded when trying to connect/;

/** The error of the PostgreSQL client as a `DatabaseUnavailableError`, if it is one. */
export function fromPostgres(cause: unknown): DatabaseUnavailableError | undefined {
  if (!(cause instanceof Error)) return undefined;
  const { code = '' } = cause as { code?: string };
  const known = STATES.find(([state]) => code.startsWith(state));
  if (known) return new DatabaseUnavailableError(known[1], known[2], { cause });
  // A host with several addresses fails with an error for each.
  if (SYSTEM_ERRORS.test(code))
    return new DatabaseUnavailableError('away', `it cannot be reached (${code})`, { cause });
  if (NOT_REACHED.test(cause.message))
    return new DatabaseUnavailableError('away', 'no connection became free in time', { cause });
  if (LOST.test(cause.message))
    return new DatabaseUnavailableError('away', 'the connection was lost', { cause });
  return undefined;
}
