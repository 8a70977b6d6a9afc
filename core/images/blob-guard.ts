/**
 * Keeps bytes from being removed while a caller is about to refer to them. Several callers may use a blob at once; a
 * removal does not wait for them, but skips the blob until a later round.
 */
export class BlobGuard {
  readonly #users = new Map<string, number>();
  readonly #removals = new Map<string, Promise<void>>();

  async use<T>(sha256: string, work: () => Promise<T>): Promise<T> {
    for (let removal = this.#removals.get(sha256); removal; removal = this.#removals.get(sha256))
      await removal;
    this.#users.set(sha256, (this.#users.get(sha256) ?? 0) + 1);
    try {
      return await work();
    } finally {
      const left = (this.#users.get(sha256) ?? 1) - 1;
      if (left > 0) this.#users.set(sha256, left);
      else this.#users.delete(sha256);
    }
  }

  /** Runs `removal` unless the blob is in use. New users wait for its end. */
  async remove(sha256: string, removal: () => Promise<void>): Promise<boolean> {
    if (this.#users.has(sha256) || this.#removals.has(sha256)) return false;
    const running = removal();
    this.#removals.set(
      sha256,
      running.catch(() => {}),
    );
    try {
      await running;
      return true;
    } finally {
      this.#removals.delete(sha256);
    }
  }
}
