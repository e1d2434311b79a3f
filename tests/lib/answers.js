// What the responder may answer (design: what a request gets), one constant a
// row, and the ways in which a driver may differ from a case.

const answer = (status, reason, body, result, headers = {}) => ({ status, reason, body, result, headers });

export const JOINED = answer(200, 'OK', '{"result":"joined"}', 'joined');
export const ALREADY_JOINED = answer(200, 'OK', '{"result":"already-joined"}', 'already-joined');
export const GONE = answer(200, 'OK', '{"result":"gone"}', 'gone');
export const IGNORED = answer(200, 'OK', '{"result":"ignored"}', 'ignored');
// Anything but {} could change or block what the pre-event is about.
export const PRE_EVENT = answer(200, 'OK', '{}', 'ignored');
export const RETRY_LATER = answer(503, 'Service Unavailable', '{"result":"retry-later"}', 'retry-later', { 'retry-after': '2' });
export const REFUSED = answer(500, 'Internal Server Error', '{"result":"refused"}', 'refused');
export const FORBIDDEN = answer(403, 'Forbidden', '{}', 'forbidden');
export const METHOD_NOT_ALLOWED = answer(405, 'Method Not Allowed', '{}', 'method-not-allowed', { allow: 'POST' });
export const UNSUPPORTED_TYPE = answer(415, 'Unsupported Media Type', '{}', 'unsupported-type');
export const TOO_LARGE = answer(413, undefined, '{}', 'too-large');
export const BAD_REQUEST = answer(400, 'Bad Request', '{}', 'bad-request');
export const HEALTHY = answer(200, 'OK', /^\{"status":"ok","settings":"[0-9a-f]{32}"\}$/, undefined);

/** The case does not run with this driver; `why` is for the reader. */
export const notHere = (why) => ({ absent: true, why });

/** The web server answers by itself; the responder never sees the request. `logs`: what the server may say. */
export const frontAnswers = (status, why, logs) => ({ front: true, status, why, logs });

/** The responder answers otherwise here, because it is given something else. */
export const instead = (expect, why) => ({ ...expect, why });
