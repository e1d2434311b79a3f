// A test webhook by one Setting, whatever the Rules say, and what came of it.
import { refuse, checkObject, readChoice, readText } from './fields.js';
import { TwilioError } from '../errors.js';
import { connectionOf } from './connections.js';

export function createTest({ configuration, standIn, json }) {
  checkObject(json, ['url', 'settingId', 'method']);
  const url = readText(json.url, 'url', { max: 2048, required: true });
  if (!/^https?:\/\/[^\s/]+/.test(url)) throw refuse('url', 'is no URL');
  const method = readChoice(json.method, ['GET', 'POST'], 'method', { required: false }) ?? 'POST';
  const setting = configuration.settings.get(readText(json.settingId, 'settingId', { required: true }));
  if (!setting) throw refuse('settingId', 'is no Setting');
  if (Date.now() < setting.settledAt) throw new TwilioError(422, 59000, 'settingId: the Setting has not propagated yet');
  return { later: send({ configuration, standIn, setting, url, method }) };
}

async function send({ configuration, standIn, setting, url, method }) {
  const params = configuration.assume.testNamesAccount ? [['AccountSid', configuration.accountSid]] : [];
  const signing = configuration.signingBy(setting);
  const { connectTo, ca } = standIn.wayTo(url);
  const result = await standIn.deliver({ url, params, method, signing, ...connectionOf(setting), connectTo, ca });
  return { status: 200, json: { url, result: resultOf(result), createdAt: new Date() } };
}

function resultOf({ status, headers, error, timedOut, ms }) {
  const delivered = status >= 200 && status < 300;
  const why = timedOut ? 'no answer in time' : error ?? `answered ${status}`;
  return {
    outcome: delivered ? 'DELIVERED' : 'FAILED',
    response: status === null ? {} : { statusCode: status, headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value].flat()])) },
    timing: { totalMs: Math.round(ms) },
    ...(!delivered && { error: why }),
  };
}
