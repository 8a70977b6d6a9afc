import { z } from 'zod';
import { type TopicName, topics } from '../core/contract/topics.js';

/** Renders the topic map as documents: the table of docs/mqtt.md, and docs/asyncapi.yaml. Pure, so that a test can compare the files. */

interface Described {
  name: TopicName;
  /** With the default root, e.g. `siteglass/{site}/health`. */
  address: string;
  about: string;
  form: 'text' | 'json' | 'bytes';
  qos: 0 | 1;
  retain: boolean;
  direction: 'out' | 'in';
}

const ROOT = 'siteglass';

export const describedTopics = (): Described[] =>
  (Object.keys(topics) as TopicName[]).map((name) => {
    const { path, about, form, qos, retain, direction, ...more } = topics[name];
    const absolute = 'absolute' in more && more.absolute === true;
    return {
      name,
      address: absolute ? path : `${ROOT}/${path}`,
      about,
      form,
      qos,
      retain,
      direction,
    };
  });

/** The table of docs/mqtt.md. */
export function topicTable(): string {
  const rows = describedTopics().map(({ address, about, qos, retain, direction }) => {
    const shown = address.replace(/\{(\w+)\}/g, '<$1>');
    const way = direction === 'in' ? 'to the appliance' : 'from the appliance';
    return `| \`${shown}\` | ${way} | ${retain ? 'yes' : 'never'} | ${qos} | ${about} |`;
  });
  return [
    '| topic | direction | retained | QoS | payload |',
    '|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}

const MEDIA_TYPES = { text: 'text/plain', json: 'application/json', bytes: 'image/jpeg' };

const parameters: Record<string, { description: string }> = {
  site: { description: 'The id of the site: a-z, 0-9 and hyphens' },
  camera: { description: 'The id of the camera, in the same form' },
};

/** The map as an AsyncAPI 3.0 document, from the appliance's view: what it sends and receives. */
export function asyncApiDocument(version: string): object {
  const described = describedTopics();
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Siteglass over MQTT',
      version,
      description:
        'The topics that a Siteglass appliance publishes and subscribes to. The root `siteglass` is configurable. Generated from core/contract/topics.ts.',
      license: { name: 'MIT' },
    },
    defaultContentType: 'application/json',
    servers: {
      lan: { host: 'broker.lan:1883', protocol: 'mqtt', protocolVersion: '3.1.1' },
    },
    channels: Object.fromEntries(described.map((topic) => [topic.name, channelOf(topic)])),
    operations: Object.fromEntries(described.map((topic) => [topic.name, operationOf(topic)])),
    components: {
      messages: Object.fromEntries(described.map((topic) => [topic.name, messageOf(topic)])),
    },
  };
}

function channelOf({ name, address }: Described): object {
  const used = [...address.matchAll(/\{(\w+)\}/g)].map(([, key = '']) => key);
  return {
    address,
    messages: { [name]: { $ref: `#/components/messages/${name}` } },
    ...(used.length > 0 && {
      parameters: Object.fromEntries(used.map((key) => [key, parameters[key]])),
    }),
  };
}

function operationOf({ name, direction, about, qos, retain }: Described): object {
  return {
    action: direction === 'out' ? 'send' : 'receive',
    channel: { $ref: `#/channels/${name}` },
    summary: about,
    messages: [{ $ref: `#/channels/${name}/messages/${name}` }],
    bindings: { mqtt: { qos, retain, bindingVersion: '0.2.0' } },
  };
}

function messageOf({ name, form, about }: Described): object {
  return {
    name,
    summary: about,
    contentType: MEDIA_TYPES[form],
    payload: form === 'bytes' ? { type: 'string', format: 'binary' } : schemaOf(name),
  };
}

/** JSON Schema draft 7, which the schemas of AsyncAPI build on. */
function schemaOf(name: TopicName): object {
  const { $schema: _, ...schema } = z.toJSONSchema(topics[name].payload, {
    target: 'draft-7',
    reused: 'inline',
    unrepresentable: 'any',
    // The ids are for the OpenAPI document; here each payload is self-contained.
    metadata: z.registry(),
  });
  return schema;
}
