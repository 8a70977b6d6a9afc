import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { messageOf } from '../../core/runtime/errors.js';

type Answered<Reply> = { reply: Reply } | { error: string };

/** A script of bench/support in a process of its own, which answers each message with one. */
export class SideProcess<Question extends object, Reply> {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  constructor(script: string, execArgv = process.execArgv, env: NodeJS.ProcessEnv = process.env) {
    const file = new URL(`./${script}.js`, import.meta.url);
    this.#child = fork(file, { serialization: 'advanced', execArgv, env });
    this.#ended = once(this.#child, 'exit');
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async ask(question: Question): Promise<Reply> {
    const answered = once(this.#child, 'message') as Promise<[Answered<Reply>]>;
    this.#child.send(question);
    const first = await Promise.race([answered, this.#ended.then(() => undefined)]);
    if (!first) throw new Error('a process of the bench ended before it answered');
    const [answer] = first;
    if ('error' in answer) throw new Error(answer.error);
    return answer.reply;
  }

  async stop(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    await this.#ended;
  }
}

/** The other side: answers each question until the parent hangs up. */
export function answerQuestions<Question, Reply>(
  answer: (question: Question) => Promise<Reply>,
): void {
  const tell = (answered: Answered<Reply>) => process.send?.(answered);
  process.on('disconnect', () => process.exit());
  process.on('message', (question: Question) => {
    answer(question).then(
      (reply) => tell({ reply }),
      (error: unknown) => tell({ error: messageOf(error) }),
    );
  });
}
