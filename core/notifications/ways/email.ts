import type { Socket } from 'node:net';
import { createTransport } from 'nodemailer';
import type { NotificationMessage } from '../../contract/notification-delivery.js';
import type { EmailWay } from '../../contract/notification-way.js';
import { messageOf } from '../../runtime/errors.js';
import { redacted } from '../secrets.js';
import { hostFault } from './address-rules.js';
import { connectGuarded } from './guarded-connection.js';
import { failure, type Outcome } from './outcome.js';
import { fileNameOf, type Picture } from './picture.js';

export interface EmailOptions {
  allowOwnMachine: boolean;
  timeoutMs: number;
  /** Certificate authorities besides those that are built in, as PEM. */
  ca?: string;
}

/** So many timeouts may a whole mail take: a server that sends a byte now and then would hold up the others. */
const WHOLE_TIMEOUTS = 3;

/** Sends a message by a mail server. Never rejects. The id of the mail is that of the message, so that doubles show. */
export async function sendEmail(
  way: EmailWay,
  message: NotificationMessage,
  picture: Picture | undefined,
  options: EmailOptions,
): Promise<Outcome> {
  const fault = hostFault(way.host, options.allowOwnMachine);
  if (fault) return failure(fault);
  let socket: Socket | undefined;
  const transport = createTransport({
    ...transportOf(way, options),
    getSocket: (_, callback) => {
      connectGuarded({ host: way.host, port: portOf(way), ...options }).then(
        (connection) => {
          socket = connection;
          callback(null, { connection });
        },
        (error: Error) => callback(error, false),
      );
    },
  });
  const deadline = setTimeout(() => socket?.destroy(), options.timeoutMs * WHOLE_TIMEOUTS);
  try {
    const { response } = await transport.sendMail(mailOf(way, message, picture));
    return { ok: true, answer: redacted(response, way) };
  } catch (error) {
    return refused(way, error, Boolean(picture));
  } finally {
    clearTimeout(deadline);
    transport.close();
    socket?.destroy();
  }
}

const portOf = ({ port, security }: EmailWay): number => port ?? (security === 'tls' ? 465 : 587);

function transportOf(way: EmailWay, { timeoutMs, ca }: EmailOptions) {
  const { host, security, username, password = '' } = way;
  return {
    host,
    port: portOf(way),
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    ...(username !== undefined && { auth: { user: username, pass: password } }),
    tls: { minVersion: 'TLSv1.2' as const, ...(ca && { ca }) },
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

function mailOf(way: EmailWay, message: NotificationMessage, picture: Picture | undefined) {
  const link = message.picture?.url;
  return {
    from: { name: `Siteglass ${message.site ?? ''}`.trim(), address: way.from },
    to: way.to,
    subject: message.title.replace(/\s+/g, ' '),
    text: `${message.text}\n${link ? `\n${link}\n` : ''}`,
    messageId: `<${message.id}@siteglass>`,
    headers: { 'Siteglass-Delivery': message.id, 'Auto-Submitted': 'auto-generated' },
    ...(picture && {
      attachments: [
        {
          filename: fileNameOf(picture),
          content: picture.bytes,
          contentType: picture.mediaType,
        },
      ],
    }),
  };
}

const ADVICE: Record<string, string> = {
  EAUTH: 'The mail server refused user name or password. Some providers ask for an app password.',
  ETLS: 'The mail server offers no encryption. Check the port, or set "security" to "tls" or "none".',
  ECONNECTION: 'Check host, port and network.',
  ESOCKET: 'Check host, port, network and the certificate of the mail server.',
  ETIMEDOUT:
    'The mail server does not answer. Check port and firewall; many networks block port 25.',
  EDNS: 'The name of the mail server is not known. Check it.',
  EENVELOPE: 'The mail server refused the sender or a recipient.',
  EMESSAGE: 'The mail server refused the content of the mail.',
};

/** Codes of SMTP from 500 on are permanent, of this mail if not of the login. */
function refused(way: EmailWay, error: unknown, hadPicture: boolean): Outcome {
  const { code = '', responseCode = 0 } = error as { code?: string; responseCode?: number };
  const answer = redacted(messageOf(error), way) || code;
  const advice = ADVICE[code];
  // 552: too large (RFC 5321, 4.2.3).
  const isTooLarge = responseCode === 552 && hadPicture;
  const isMessage = responseCode >= 500 && (code === 'EENVELOPE' || code === 'EMESSAGE');
  return failure(answer, {
    scope: isTooLarge ? 'picture' : isMessage ? 'message' : 'way',
    ...(advice && { advice }),
  });
}
