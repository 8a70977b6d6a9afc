import { once } from 'node:events';
import {
  type AddressInfo,
  connect,
  createServer,
  type NetConnectOpts,
  type Socket,
} from 'node:net';
import type { ExecutionContext } from 'ava';

/** A TCP proxy whose connections can stop forwarding without being closed, as behind a router that lost them. */
export interface SilentProxy {
  port: number;
  /** Connections that were made. */
  readonly connections: number;
  /** The connections of now forward nothing from now on; new ones work. */
  silence(): void;
  /** New connections are accepted and forward nothing. */
  silenceNew(): void;
  /** Closes every connection, and refuses new ones by closing them at once. */
  refuse(): void;
  /** New connections work. */
  restore(): void;
}

export async function silentProxy(
  t: ExecutionContext,
  target: NetConnectOpts,
): Promise<SilentProxy> {
  let mode: 'forward' | 'silent' | 'refuse' = 'forward';
  let connections = 0;
  const pairs = new Set<[Socket, Socket]>();
  const server = createServer((client) => {
    connections++;
    client.on('error', () => undefined);
    if (mode === 'refuse') {
      client.destroy();
      return;
    }
    const upstream = connect(target).on('error', () => client.destroy());
    const pair: [Socket, Socket] = [client, upstream];
    pairs.add(pair);
    client.on('close', () => {
      upstream.destroy();
      pairs.delete(pair);
    });
    upstream.on('close', () => client.destroy());
    if (mode === 'silent') client.resume();
    else {
      client.pipe(upstream);
      upstream.pipe(client);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    for (const [client, upstream] of pairs) {
      client.destroy();
      upstream.destroy();
    }
    server.close();
  });
  const silence = () => {
    for (const [client, upstream] of pairs) {
      client.unpipe(upstream);
      upstream.unpipe(client);
      client.resume();
      upstream.resume();
    }
  };
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections;
    },
    silence,
    silenceNew() {
      silence();
      mode = 'silent';
    },
    refuse() {
      mode = 'refuse';
      for (const [client] of pairs) client.destroy();
    },
    restore() {
      mode = 'forward';
    },
  };
}
