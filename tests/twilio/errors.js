// Twilio's error replies. Codes and texts are those of Twilio's error dictionary; where the docs
// give no HTTP status the nearest in kind is taken (clients are told to go by the code).
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

const DICTIONARY = {
  20001: [400, 'Invalid parameter'],
  20003: [401, 'Authenticate'],
  20004: [405, 'Method not allowed'],
  20403: [403, 'Account is suspended or closed'],
  20404: [404, 'The requested resource was not found'],
  20429: [429, 'Too Many Requests'],
  20500: [500, 'Internal Server Error'],
  20503: [503, 'Service Unavailable'],
  50050: [404, 'Service instance not found'],
  50063: [429, 'Rate limit exceeded'],
  50074: [429, 'Rate limit exceeded for actions of the service'],
  50100: [404, 'Role not found'],
  50107: [403, 'User not authorized for command'],
  50201: [409, 'User already exists'],
  50203: [400, 'Identity is reserved'],
  50204: [400, 'Identity is missing'],
  50206: [400, 'Identity must not look like a User SID'],
  50207: [400, 'Identity is too long'],
  50211: [400, 'Identity and MessagingBinding.Address must not be used together'],
  50213: [409, 'User is being modified by another request'],
  50214: [400, 'User is a participant of too many conversations'],
  50334: [409, 'Conversation is being deleted'],
  50350: [404, 'Conversation not found'],
  50353: [409, 'Conversation with provided unique name already exists'],
  50361: [400, 'Too many webhooks for this conversation'],
  50372: [400, 'Webhook URL is too long'],
  50377: [400, 'Conversation is in its final closed state'],
  50385: [400, 'Conversations is not enabled in this region'],
  50386: [409, 'Conversation is in initializing state'],
  50391: [409, 'Conversation is being modified by another request'],
  50407: [400, 'Invalid messaging binding address'],
  50408: [400, 'Invalid messaging binding proxy address'],
  50416: [409, 'A binding for this participant and proxy address already exists'],
  50417: [400, 'Too many participants in the conversation'],
  50419: [409, 'Participant is being modified by another request'],
  50433: [409, 'Participant already exists'],
  50434: [400, 'MessagingBinding.ProjectedAddress is required in a group conversation'],
  50436: [400, 'Too many participants in the group conversation'],
  50437: [409, 'Group participant already exists'],
  50438: [409, 'Group conversation already exists'],
  50442: [400, 'Participant has no projected address that could be removed'],
  50443: [400, 'A participant with a messaging binding takes no projected address'],
  50444: [400, 'Participant takes no identity: it has one, or no projected address'],
  50451: [400, 'Exactly one of Identity and Address must be given'],
  59000: [400, 'Validation failed'],
  59004: [429, 'Too many requests to the Webhooks configuration API'],
  59100: [409, 'Resource is still in use'],
  59101: [409, 'A system Setting cannot be changed'],
  59103: [409, 'A Rule with this match exists already'],
  59200: [422, 'Limit of resources reached'],
  59202: [422, 'Basic authentication is not possible on the default Rule'],
  70051: [403, 'Authorization failed: the key lacks permission for this resource'],
};

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
