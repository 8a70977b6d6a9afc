import { readFileSync } from 'node:fs';
import { ProblemError, StartError } from '../runtime/errors.js';
import { MIN_KEY_LENGTH, TextSealer } from '../runtime/sealed-text.js';
import { isStoredSecret, SecretFiles } from '../store/secret-files.js';

/** Where a secret belongs: the way, the path in its settings, and to whom it may be sent. */
export interface SecretPlace {
  way: string;
  path: string;
  receiver: readonly unknown[];
}

/** Keeps the secrets of ways, so that the database does not have their texts. */
export interface SecretKeeper {
  /** What the database has in place of the text. Rejects with a ProblemError if it cannot be kept. */
  keep(text: string, place: SecretPlace): Promise<object>;
  /** Undefined if it is missing. */
  read(stored: object, place: SecretPlace): string | undefined;
  /** Removes all but those that the database has. */
  collect(stored: readonly object[]): Promise<void>;
  /** Whether a text that the database still has can be kept: otherwise it stays there, and is used. */
  readonly canKeep: boolean;
  /** Why a secret may be missing, and what to do. */
  readonly whyMissing: string;
}

/** In files beside an SQLite database, as one process uses them. */
export class FileKeeper implements SecretKeeper {
  readonly canKeep = true;
  readonly whyMissing = 'A backup does not have secrets. Enter it again.';
  readonly #files: SecretFiles;
  /** A file never changes. */
  readonly #read = new Map<string, string>();

  constructor(folder: string) {
    this.#files = new SecretFiles(folder);
  }

  async keep(text: string): Promise<object> {
    return { ...this.#files.storedOf(await this.#files.write(text)) };
  }

  read(stored: object): string | undefined {
    if (!isStoredSecret(stored)) return undefined;
    const known = this.#read.get(stored.kept);
    if (known !== undefined) return known;
    try {
      const text = readFileSync(this.#files.sourceOf(stored).file, 'utf8');
      this.#read.set(stored.kept, text);
      return text;
    } catch {
      return undefined;
    }
  }

  async collect(stored: readonly object[]): Promise<void> {
    const used = new Set(stored.filter(isStoredSecret).map(({ kept }) => kept));
    for (const name of this.#read.keys()) if (!used.has(name)) this.#read.delete(name);
    await this.#files.collect(used);
  }
}

const SETTING = 'database.secretKey';

/** Encrypted in a database that several processes share; they have the same key in their configurations. */
export class SealedKeeper implements SecretKeeper {
  readonly whyMissing: string;
  readonly #sealer: TextSealer | undefined;

  /** Without a key, ways without secrets work, and those whose secrets are texts. Throws StartError for a short one. */
  constructor(key: string | undefined) {
    if (key !== undefined && key.length < MIN_KEY_LENGTH)
      throw new StartError(
        `"${SETTING}" is too short: expected a random text of at least ${MIN_KEY_LENGTH} characters, e.g. of "openssl rand -base64 32"`,
      );
    this.#sealer = key === undefined ? undefined : new TextSealer(key);
    this.whyMissing = this.#sealer
      ? `It was encrypted with another key than "${SETTING}" of the configuration. Configure that key, or enter the secret again.`
      : `It is encrypted, and the configuration has no "${SETTING}". Configure the same key for each relay, and restart.`;
  }

  get canKeep(): boolean {
    return this.#sealer !== undefined;
  }

  async keep(text: string, place: SecretPlace): Promise<object> {
    if (!this.#sealer)
      throw new ProblemError(
        'conflict',
        `The configuration has no key for secrets of ways, so they cannot be stored. Set "${SETTING}" to the same random text for each relay, and restart.`,
      );
    return { sealed: this.#sealer.seal(text, placeText(place)) };
  }

  read(stored: object, place: SecretPlace): string | undefined {
    const { sealed } = stored as { sealed?: unknown };
    return typeof sealed === 'string' ? this.#sealer?.open(sealed, placeText(place)) : undefined;
  }

  async collect(): Promise<void> {
    // What is in the database goes with its row.
  }
}

const placeText = ({ way, path, receiver }: SecretPlace): string =>
  JSON.stringify([way, path, receiver]);
