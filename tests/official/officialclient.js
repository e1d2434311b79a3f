// Twilio's official Node client, of which nothing is changed but the address that its
// requests go to.

import twilio from 'twilio';

// They would send it elsewhere, or through a proxy.
for (const name of ['TWILIO_EDGE', 'TWILIO_REGION', 'TWILIO_LOG_LEVEL', 'TWILIO_CA_BUNDLE', 'HTTP_PROXY']) delete process.env[name];

class RedirectingClient extends twilio.RequestClient {
  #origin;

  constructor(origin, options) {
    super(options);
    this.#origin = origin;
  }

  request(options) {
    return super.request({ ...options, uri: options.uri.replace(/^https?:\/\/[^/]+/, this.#origin) });
  }
}

/** A client whose requests all go to `origin`. `key`: { sid, secret } of an API key, instead of the account's token. */
export function connect(origin, { accountSid, authToken, key, autoRetry = false }) {
  const [user, password] = key ? [key.sid, key.secret] : [accountSid, authToken];
  return twilio(user, password, { accountSid, httpClient: new RedirectingClient(origin, { autoRetry, timeout: 10_000 }) });
}
