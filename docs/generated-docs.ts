import { stringify } from 'yaml';
import { asyncApiDocument, topicTable } from './describe-topics.js';

const BEGIN = '<!-- The table is written by `npm run docs` from core/contract/topics.ts. -->';
const END = '<!-- End of the table. -->';

/** The generated files by name; `mqttPage` is docs/mqtt.md, of which only the table between two marks is. */
export function generatedDocs(version: string, mqttPage: string): Record<string, string> {
  const [before, rest = ''] = mqttPage.split(BEGIN);
  const after = rest.split(END)[1];
  if (after === undefined) throw new Error('docs/mqtt.md lacks the marks of its table');
  return {
    'docs/mqtt.md': `${before}${BEGIN}\n\n${topicTable()}\n\n${END}${after}`,
    'docs/asyncapi.yaml': stringify(asyncApiDocument(version), {
      lineWidth: 100,
      aliasDuplicateObjects: false,
    }),
  };
}
