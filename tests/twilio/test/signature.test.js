import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFileSync } from 'node:fs';
import { sign, withBodyHash } from '../signature.js';

const url = 'https://mycompany.com/myapp.php?foo=1&bar=2';
const call = [
  ['CallSid', 'CA1234567890ABCDE'], ['Caller', '+14158675309'], ['Digits', '1234'], ['From', '+14158675309'], ['To', '+18005551212'],
];

// The expected values are those of the official libraries' own tests.
test('a call, as in every official library', () => {
  assert.equal(sign(url, call, '12345'), 'RSOYDt4T1cUTdK1PDd93/VVr8B8=');
});

test('the order of the parameters does not matter', () => {
  assert.equal(sign(url, [...call].reverse(), '12345'), 'RSOYDt4T1cUTdK1PDd93/VVr8B8=');
});

test('repeated parameters are sorted by value', () => {
  const group = [['MessagingBinding.Address', '+1415xxxxxxx'], ['MessagingBinding.Address', '+1325xxxxxxx']];
  assert.equal(sign(url, group, '12345'), '83O6e2vORAoJHUNzJjDWN1jz+BA=');
});

test('equal pairs count once', () => {
  assert.equal(sign(url, [...call, ...call], '12345'), 'RSOYDt4T1cUTdK1PDd93/VVr8B8=');
});

test('a fragment is no part of what is signed', () => {
  assert.equal(sign(`${url}#rc=5`, call, '12345'), 'RSOYDt4T1cUTdK1PDd93/VVr8B8=');
});

test('text is signed as UTF-8, and a Buffer as its bytes', () => {
  assert.equal(sign(url, [['Body', 'grüß']], '12345'), sign(url, [['Body', Buffer.from('grüß')]], '12345'));
  assert.notEqual(sign(url, [['Body', 'grüß']], '12345'), sign(url, [['Body', Buffer.from('grüß', 'latin1')]], '12345'));
});

test('a SharedKey signs the same text, by either algorithm', () => {
  assert.equal(sign(url, call, '12345', 'HMAC_SHA256').length, 44);
  assert.throws(() => sign(url, call, '12345', 'HMAC_SHA512'), /HMAC_SHA512/);
});

test('the hash of a body that is no form stands in the query, behind what is there', () => {
  const hash = '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a';
  assert.equal(withBodyHash('https://a.example/x', '{}'), `https://a.example/x?bodySHA256=${hash}`);
  assert.equal(withBodyHash('https://a.example/x?b=1#c', '{}'), `https://a.example/x?b=1&bodySHA256=${hash}`);
});

// Each was signed by Twilio's own package with the key that its header names; those that do not hold must differ.
const vectors = JSON.parse(readFileSync(new URL('../../vectors/sharedkeys.json', import.meta.url)));
for (const { id, note, url: seen, params, raw_body: body, token, settings_header: header, keys, signature, valid } of vectors) {
  test(`vector ${id}: ${note}`, () => {
    const settings = Object.fromEntries((header ?? '').split(',').map((member) => member.split('=').map((part) => part.trim())));
    const secret = header === null ? token : keys[settings.key];
    const [, signedUrl] = /signed over: (\S+)/.exec(note) ?? [, seen];
    const whole = !body || withBodyHash(seen.split('?')[0], body) === seen;
    assert.equal(whole && secret !== undefined && sign(signedUrl, params ?? [], secret, settings.algorithm) === signature, valid);
  });
}
