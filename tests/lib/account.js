// The account that the cases play in. The secrets are easy to find in a log.

export const ACCOUNT_SID = 'AC0123456789abcdef0123456789abcdef';
export const OTHER_ACCOUNT_SID = 'ACffffffffffffffffffffffffffffffff';
export const AUTH_TOKEN = 'a07a07a07a07a07a07a07a07a07a07a0';
export const SECONDARY_TOKEN = '5ec05ec05ec05ec05ec05ec05ec05ec0';
export const SHARED_KEY = { id: 'webhooks_sharedkey_01k4m9v6t3e8r7y2w5q1z0x9c8', secret: 'q3Vt7Yx0Zb2Nc4Md6Lf8Kh1Jg5Pw9RsTuVwXyZaBc=' };
export const OTHER_SHARED_KEY = { id: 'webhooks_sharedkey_01k4m9v6t3e8r7y2w5q1z0x9c9', secret: 'a7Other0Secret2Of4A6SharedKey8With0Equals==' };
export const API_KEY = 'SK00000000000000000000000000000042';
export const API_SECRET = 'api+secret/that=nobody&may#see';
export const IDENTITY = 'conversation-bot';

// What a customer's phone number and message look like in every case's webhooks.
export const CUSTOMER = '+15005550006';
export const PROXY_NUMBER = '+15005550001';
export const MESSAGE_TEXT = 'the words of the customer';

/** Nothing of this may ever stand in a log (design: no secrets, no phone numbers, no message text). */
export const CONFIDENTIAL = [AUTH_TOKEN, SECONDARY_TOKEN, SHARED_KEY.secret, OTHER_SHARED_KEY.secret, API_SECRET, CUSTOMER, PROXY_NUMBER, MESSAGE_TEXT]
  .flatMap((text) => [text, text.replace('+', ''), encodeURIComponent(text), text.replaceAll(' ', '+')])
  .concat(Buffer.from(`${API_KEY}:${API_SECRET}`).toString('base64'))
  .concat(Buffer.from(`${ACCOUNT_SID}:${AUTH_TOKEN}`).toString('base64'));

export function baseSettings(twilio) {
  return {
    TWILIO_ACCOUNT_SID: ACCOUNT_SID,
    TWILIO_AUTH_TOKEN: AUTH_TOKEN,
    TWILIO_API_KEY: API_KEY,
    TWILIO_API_SECRET: API_SECRET,
    TWILIO_IDENTITY: IDENTITY,
    AUTOJOIN_API_URL: twilio.url,
    AUTOJOIN_WEBHOOKS_API_URL: twilio.urls?.webhooks ?? twilio.url,
    AUTOJOIN_EVENTS_API_URL: twilio.urls?.events ?? twilio.url,
  };
}

export function standInOptions() {
  return { accountSid: ACCOUNT_SID, authToken: AUTH_TOKEN, apiKey: API_KEY, apiSecret: API_SECRET };
}
