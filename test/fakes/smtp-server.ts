import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import type { ExecutionContext } from 'ava';
import type { TlsCredentials } from '../../core/runtime/tls/credentials.js';

export interface ReceivedMail {
  from: string;
  to: string[];
  /** Headers and body, with dots unstuffed. */
  content: string;
  wasEncrypted: boolean;
  /** As it was sent, in base64. */
  auth: string | undefined;
}

export interface SmtpOptions {
  /** With it the server offers STARTTLS, or speaks TLS from the first byte with `implicit`. */
  credentials?: TlsCredentials;
  implicit?: boolean;
  /** What it answers to a command, in place of the usual. */
  answers?: Record<string, string>;
}

export interface SmtpServer {
  port: number;
  mails: ReceivedMail[];
  /** The commands that arrived, without their arguments. */
  commands: string[];
}

/** A mail server (RFC 5321, with STARTTLS by RFC 3207 and AUTH PLAIN by RFC 4954) that keeps what it gets. Stops with the test. */
export async function startSmtpServer(
  t: ExecutionContext,
  options: SmtpOptions = {},
): Promise<SmtpServer> {
  const server: SmtpServer = { port: 0, mails: [], commands: [] };
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    const { credentials, implicit } = options;
    converse(implicit && credentials ? encrypted(socket, credentials) : socket, server, options);
  });
  t.teardown(() => {
    listener.close();
    for (const socket of sockets) socket.destroy();
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  server.port = (listener.address() as AddressInfo).port;
  return server;
}

function encrypted(socket: Socket, { key, chain }: TlsCredentials): TLSSocket {
  const secureContext = createSecureContext({ key, cert: chain });
  return new TLSSocket(socket, { isServer: true, secureContext }).on('error', () => undefined);
}

function converse(socket: Socket, server: SmtpServer, options: SmtpOptions, greet = true): void {
  const { credentials, answers = {} } = options;
  const isEncrypted = socket instanceof TLSSocket;
  let mail = emptyMail(isEncrypted);
  let rest = '';
  let isData = false;
  const say = (text: string) => void socket.write(`${text}\r\n`);
  if (greet) say('220 test ESMTP');
  const onData = (chunk: Buffer) => {
    rest += chunk.toString('latin1');
    for (;;) {
      const end = rest.indexOf(isData ? '\r\n.\r\n' : '\r\n');
      if (end < 0) return;
      const text = rest.slice(0, end);
      rest = rest.slice(end + (isData ? 5 : 2));
      if (isData) {
        isData = false;
        server.mails.push({ ...mail, content: text.replaceAll('\r\n..', '\r\n.') });
        mail = { ...emptyMail(isEncrypted), auth: mail.auth };
        say('250 2.0.0 queued as TEST');
        continue;
      }
      const [command = '', ...args] = text.split(' ');
      const verb = command.toUpperCase();
      server.commands.push(verb);
      const argument = args.join(' ');
      const own = answers[verb];
      if (own) say(own);
      else if (verb === 'EHLO') {
        const offered = credentials && !isEncrypted ? ['STARTTLS'] : [];
        say(['250-test', ...offered.map((one) => `250-${one}`), '250 AUTH PLAIN'].join('\r\n'));
      } else if (verb === 'STARTTLS' && credentials) {
        say('220 ready');
        socket.off('data', onData);
        converse(encrypted(socket, credentials), server, options, false);
        return;
      } else if (verb === 'AUTH') {
        mail.auth = args[1];
        say('235 2.7.0 accepted');
      } else if (verb === 'MAIL') {
        mail.from = argument;
        say('250 ok');
      } else if (verb === 'RCPT') {
        mail.to.push(argument);
        say('250 ok');
      } else if (verb === 'DATA') {
        isData = true;
        say('354 go on');
      } else if (verb === 'QUIT') {
        say('221 bye');
        socket.end();
      } else say(['NOOP', 'RSET'].includes(verb) ? '250 ok' : '502 5.5.1 not implemented');
    }
  };
  socket.on('data', onData);
}

const emptyMail = (wasEncrypted: boolean): ReceivedMail => ({
  ...{ from: '', to: [], content: '', wasEncrypted },
  auth: undefined,
});
