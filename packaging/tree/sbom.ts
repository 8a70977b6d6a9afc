import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { licenceFault, licenceOf } from './licences.js';

export interface SbomSource {
  /** The Debian package. */
  name: string;
  version: string;
  /** The folders of the npm packages in it, as in package-lock.json. */
  paths: string[];
  /** Debian's packages that its addons are linked to, with the version that it was built with if that is known. */
  debian: { name: string; version: string | undefined }[];
}

interface Component {
  type: 'library' | 'platform';
  'bom-ref': string;
  name: string;
  version?: string;
  purl: string;
  licenses?: [{ expression: string } | { license: { id: string } }];
}

/**
 * What a package consists of, as CycloneDX 1.5. It has no time and no random number, so that the same source gives the
 * same file. Throws an error that names each package whose licence is not in the list.
 */
export function sbomOf(root: string, { name, version, paths, debian }: SbomSource): string {
  const components = [
    ...paths.map((path) => npmComponent(root, path)),
    ...debian.map(debianComponent),
  ].sort((a, b) => (a['bom-ref'] < b['bom-ref'] ? -1 : 1));
  const self = { type: 'application', 'bom-ref': name, name, version };
  const document = {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: { component: { ...self, licenses: [{ license: { id: 'MIT' } }] } },
    components,
    dependencies: [{ ref: name, dependsOn: components.map((component) => component['bom-ref']) }],
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function npmComponent(root: string, path: string): Component {
  const manifest = JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8'));
  const licence = licenceOf(manifest);
  const fault = licenceFault(licence);
  if (fault || licence === undefined) throw new Error(`${path} cannot be distributed: ${fault}`);
  const { name, version } = manifest as { name: string; version: string };
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  return {
    type: 'library',
    // The same version may be there twice, in two folders.
    'bom-ref': `${purl}#${path}`,
    name,
    version,
    purl,
    licenses: [licence.includes(' ') ? { expression: licence } : { license: { id: licence } }],
  };
}

function debianComponent({ name, version }: SbomSource['debian'][number]): Component {
  const purl = `pkg:deb/debian/${name}${version === undefined ? '' : `@${version}`}?distro=debian-13`;
  return {
    type: name === 'nodejs' ? 'platform' : 'library',
    'bom-ref': purl,
    name,
    ...(version !== undefined && { version }),
    purl,
  };
}
