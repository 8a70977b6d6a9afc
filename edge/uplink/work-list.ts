/** Work that the answers of the relay and the broker ask for, done one after the other, each until it succeeds. */
export class WorkList {
  #work: (() => Promise<void>)[] = [];

  constructor(private readonly onAdded: () => void) {}

  add(work: () => Promise<void>): void {
    this.#work.push(work);
    this.onAdded();
  }

  /** Ends early if the work clears the list. If it rejects, it stays in the list. */
  async run(): Promise<void> {
    const list = this.#work;
    for (let [work] = list; work && this.#work === list; [work] = list) {
      await work();
      list.shift();
    }
  }

  /** What was asked for has no meaning any more, for example after a new epoch. */
  clear(): void {
    this.#work = [];
  }
}
