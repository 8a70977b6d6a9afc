import { z } from 'zod';

interface Node {
  $ref?: string;
  $defs?: Record<string, Node>;
  properties?: Record<string, Node>;
  items?: Node;
  anyOf?: Node[];
  oneOf?: Node[];
  allOf?: Node[];
}

/** The paths of all settings in a schema that are secrets, with `*` for each item of a list, e.g. `cameras.*.pushSecret`. */
export function secretPaths(schema: z.ZodType): ReadonlySet<string> {
  const root = z.toJSONSchema(schema, { unrepresentable: 'any', io: 'input' }) as Node;
  const found = new Set<string>();
  const visit = (given: Node, path: string[]): void => {
    const node = given.$ref ? (root.$defs?.[nameIn(given.$ref)] ?? given) : given;
    const forms = [...(node.anyOf ?? []), ...(node.oneOf ?? []), ...(node.allOf ?? [])];
    // A secret is text, or an object that names where it is.
    if (forms.some(({ properties = {} }) => 'credential' in properties)) {
      found.add(path.join('.'));
      return;
    }
    for (const form of forms) visit(form, path);
    for (const [key, child] of Object.entries(node.properties ?? {})) visit(child, [...path, key]);
    if (node.items) visit(node.items, [...path, '*']);
  };
  visit(root, []);
  return found;
}

const nameIn = (reference: string): string => reference.replace(/^#\/\$defs\//, '');
