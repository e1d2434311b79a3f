import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sign } from '../signature.js';

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
