// A release as a maintainer packs it and as a user verifies it: from a repository made for the test, which
// holds the files as they are now, with keys made for the test.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFile, copyFile, cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const TOP = fileURLToPath(new URL('../..', import.meta.url));
const COMMITTED = 1_700_000_000; // when the test's commit was made
const PATIENCE = { timeout: 300_000 };

let place;
let repository;
let version;
let files;
let packed; // where the first tarball was made
let released; // the directory in which a release lies as it is published

/** Runs a program with an environment of its own: whoever runs the tests may have odd settings. */
function call(command, args, { cwd = place, env = {} } = {}) {
  const clean = { PATH: process.env.PATH, HOME: place, LC_ALL: 'C.UTF-8', GIT_CONFIG_NOSYSTEM: '1', ...env };
  return run(command, args, { cwd, env: clean, maxBuffer: 1 << 26, ...PATIENCE }).then(({ stdout }) => stdout);
}

const shell = (line, options) => call('bash', ['--norc', '-euo', 'pipefail', '-c', line], options);
const git = (...args) => call('git', ['-c', 'user.name=Maintainer', '-c', 'user.email=maintainer@example.com', ...args], {
  cwd: repository, env: { GIT_AUTHOR_DATE: `${COMMITTED} +0000`, GIT_COMMITTER_DATE: `${COMMITTED} +0000`, GNUPGHOME: join(place, 'maintainer') },
});

async function filesNow() {
  const listed = await stat(join(TOP, '.git')).then(() => true, () => false)
    ? await call('git', ['-c', `safe.directory=${TOP.replace(/\/$/, '')}`, '-C', TOP, 'ls-files', '--cached', '--others', '--exclude-standard'])
    : await readFile(join(TOP, 'release-files'), 'utf8');
  const present = await Promise.all(listed.split('\n').filter(Boolean).map((name) => stat(join(TOP, name)).then(() => name, () => undefined)));
  return present.filter(Boolean);
}

async function makeRepository() {
  files = await filesNow();
  await mkdir(repository);
  for (const name of files) {
    await mkdir(join(repository, dirname(name)), { recursive: true });
    await copyFile(join(TOP, name), join(repository, name));
  }
  [, version] = (await readFile(join(TOP, 'configure.ac'), 'utf8')).match(/^AC_INIT\(\[twilio-autojoin\], \[([^\]]+)\]/m);
  await git('init', '-q');
  await git('add', '--all', '--force');
  await git('commit', '-qm', 'A release');
}

async function makeKey(owner) {
  const home = join(place, owner);
  await mkdir(home, { mode: 0o700 });
  await call('gpg', ['--homedir', home, '--batch', '--quiet', '--passphrase', '', '--quick-gen-key', `${owner}@example.com`, 'ed25519', 'sign', 'never']);
  await call('gpg', ['--homedir', home, '--batch', '--armor', '--output', join(place, `${owner}.asc`), '--export']);
}

const tarballName = () => `twilio-autojoin-${version}.tar.gz`;

/** Signed, and with its checksum, as CONTRIBUTING says. */
async function publish(tarball, owner = 'maintainer') {
  const name = tarballName();
  const directory = await mkdtemp(join(place, 'published-'));
  await copyFile(tarball, join(directory, name));
  await shell(`sha256sum ${name} >${name}.sha256`, { cwd: directory });
  await call('gpg', ['--homedir', join(place, owner), '--batch', '--armor', '--detach-sign', join(directory, name)]);
  return directory;
}

/** The lines that verify prints, as { ok: [...], FAIL: [...] }, and its exit status. */
async function verify(directory, ...options) {
  const args = ['--keys', join(place, 'maintainer.asc'), ...options, join(directory, tarballName())];
  const command = ['-c', 'umask 077; exec "$0" "$@"', join(TOP, 'contrib/release/verify'), ...args];
  const { status, output } = await call('bash', command, { env: { TZ: 'Asia/Tokyo' } })
    .then((stdout) => ({ status: 0, output: stdout }), (error) => ({ status: error.code, output: `${error.stdout}${error.stderr}` }));
  const lines = (word) => output.split('\n').filter((line) => line.startsWith(word)).map((line) => line.slice(5));
  return { status, output, ok: lines('ok '), failed: lines('FAIL ') };
}

/** The release with one thing changed, packed again. */
async function altered(change) {
  const directory = await mkdtemp(join(place, 'altered-'));
  await call('tar', ['-xf', join(packed, tarballName())], { cwd: directory });
  await change(join(directory, `twilio-autojoin-${version}`));
  await call('tar', ['-czf', tarballName(), `twilio-autojoin-${version}`], { cwd: directory });
  return join(directory, tarballName());
}

const digest = async (path) => createHash('sha256').update(await readFile(path)).digest('hex');

before(async () => {
  place = await mkdtemp(join(tmpdir(), 'autojoin-release-'));
  repository = join(place, 'repository');
  packed = join(place, 'packed');
  await makeRepository();
  await makeKey('maintainer');
  await makeKey('stranger');
  await git('tag', '-s', '-u', 'maintainer@example.com', '-m', `twilio-autojoin ${version}`, `v${version}`);
  await call('git', ['clone', '-q', repository, packed]);
  // Somebody else's files, where that can be: who owns them must not be in the tarball.
  await shell('umask 022; ./bootstrap; ./configure; [ "$(id -u)" != 0 ] || chown -R 12345:12345 .; make dist', { cwd: packed });
  released = await publish(join(packed, tarballName()));
}, PATIENCE);

after(async () => {
  for (const owner of ['maintainer', 'stranger']) await call('gpgconf', ['--homedir', join(place, owner), '--kill', 'all']).catch(() => {});
  await rm(place, { recursive: true, force: true });
});

test('the tarball holds every file of the repository', async () => {
  const names = new Set((await call('tar', ['-tf', join(packed, tarballName())])).split('\n'));
  assert.deepEqual(files.filter((name) => !names.has(`twilio-autojoin-${version}/${name}`)), []);
});

test('every file in it is nobody\'s by name, of the commit\'s time, in order', async () => {
  const listing = await call('tar', ['--utc', '--full-time', '-tvf', join(packed, tarballName())]);
  const entries = listing.split('\n').filter(Boolean).map((line) => line.split(/\s+/));
  for (const [mode, owner, , date, time, name] of entries) {
    assert.deepEqual([owner, date, time], ['0/0', '2023-11-14', '22:13:20'], name);
    assert.match(mode, /^(drwxr-xr-x|-rw-r--r--|-rwxr-xr-x)$/, name);
  }
  // A directory before what is in it, and both among their neighbours: a slash is less than any letter.
  const names = entries.map((entry) => entry[5].replace(/\/$/, '').replaceAll('/', '\0'));
  assert.deepEqual(names, [...names].sort());
});

test('of an unpacked release another is made: the same', async () => {
  const directory = await mkdtemp(join(place, 'unpacked-'));
  await call('tar', ['-xf', join(packed, tarballName())], { cwd: directory });
  const unpacked = join(directory, `twilio-autojoin-${version}`);
  await shell('umask 077; ./configure; make dist', { cwd: unpacked, env: { TZ: 'America/New_York' } });
  assert.equal(await digest(join(unpacked, tarballName())), await digest(join(packed, tarballName())));
});

test('a release is verified, up to packing it again in another directory, with another umask and time zone', async () => {
  const { status, output, ok } = await verify(released, '--repository', repository, '--rebuild');
  assert.equal(status, 0, output);
  assert.equal(ok.length, 7, output);
});

const CASES = [
  ['one byte changed', ['checksum', 'signed'], async () => {
    const directory = await publish(join(packed, tarballName()));
    await appendFile(join(directory, tarballName()), ' ');
    return directory;
  }],
  ['a changed source, with a fresh checksum and the old signature', ['signed', 'files'], async () => {
    const directory = await publish(await altered((tree) => appendFile(join(tree, 'src/responder.c'), '/* more */\n')));
    await copyFile(join(released, `${tarballName()}.asc`), join(directory, `${tarballName()}.asc`));
    return directory;
  }],
  ['signed by a stranger', ['signed'], () => publish(join(packed, tarballName()), 'stranger')],
  ['no signature', ['signed'], async () => {
    const directory = await publish(join(packed, tarballName()));
    await rm(join(directory, `${tarballName()}.asc`));
    return directory;
  }],
  ['no checksum', ['checksum'], async () => {
    const directory = await publish(join(packed, tarballName()));
    await rm(join(directory, `${tarballName()}.sha256`));
    return directory;
  }],
  ['signed as it must be, but a source is not the tag\'s', ['files'], async () => publish(await altered((tree) => appendFile(join(tree, 'src/responder.c'), '/* more */\n')))],
  ['signed as it must be, but a file was added', ['files'], async () => publish(await altered((tree) => writeFile(join(tree, 'src/more.c'), '')))],
  ['signed as it must be, but a file is missing', ['files'], async () => publish(await altered((tree) => rm(join(tree, 'src/responder.c'))))],
];

const LINES = { checksum: /^the checksum/, signed: /^the tarball is signed/, files: /^the tarball holds the files/ };

for (const [name, wrong, make] of CASES) {
  test(`not verified: ${name}`, async () => {
    const { status, output, failed } = await verify(await make(), '--repository', repository);
    assert.equal(status, 1, output);
    assert.equal(failed.length, wrong.length, output);
    wrong.forEach((word, index) => assert.match(failed[index], LINES[word], output));
  });
}

test('not verified: signed as it must be, but its configure is not what autotools make of the tag', async () => {
  const directory = await publish(await altered((tree) => appendFile(join(tree, 'configure'), '# more\n')));
  const { status, output, failed } = await verify(directory, '--repository', repository, '--rebuild');
  assert.equal(status, 1, output);
  assert.equal(failed.length, 1, output);
  assert.match(failed[0], /packed here/);
});

for (const [name, args] of [['signed by a stranger', ['-s', '-u', 'stranger@example.com']], ['not signed', ['-a']], ['no more than a name', []]]) {
  test(`not verified: a tag that is ${name}`, async () => {
    const clone = await mkdtemp(join(place, 'tagged-'));
    await cp(repository, clone, { recursive: true });
    const options = args.length ? [...args, '-m', 'a tag'] : [];
    await call('git', ['-c', 'user.name=S', '-c', 'user.email=stranger@example.com', '-C', clone, 'tag', '--force', ...options, `v${version}`, `v${version}^{}`],
      { env: { GNUPGHOME: join(place, 'stranger') } });
    const { status, output, failed } = await verify(released, '--repository', clone);
    assert.equal(status, 1, output);
    assert.equal(failed.length, 1, output);
    assert.match(failed[0], /^the tag/);
  });
}

test('wrong use is told', async () => {
  const { status, output } = await verify(released, '--rebuild');
  assert.equal(status, 64, output);
  assert.match(output, /^Usage: /);
});

const spdx = async () => JSON.parse(await call('tar', ['-xOf', join(packed, tarballName()), `twilio-autojoin-${version}/twilio-autojoin.spdx.json`]));

test('the SPDX document is one: what must be there is there, and what is named exists', async () => {
  const document = await spdx();
  assert.deepEqual([document.spdxVersion, document.dataLicense, document.SPDXID], ['SPDX-2.3', 'CC0-1.0', 'SPDXRef-DOCUMENT']);
  assert.equal(document.creationInfo.created, '2023-11-14T22:13:20Z');
  assert.match(document.documentNamespace, /^https:\/\/\S+[^#]$/);
  const ids = new Set(document.packages.map(({ SPDXID }) => SPDXID));
  assert.equal(ids.size, document.packages.length);
  for (const one of document.packages) {
    assert.match(one.SPDXID, /^SPDXRef-[A-Za-z0-9.-]+$/);
    assert.match(one.licenseDeclared, /^(NOASSERTION|\(?[A-Za-z0-9.+-]+( (AND|OR|WITH) [A-Za-z0-9.+-]+)*\)?)$/, one.name);
    assert.deepEqual([one.downloadLocation, one.filesAnalyzed], ['NOASSERTION', false]);
    for (const { algorithm, checksumValue } of one.checksums ?? []) assert.ok(algorithm === 'SHA512' && /^[0-9a-f]{128}$/.test(checksumValue), one.name);
  }
  const TYPES = ['DESCRIBES', 'DYNAMIC_LINK', 'RUNTIME_DEPENDENCY_OF', 'BUILD_TOOL_OF', 'TEST_DEPENDENCY_OF', 'DEV_DEPENDENCY_OF'];
  for (const { spdxElementId: from, relationshipType: type, relatedSpdxElement: to } of document.relationships) {
    assert.ok(TYPES.includes(type), type);
    assert.ok((ids.has(from) || from === document.SPDXID) && ids.has(to), `${from} ${to}`);
  }
  assert.equal(document.relationships.length, document.packages.length, 'each package is related once');
});

test('the SPDX document names every library that the programs are linked with', async () => {
  const { packages, relationships } = await spdx();
  const linked = relationships.filter(({ relationshipType: type }) => type === 'DYNAMIC_LINK').map(({ relatedSpdxElement: id }) => packages.find(({ SPDXID }) => SPDXID === id).name);
  const control = await readFile(join(TOP, 'debian/control'), 'utf8');
  const built = [...control.match(/^Build-Depends:\n((?: .*\n)+)/m)[1].matchAll(/^ lib(\S+?)-dev(?! <!nocheck>)/gm)].map(([, name]) => name.replace('curl4-openssl', 'curl'));
  const known = { curl: 'libcurl', event: 'libevent', fcgi: 'libfcgi', jansson: 'jansson', ssl: 'OpenSSL', cmocka: undefined };
  assert.deepEqual(linked.sort(), built.map((name) => known[name]).filter(Boolean).sort());
});

test('the SPDX document names every npm package of the tests and the benchmark, with the checksum that npm demands', async () => {
  const { packages } = await spdx();
  for (const lock of ['tests/package-lock.json', 'bench/package-lock.json']) {
    for (const [path, { version: wanted, integrity }] of Object.entries(JSON.parse(await readFile(join(TOP, lock), 'utf8')).packages)) {
      if (path === '') continue;
      const name = path.replace(/^.*node_modules\//, '');
      const found = packages.find((one) => one.name === name && one.versionInfo === wanted);
      assert.equal(found?.checksums[0].checksumValue, Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex'), `${name} ${wanted}`);
    }
  }
});
