// Ways to have the REST credentials sent to somebody else: redirects, proxies that the environment
// or a header names, certificates and servers that are not Twilio's.

import { describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { makeCertificate } from '../servers/certificate.js';
import { Eavesdropper } from './eavesdropper.js';
import { callsOf, cgi, fastcgi, send, withResponder } from './responderscene.js';

const run = promisify(execFile);
const QUICK = { AUTOJOIN_DEADLINE_MS: 1000 };

async function withEavesdropper(act) {
  const eavesdropper = await Eavesdropper.open();
  try {
    await act(eavesdropper);
    assert.deepEqual(eavesdropper.heard, [], 'somebody came');
  } finally {
    eavesdropper.close();
  }
}

describe('a redirect', { concurrency: 4 }, () => {
  for (const status of [300, 301, 302, 303, 307, 308]) {
    it(`${status} to somebody else is not followed`, () => withEavesdropper((eavesdropper) => withResponder({ settings: QUICK }, async (scene) => {
      const location = `${eavesdropper.url}/v1/`;
      scene.twilio.misbehave({ match: {}, fault: 'redirect', status, location, times: Infinity });
      const reply = await send(scene);
      assert.notEqual(reply.body, '{"result":"joined"}');
      assert.ok(callsOf(scene).length >= 1);
      assert.ok(callsOf(scene).every((call) => call.status === status));
    })));
  }
});

describe('a proxy that nobody configured', { concurrency: 4 }, () => {
  const variables = (url) => Object.fromEntries(['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'].map((name) => [name, url]));

  for (const driver of [cgi, fastcgi]) {
    for (const secure of [false, true]) {
      it(`is not used (${driver.name}, ${secure ? 'https' : 'http'})`, () => withEavesdropper((eavesdropper) => withResponder({
        environment: { ...variables(eavesdropper.url), NO_PROXY: 'none.example' },
        standIn: secure ? certified() : {},
        settings: ({ folder }) => (secure ? { AUTOJOIN_CA_FILE: folder.join('cert.pem') } : {}),
      }, async (scene) => {
        const spec = { headers: [['Proxy', eavesdropper.url]], variables: Object.entries(variables(eavesdropper.url)) };
        assert.equal((await send(scene, spec)).body, '{"result":"joined"}');
      }, driver)));
    }
  }
});

describe('a proxy that AUTOJOIN_PROXY names', () => {
  it('hears CONNECT and TLS, no credentials and no request', async () => {
    const eavesdropper = await Eavesdropper.open();
    try {
      await withResponder({ settings: { ...QUICK, AUTOJOIN_PROXY: eavesdropper.url, AUTOJOIN_API_URL: 'https://127.0.0.1:1' } }, async (scene) => {
        assert.equal((await send(scene)).body, '{"result":"retry-later"}');
      });
      assert.ok(eavesdropper.heard.length >= 1, 'it was called');
      for (const text of eavesdropper.heard) {
        assert.match(text, /^CONNECT 127\.0\.0\.1:1 HTTP/);
        assert.ok(!/Authorization|Basic|POST|\/v1\//i.test(text), text);
      }
    } finally {
      eavesdropper.close();
    }
  });
});

const certified = (change = async () => {}) => async ({ folder }) => {
  await makeCertificate(folder);
  await change(folder);
  return { tls: { key: await readFile(folder.join('key.pem')), cert: await readFile(folder.join('cert.pem')) } };
};

/** Signs the key anew, for a time that is over. By `openssl ca`: `x509 -days -1` is refused since OpenSSL 3.5. */
async function expire(folder) {
  await folder.write('extensions', 'basicConstraints=critical,CA:FALSE\nsubjectAltName=IP:127.0.0.1\n');
  await run('openssl', ['req', '-new', '-key', folder.join('key.pem'), '-subj', '/CN=localhost', '-out', folder.join('request')]);
  const authority = await folder.write('authority', `[own]
database=${await folder.write('index', '')}
new_certs_dir=${folder.path}
rand_serial=yes
default_md=sha256
policy=any
[any]
commonName=supplied
`);
  await run('openssl', ['ca', '-batch', '-notext', '-selfsign', '-config', authority, '-name', 'own', '-keyfile', folder.join('key.pem'),
    '-in', folder.join('request'), '-startdate', '20200101000000Z', '-enddate', '20200102000000Z', '-extfile', folder.join('extensions'), '-out', folder.join('cert.pem')]);
  await folder.write('cert.pem', await readFile(folder.join('cert.pem')));
}

const trusting = ({ folder }) => ({ ...QUICK, AUTOJOIN_CA_FILE: folder.join('cert.pem') });

describe('a server that is not Twilio\'s', { concurrency: 4 }, () => {
  it('with an expired certificate gets nothing', () => withResponder({ standIn: certified(expire), settings: trusting }, async (scene) => {
    assert.equal((await send(scene)).body, '{"result":"retry-later"}');
    assert.deepEqual(scene.twilio.requests, []);
  }));

  it('that answers https:// without TLS hears no request and no credentials', async () => {
    const eavesdropper = await Eavesdropper.open();
    try {
      await withResponder({ settings: { ...QUICK, AUTOJOIN_API_URL: eavesdropper.url.replace('http:', 'https:') } }, async (scene) => {
        assert.equal((await send(scene)).body, '{"result":"retry-later"}');
      });
      assert.ok(eavesdropper.heard.length >= 1, 'it was called');
      for (const text of eavesdropper.heard) assert.ok(!/POST|HTTP\/1|Authorization|Basic/.test(text), JSON.stringify(text));
    } finally {
      eavesdropper.close();
    }
  });

  it('cannot have the session\'s keys written down by SSLKEYLOGFILE', () => withResponder({
    standIn: certified(), settings: trusting, environment: ({ folder }) => ({ SSLKEYLOGFILE: folder.join('keys') }),
  }, async (scene) => {
    assert.equal((await send(scene)).body, '{"result":"joined"}');
    assert.ok(!existsSync(scene.folder.join('keys')));
  }));
});
