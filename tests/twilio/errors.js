// Twilio's error replies. Codes and texts are those of Twilio's error dictionary; where the docs
// give no HTTP status the nearest in kind is taken (clients are told to go by the code). They stand in
// lib/verdicts.json, with what a join is to make of each.
import { readFileSync } from 'node:fs';

export class TwilioError extends Error {
  constructor(status, code, message, { headers, details } = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
    this.details = details;
  }

  // The classic shape, which Conversations answers with.
  toJson() {
    const json = {
      code: this.code,
      message: this.message,
      more_info: `https://www.twilio.com/docs/errors/${this.code}`,
      status: this.status,
    };
    if (this.details) json.details = this.details;
    return json;
  }

  // The newer shape of some Twilio products (RFC 9457, application/problem+json).
  toProblem() {
    return {
      type: `https://www.twilio.com/docs/errors/${this.code}`,
      title: this.message,
      status: this.status,
      detail: this.message,
      code: this.code,
    };
  }
}

/** Whether this API tells of errors in the newer shape. */
export function tellsProblems({ path }) {
  return path.startsWith('/v1/Webhooks/');
}

const ROWS = JSON.parse(readFileSync(new URL('../lib/verdicts.json', import.meta.url), 'utf8'));
const DICTIONARY = Object.fromEntries(ROWS.map(({ code, status, text }) => [code, [status, text]]));

export function twilioError(code, message, options) {
  const [status, text] = DICTIONARY[code];
  return new TwilioError(status, code, message ?? text, options);
}

export function invalidParameter(message) {
  return twilioError(20001, `Invalid parameter: ${message}`);
}

export function notFound(path) {
  return twilioError(20404, `The requested resource ${path} was not found`);
}

// An error for tests that name only a code, or only a status.
export function errorFor({ status, code, message }) {
  const known = DICTIONARY[code];
  const fallback = { 401: 20003, 403: 20403, 404: 20404, 429: 20429, 500: 20500, 503: 20503 };
  return new TwilioError(
    status ?? known?.[0] ?? 500,
    code ?? fallback[status] ?? (status >= 500 ? 20500 : 20001),
    message ?? known?.[1] ?? 'Error',
  );
}
