// Twilio's answers as seeds: [name, index of the status in fuzz_reply.c, body], and pages of lists.

const CH = 'CH00000000000000000000000000000001';
const participant = {
  account_sid: 'AC0123456789abcdef0123456789abcdef', conversation_sid: CH, sid: 'MB00000000000000000000000000000001',
  identity: 'bot', attributes: '{}', messaging_binding: null, role_sid: 'RL00000000000000000000000000000001',
  date_created: '2026-03-04T05:06:07Z', url: 'https://conversations.twilio.com/v1/x', last_read_message_index: null,
};
const classic = (code, status) => ({ code, message: 'm', more_info: `https://www.twilio.com/docs/errors/${code}`, status });

export const replies = [
  ['created', 1, JSON.stringify(participant)],
  ['created with ok', 0, JSON.stringify({ ...participant, sid: 'XX' })],
  ...[50433, 50437, 50404, 50419, 50386, 50377, 50350, 50434, 50444, 50407, 50214, 20003, 20404, 20429, 70051, 99999]
    .map((code) => [`error ${code}`, 10, JSON.stringify(classic(code, 409))]),
  ['problem json', 10, JSON.stringify({ type: 'https://twilio.com/errors/50433', title: 't', status: 409, code: 50433, errors: [{ detail: 'd', pointer: '/x' }] })],
  ['code as text', 10, '{"code":"50433"}'],
  ['code as a real', 10, '{"code":50433.0}'],
  ['negative code', 10, '{"code":-50433}'],
  ['html', 12, '<html><body>Bad Gateway</body></html>'],
  ['html with 200', 0, '<html>50433 MB00000000000000000000000000000001</html>'],
  ['nothing', 2, ''],
  ['an array', 0, '["sid","MB00000000000000000000000000000001"]'],
  ['nested', 0, `${'['.repeat(300)}${']'.repeat(300)}`],
  ['twice', 0, '{"sid":"MB00000000000000000000000000000001","sid":"x"}'],
  ['escaped', 0, '{"s\\u0069d":"MB0000000000000000000000000000000\\u0031"}'],
  ['service', 0, JSON.stringify({ sid: 'IS00000000000000000000000000000001', account_sid: 'AC' })],
  ['webhooks', 0, JSON.stringify({ post_webhook_url: 'https://hook.example.com/', pre_webhook_url: null, method: 'POST', filters: ['onConversationAdded', 1, null] })],
];

// What a reader of its own may take otherwise than a JSON library does.
export const replyCases = [
  ['escaped name', 10, '{"c\\u006fde":50433,"code":1}'],
  ['name behind an escaped one', 10, '{"\\"":1,"code":50433}'],
  ['in a nested value', 10, '{"errors":[{"code":50433,"}":"]"}],"code":20404}'],
  ['quotes in a value', 0, JSON.stringify({ attributes: '{"sid":"MB00000000000000000000000000000002"}', ...participant })],
  ['backslash at the end of a value', 0, JSON.stringify({ friendly_name: 'x\\', sid: participant.sid })],
  ['sid is no text the second time', 0, '{"sid":"MB00000000000000000000000000000001","sid":null}'],
  ['code twice', 10, '{"code":50433,"code":1}'],
  ['code of seven digits', 10, '{"code":1050433}'],
  ['code with a zero in front', 10, '{"code":050433}'],
  ['bytes behind the end', 0, '{"sid":"MB00000000000000000000000000000001"}x'],
  ['cut within the text', 0, '{"sid":"MB00000000000000000000000000000001'],
  ['nested wrongly', 0, '{"a":[}],"sid":"MB00000000000000000000000000000001"}'],
  ['blanks everywhere', 10, ' \t\r\n{ "code" : 50433 , "status" : 409 } \n'],
  ['conflict of no known kind', 10, JSON.stringify(classic(50999, 409))],
];

const page = (items, next, key = 'conversations') => JSON.stringify({
  meta: { page: 0, page_size: 50, first_page_url: 'x', previous_page_url: null, url: 'x', next_page_url: next, key }, [key]: items,
});
const host = 'https://conversations.twilio.com';

export const pages = [
  ['empty', page([], null)],
  ['active', page([{ sid: CH, state: 'active' }, { sid: 'CH0', state: 'active' }, { sid: null }], `${host}/v1/Conversations?PageSize=100&Page=1&PageToken=x`)],
  ['own', page([{ conversation_sid: CH, conversation_state: 'closed' }], `${host}:443/v1/ParticipantConversations?Page=1`)],
  ['group', page([participant, { ...participant, identity: null, messaging_binding: { type: 'sms', projected_address: '+15005550001' } }], null, 'participants')],
  ['http', page([{ sid: CH }], 'http://conversations.twilio.com/v1/')],
  ['capital', page([{ sid: CH }], 'HTTPS://Conversations.Twilio.COM/v1/')],
  ['no path', page([{ sid: CH }], host)],
  ['query', page([{ sid: CH }], `${host}?x`)],
  ['no meta', JSON.stringify({ conversations: [{ sid: CH }] })],
  ['wrong list', page([{ sid: CH }], null, 'participants')],
  ['html', '<html></html>'],
  ['long', page([{ sid: CH }], `${host}/${'x'.repeat(3500)}`)],
];

// Leads elsewhere.
export const pageCases = [
  ['foreign', page([{ sid: CH }], 'https://conversations.twilio.com.evil.net/v1/Conversations')],
  ['userinfo', page([{ sid: CH }], 'https://conversations.twilio.com@evil.net/v1/')],
  ['own userinfo', page([{ sid: CH }], 'https://u:p@conversations.twilio.com/v1/')],
];
