// What the official client makes of an error answer.

import assert from 'node:assert/strict';

/** The client's exception, with what Twilio's classic error answers hold. */
export async function refuses(promise, status, code, message) {
  const error = await promise.then(() => assert.fail(`not refused; ${status} ${code} expected`), (reason) => reason);
  assert.deepEqual([error.status, error.code], [status, code], error.stack);
  assert.equal(error.moreInfo, `https://www.twilio.com/docs/errors/${code}`);
  assert.equal(typeof error.message, 'string');
  if (message) assert.match(error.message, message);
  return error;
}
