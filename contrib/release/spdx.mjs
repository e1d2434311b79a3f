// Prints what this release depends on, as an SPDX 2.3 document in JSON (https://spdx.github.io/spdx-spec/v2.3/):
// what the programs are linked with and need when they run, what builds them, what their tests take from npm,
// with versions and checksums. Made from what the build and npm themselves read, so that it cannot say anything else.
// Usage: node contrib/release/spdx.mjs, with SOURCE_DATE_EPOCH.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const TOP = fileURLToPath(new URL('../..', import.meta.url));
const MAIN = 'SPDXRef-Package-twilio-autojoin';

// What configure looks for, by the name that it looks for it.
const LIBRARIES = {
  libcurl: { name: 'libcurl', license: 'curl', home: 'https://curl.se/' },
  libcrypto: { name: 'OpenSSL', license: 'Apache-2.0', home: 'https://www.openssl.org/' },
  libevent_core: { name: 'libevent', license: 'BSD-3-Clause', home: 'https://libevent.org/' },
  jansson: { name: 'jansson', license: 'MIT', home: 'https://github.com/akheron/jansson' },
  fcgi: { name: 'libfcgi', license: 'OML', home: 'https://github.com/FastCGI-Archives/fcgi2' },
  cmocka: { name: 'cmocka', license: 'Apache-2.0', home: 'https://cmocka.org/', relation: 'TEST_DEPENDENCY_OF' },
};

const BUILD_TOOLS = [
  { name: 'autoconf', license: 'GPL-3.0-or-later', home: 'https://www.gnu.org/software/autoconf/' },
  { name: 'automake', license: 'GPL-2.0-or-later', home: 'https://www.gnu.org/software/automake/' },
  { name: 'pkg-config', license: 'GPL-2.0-or-later', home: 'https://www.freedesktop.org/wiki/Software/pkg-config/' },
];

// Not linked, and nevertheless needed by a program that runs.
const AT_RUN_TIME = [
  { name: 'glibc', license: 'LGPL-2.1-or-later', home: 'https://www.gnu.org/software/libc/' },
  { name: 'ca-certificates', license: 'MPL-2.0', home: 'https://wiki.mozilla.org/CA' },
];

const read = (path) => readFileSync(join(TOP, path), 'utf8');

function idOf(...words) {
  return `SPDXRef-Package-${words.join('-').replace(/[^A-Za-z0-9.-]+/g, '-')}`;
}

function packageOf({ id, name, version, license, home, least, ...more }) {
  return {
    SPDXID: id,
    name,
    ...(version && { versionInfo: version }),
    downloadLocation: 'NOASSERTION',
    ...(home && { homepage: home }),
    filesAnalyzed: false,
    licenseConcluded: 'NOASSERTION',
    licenseDeclared: license ?? 'NOASSERTION',
    copyrightText: 'NOASSERTION',
    ...(least && { comment: `version ${least} or later` }),
    ...more,
  };
}

/** Name and least version of what configure.ac looks for. */
function librariesOf(configure) {
  // Where one project has several (OpenSSL's libssl and libcrypto) the last stands for all of them.
  const modules = [...configure.matchAll(/^PKG_CHECK_MODULES\(\[\w+\], \[(?:\S+ >= \S+ )*(\S+) >= (\S+)\]/gm)].map(([, name, least]) => ({ name, least }));
  const plain = [...configure.matchAll(/^AC_CHECK_LIB\(\[(\w+)\]/gm)].map(([, name]) => ({ name }));
  return [...modules, ...plain].map(({ name, least }) => {
    if (!LIBRARIES[name]) throw new Error(`configure.ac looks for ${name}, of which contrib/release/spdx.mjs knows nothing`);
    return { ...LIBRARIES[name], least };
  });
}

/** The packages of a package-lock.json, each once. */
function npmPackagesOf(lock, directory) {
  const found = new Map();
  for (const [path, { version, license, integrity }] of Object.entries(lock.packages)) {
    if (path === '') continue;
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    found.set(`${name}@${version}`, npmPackage({ directory, name, version, license, integrity }));
  }
  return [...found.values()];
}

function npmPackage({ directory, name, version, license, integrity }) {
  const [algorithm, sum] = integrity.split('-');
  return packageOf({
    id: idOf('npm', directory, name, version),
    name,
    version,
    license,
    checksums: [{ algorithm: algorithm.toUpperCase(), checksumValue: Buffer.from(sum, 'base64').toString('hex') }],
    externalRefs: [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: `pkg:npm/${name.replace('@', '%40')}@${version}` }],
  });
}

function testPackages() {
  const { twilioDocuments: documents } = JSON.parse(read('tests/package.json'));
  const locked = npmPackagesOf(JSON.parse(read('tests/package-lock.json')), 'tests');
  if (!documents) return locked;
  return [...locked, npmPackage({ ...documents, directory: 'tests', name: documents.package })];
}

const named = (relation) => ({ name, license, home, least, relation: own = relation }) => (
  { relation: own, part: packageOf({ id: idOf(name), name, license, home, least }) });

function dependencies(configure) {
  const locked = (relation, packages) => packages.map((part) => ({ relation, part }));
  return [
    ...librariesOf(configure).map(named('DYNAMIC_LINK')),
    ...AT_RUN_TIME.map(named('RUNTIME_DEPENDENCY_OF')),
    ...BUILD_TOOLS.map(named('BUILD_TOOL_OF')),
    ...locked('TEST_DEPENDENCY_OF', testPackages()),
    ...locked('DEV_DEPENDENCY_OF', npmPackagesOf(JSON.parse(read('bench/package-lock.json')), 'bench')),
  ];
}

// "A is linked with B", but "B is a dependency of A".
function relationship({ relation, part }) {
  const [from, to] = relation === 'DYNAMIC_LINK' ? [MAIN, part.SPDXID] : [part.SPDXID, MAIN];
  return { spdxElementId: from, relationshipType: relation, relatedSpdxElement: to };
}

function documentOf() {
  const configure = read('configure.ac');
  const [, version] = configure.match(/^AC_INIT\(\[twilio-autojoin\], \[([^\]]+)\]/m);
  const parts = dependencies(configure);
  const main = packageOf({
    id: MAIN, name: 'twilio-autojoin', version, license: 'MIT', primaryPackagePurpose: 'APPLICATION', supplier: 'NOASSERTION',
  });
  const packages = [main, ...parts.map(({ part }) => part)];
  const sum = createHash('sha256').update(JSON.stringify(packages)).digest('hex');
  return {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: `twilio-autojoin-${version}`,
    // One of its own for every content, as the specification wants it; nothing needs to lie there.
    documentNamespace: `https://twilio-autojoin.example/spdx/${version}/${sum}`,
    creationInfo: {
      created: new Date(Number(process.env.SOURCE_DATE_EPOCH) * 1000).toISOString().replace('.000Z', 'Z'),
      creators: [`Tool: twilio-autojoin-spdx-${version}`],
    },
    packages,
    relationships: [
      { spdxElementId: 'SPDXRef-DOCUMENT', relationshipType: 'DESCRIBES', relatedSpdxElement: MAIN },
      ...parts.map(relationship),
    ],
  };
}

process.stdout.write(`${JSON.stringify(documentOf(), null, 2)}\n`);
