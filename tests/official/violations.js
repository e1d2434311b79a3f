// Requests and answers that break Twilio's document on purpose, one for each thing that it
// can object to, each beside the same without the fault.
// overlay: only the overlay lets it be noticed. objection: what is then said.

import { call } from '../lib/rest-client.js';

const FORM = { Identity: 'bot' };
const encode = (form) => new URLSearchParams(form).toString();
const TYPE = { 'Content-Type': 'application/x-www-form-urlencoded' };

/** A request to join somebody, changed. */
function joining(change) {
  return (wrong, twilio) => {
    const service = twilio.createService();
    const { sid } = twilio.createConversation({ serviceSid: service.sid });
    const right = { method: 'POST', path: `/v1/Services/${service.sid}/Conversations/${sid}/Participants`, body: encode(FORM), headers: TYPE };
    return wrong ? { ...right, ...change({ service: service.sid, conversation: sid, path: right.path }) } : right;
  };
}

function listing(query) {
  return (wrong) => ({ method: 'GET', path: `/v1/Conversations?${wrong ? query : 'State=active&PageSize=5'}` });
}

const requests = [
  { name: 'no credentials', objection: /security|credential|Invalid security/i, request: joining(() => ({ auth: null })) },
  { name: 'a path that is not there', objection: /route not found/, request: joining(({ path }) => ({ path: `${path.slice(0, -1)}` })) },
  { name: 'a method that is not there', objection: /route not found/, request: joining(({ path }) => ({ path, method: 'DELETE', body: undefined, headers: {} })) },
  { name: 'ChatServiceSid that is none', objection: /request\.path/, request: joining(({ service, path }) => ({ path: path.replace(service, `${service}0`) })) },
  { name: 'ConversationSid that is none', overlay: true, objection: /request\.path/, request: joining(({ conversation, path }) => ({ path: path.replace(conversation, 'CHx') })) },
  { name: 'no body', overlay: true, objection: /Body parameter is required/, request: joining(() => ({ body: undefined, headers: {} })) },
  { name: 'no Identity', overlay: true, objection: /'Identity'/, request: joining(() => ({ body: encode({ Attributes: '{}' }) })) },
  { name: 'an empty Identity', overlay: true, objection: /Identity .*fewer/, request: joining(() => ({ body: encode({ Identity: '' }) })) },
  { name: 'an Identity too long', overlay: true, objection: /Identity .*more than 256/, request: joining(() => ({ body: encode({ Identity: 'x'.repeat(257) }) })) },
  { name: 'RoleSid that is none', objection: /RoleSid/, request: joining(() => ({ body: encode({ ...FORM, RoleSid: `RL${'z'.repeat(32)}` }) })) },
  { name: 'DateCreated that is none', objection: /DateCreated/, request: joining(() => ({ body: encode({ ...FORM, DateCreated: 'today' }) })) },
  { name: 'JSON instead of a form', objection: /Supported content types/, request: joining(() => ({ body: JSON.stringify(FORM), headers: { 'Content-Type': 'application/json' } })) },
  { name: 'X-Twilio-Webhook-Enabled that says neither', objection: /webhook-enabled/i, request: joining(() => ({ headers: { ...TYPE, 'X-Twilio-Webhook-Enabled': 'perhaps' } })) },
  { name: 'a state that there is not', objection: /query\.state/, request: listing('State=open&PageSize=5') },
  { name: 'a page too large', objection: /query\.pagesize/, request: listing('State=active&PageSize=101') },
];

/** The answer to a join, changed: its JSON by `change`, or the rest of it by `rule`. */
function answer(change, rule = {}) {
  return (wrong, twilio, path) => {
    const right = {
      account_sid: twilio.accountSid, chat_service_sid: path.split('/')[3], conversation_sid: path.split('/')[5], sid: `MB${'0'.repeat(32)}`,
      identity: 'bot', attributes: '{}', messaging_binding: null, role_sid: `RL${'0'.repeat(32)}`, date_created: '2026-01-02T03:04:05Z',
      date_updated: '2026-01-02T03:04:05Z', url: `${twilio.url}${path}/MB${'0'.repeat(32)}`, last_read_message_index: null, last_read_timestamp: null,
    };
    return wrong ? { status: 201, body: change(right), ...rule } : { status: 201, body: right };
  };
}

function errorAnswer(change, rule = {}) {
  return (wrong) => {
    const right = { code: 50433, message: 'Participant already exists', more_info: 'https://www.twilio.com/docs/errors/50433', status: 409 };
    return wrong ? { status: 409, body: change(right), ...rule } : { status: 409, body: right };
  };
}

const without = (name) => ({ [name]: dropped, ...rest }) => rest;

const answers = [
  { name: 'an answer with a SID of another kind', overlay: true, objection: /response\.body\.sid/, answer: answer((json) => ({ ...json, sid: `CH${'0'.repeat(32)}` })) },
  { name: 'an answer with text for a number', overlay: true, objection: /last_read_message_index/, answer: answer((json) => ({ ...json, last_read_message_index: 'none' })) },
  { name: 'an answer with a date that is none', overlay: true, objection: /date_created/, answer: answer((json) => ({ ...json, date_created: '2026-01-02' })) },
  { name: 'an answer that lacks a property', overlay: true, objection: /'role_sid'/, answer: answer(without('role_sid')) },
  { name: 'an answer with a property of no resource', overlay: true, objection: /'extra'/, answer: answer((json) => ({ ...json, extra: 1 })) },
  { name: 'an answer with another status', objection: /response/, answer: answer((json) => json, { status: 200 }) },
  { name: 'an answer that is no JSON', objection: /media type/, answer: answer((json) => JSON.stringify(json), { contentType: 'text/html' }) },
  { name: 'an error without code', overlay: true, objection: /'code'/, answer: errorAnswer(without('code')) },
  { name: 'an error with text for its code', overlay: true, objection: /body\.code/, answer: errorAnswer((json) => ({ ...json, code: '50433' })) },
  { name: 'an error with a property of its own', overlay: true, objection: /'reason'/, answer: errorAnswer((json) => ({ ...json, reason: 'because' })) },
  { name: 'an error as HTML', overlay: true, objection: /media type/, answer: errorAnswer(() => '<h1>Conflict</h1>', { contentType: 'text/html' }) },
];

export const violations = [...requests, ...answers];

async function objectionsTo(wrong, { request = joining((right) => right), answer: makeAnswer }, twilio, judge) {
  twilio.behave();
  const { method, path, body, headers, auth = [twilio.accountSid, twilio.authToken] } = request(wrong && !makeAnswer, twilio);
  if (makeAnswer) twilio.misbehave(makeAnswer(wrong, twilio, path));
  const { mark } = judge;
  await call({ url: judge.url }, method, path, { body, headers, auth });
  twilio.behave();
  return judge.objections(mark)
    // The document as it is knows no error answers, and says so of the right ones too.
    .filter((line) => !/ -> [45]\d\d: response Unable to match the returned status/.test(line))
    // Without the addresses, which differ, the objections to the two can be compared.
    .map((line) => line.replace(/^.*? -> \d+: /, ''));
}

/** -> what the judge says of the fault, and of the same without it. */
export async function provoke(violation, twilio, judge) {
  const right = await objectionsTo(false, violation, twilio, judge);
  return { right, wrong: await objectionsTo(true, violation, twilio, judge) };
}
