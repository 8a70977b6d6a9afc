import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectAsync } from 'mqtt';
import { withChecksum } from '../../core/contract/checksum.js';
import { BarePublisher } from './bare-publisher.js';
import { percentiles } from './report.js';
import { answerQuestions } from './side-process.js';

export interface LoadQuestion {
  broker: string;
  sites: number;
  /** Records that each site may have unacknowledged. */
  window: number;
  seconds: number;
  /** Records a second of all sites together; without it, as fast as they are acknowledged. */
  perSecond?: number;
}

export interface LoadReply {
  /** Records that were sent, all of which were acknowledged in the end. */
  records: number;
  perSecond: number;
  /** Milliseconds from a record's publishing to its acknowledgement by the relay. */
  p50: number;
  p99: number;
}

interface Site {
  id: string;
  topic: string;
  epoch: string;
  sent: number;
  acked: number;
  /** When each record within the window was sent. */
  sentAt: Float64Array;
}

/** As an appliance writes it, with one detection: some 500 bytes with its checksum. */
const payload = (epoch: string, seq: number, snapshot: string, takenAt: string): string =>
  `{"v":1,"epoch":"${epoch}","seq":${seq},"first":1,"summary":{"camera":"gate","snapshot":"${snapshot}","takenAt":"${takenAt}","width":1280,"height":720,"detections":[{"label":"stop sign","detector":"stop-sign","box":{"x":210,"y":120,"width":64,"height":64},"neighbors":12,"score":1.25}],"analysisMs":31.5,"clock":"synchronised"}}`;

/** More than any backlog of the bench takes; then something is broken. */
const DRAIN_MS = 60_000;

const latencies: number[] = [];
let sites: Site[] = [];
let publisher: Promise<BarePublisher> | undefined;

function hear(topic: string, bytes: Buffer): void {
  const { epoch, seq } = JSON.parse(bytes.toString()) as { epoch: string; seq: number };
  const site = sites.find((s) => s.epoch === epoch && topic.startsWith(s.topic.slice(0, -2)));
  const now = performance.now();
  while (site && site.acked < seq) {
    site.acked++;
    latencies.push(now - (site.sentAt[site.acked % site.sentAt.length] ?? now));
  }
}

function send(to: BarePublisher, site: Site): void {
  const seq = ++site.sent;
  site.sentAt[seq % site.sentAt.length] = performance.now();
  const now = Date.now();
  const snapshot = `${now
    .toString(16)
    .padStart(12, '0')
    .replace(/^(.{8})/, '$1-')}-7000-8000-${seq.toString(16).padStart(12, '0')}`;
  const text = payload(site.epoch, seq, snapshot, new Date(now).toISOString());
  to.publish(site.topic, withChecksum(site.id, text));
}

async function listen(broker: string): Promise<void> {
  const client = await connectAsync(broker, { reconnectPeriod: 0 });
  client.on('message', hear);
  await client.subscribeAsync('siteglass/+/ack', { qos: 1 });
}

async function load({
  broker,
  window,
  seconds,
  perSecond: steady,
  ...q
}: LoadQuestion): Promise<LoadReply> {
  publisher ??= listen(broker).then(() => BarePublisher.open(broker));
  const to = await publisher;
  sites = Array.from({ length: q.sites }, (_, i) => ({
    id: `bench-${i}`,
    topic: `siteglass/bench-${i}/up`,
    epoch: randomUUID(),
    sent: 0,
    acked: 0,
    sentAt: new Float64Array(window + 1),
  }));
  latencies.length = 0;
  const began = performance.now();
  const elapsed = () => (performance.now() - began) / 1_000;
  let sent = 0;
  while (elapsed() < seconds) {
    const due = steady === undefined ? Number.POSITIVE_INFINITY : steady * elapsed();
    for (let room = true; room && sent < due; ) {
      room = false;
      for (const site of sites) {
        if (site.sent - site.acked >= window || sent >= due) continue;
        send(to, site);
        sent++;
        room = true;
      }
    }
    await sleep(2);
  }
  const deadline = performance.now() + DRAIN_MS;
  while (sites.some((site) => site.acked < site.sent)) {
    if (performance.now() > deadline) throw new Error('records were not acknowledged in time');
    await sleep(5);
  }
  // With the last window: a relay acknowledges in bursts, and a burst more or less would show in a short run.
  const perSecond = sent / elapsed();
  const { p50, p99 } = percentiles(latencies);
  return { records: sent, perSecond, p50, p99 };
}

answerQuestions(load);
