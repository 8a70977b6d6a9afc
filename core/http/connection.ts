import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** What a connection is doing. While it is `handling`, it waits for this process; otherwise for its client. */
export type Phase = 'idle' | 'receiving' | 'handling' | 'sending';

/** Fewer bytes than these in a whole deadline are no progress, unless the response ends with them. */
const MIN_SENT_BYTES = 16_384;
const MIN_RECEIVED_BYTES = 1_024;

/** What a socket's handle counts. Node.js has the same numbers for its own idle timer, but no function for them. */
interface Counted {
  _handle?: { bytesWritten?: number; writeQueueSize?: number } | null;
}

/** Bytes that the operating system has taken from the socket. */
function sentBytes(socket: Socket): number {
  const { bytesWritten = 0, writeQueueSize = 0 } = (socket as Socket & Counted)._handle ?? {};
  return bytesWritten - writeQueueSize;
}

/** A connection of the HTTP server, and what its client has taken and sent. */
export class Connection {
  /** The socket of its requests; with TLS not the one that was accepted. */
  socket: Socket;
  /** Requests without a complete response, with their responses. */
  readonly requests = new Map<IncomingMessage, ServerResponse>();
  /** Bytes of responses that this process holds for it, beside those that the socket has. */
  held = 0;
  #mark: { phase: Phase; bytes: number; at: number };

  /** Whose share it is counted in. */
  network: string;

  constructor(
    readonly accepted: Socket,
    /** The network at its other end; that of a proxy if there is one. */
    readonly peer: string,
    now: number,
  ) {
    this.network = peer;
    this.socket = accepted;
    this.#mark = { phase: 'idle', bytes: 0, at: now };
  }

  get phase(): Phase {
    if (this.socket.writableLength > 0) return 'sending';
    if (this.requests.size === 0) return 'idle';
    return [...this.requests.keys()].every(({ complete }) => complete) ? 'handling' : 'receiving';
  }

  /** Bytes in memory for its client. */
  get queued(): number {
    return Math.max(this.held, this.socket.writableLength);
  }

  /** Milliseconds for which its client has neither taken nor sent what counts as progress; call it regularly. */
  stalledMs(now: number): number {
    const { phase } = this;
    const bytes = phase === 'sending' ? sentBytes(this.socket) : this.accepted.bytesRead;
    const least = phase === 'sending' ? MIN_SENT_BYTES : MIN_RECEIVED_BYTES;
    const moves = bytes - this.#mark.bytes >= least && phase !== 'idle';
    if (phase !== this.#mark.phase || moves || phase === 'handling')
      this.#mark = { phase, bytes, at: now };
    return now - this.#mark.at;
  }

  /** Ends it if it has no request; otherwise tells its client, with the last response, that no other will follow. */
  finish(): void {
    const last = [...this.requests.values()].at(-1);
    if (!last) this.socket.destroySoon();
    else if (!last.headersSent) last.setHeader('Connection', 'close');
  }

  /** Ends it without waiting for its client: what the operating system holds for it is freed, too. */
  end(): void {
    this.accepted.resetAndDestroy();
    this.socket.destroy();
  }
}
