// HTTP replies as they come over a connection, sound and damaged: the seeds of fuzz_http_reply. The first byte says
// HEAD (1), the connection ends (2), and in its upper six bits how long the pieces are.

const lines = (...all) => all.map((line) => `${line}\r\n`).join('');
const OK = 'HTTP/1.1 200 OK';
const CHUNKED = lines(OK, 'Transfer-Encoding: chunked', '');
const [HEAD, ENDS] = [1, 2];
const pieces = (length) => (length - 1) << 2;

export const httpReplies = [
  ['a participant', pieces(7), `${lines('HTTP/1.1 201 Created', 'Date: Tue, 01 Sep 2026 08:00:00 GMT', 'Content-Type: application/json',
    'Content-Length: 12', 'Connection: keep-alive', 'Twilio-Request-Id: RQ00000000000000000000000000000001', '')}{"sid":"MB"}`],
  ['too many requests', pieces(60), lines('HTTP/1.1 429 Too Many Requests', 'Retry-After: 3', 'Content-Length: 0', '')],
  ['chunks', pieces(1), `${CHUNKED}${lines('3', 'abc', '0A;x="y"', '0123456789', '0', 'Trailer: yes', '')}`],
  ['to the end', ENDS | pieces(2), `${lines(OK, 'Connection: close', '')}all of it`],
  ['head', HEAD, lines(OK, 'Content-Length: 70000', '')],
  ['no content', 0, lines('HTTP/1.1 204 No Content', '')],
  ['not modified', 0, lines('HTTP/1.1 304 Not Modified', 'Content-Length: 7', '')],
  ['informational', pieces(3), lines('HTTP/1.1 103 Early Hints', 'Link: x', '', 'HTTP/1.0 200', 'Connection: keep-alive', 'Content-Length: 0', '')],
];

export const httpReplyCases = [
  ['a length and chunks', 0, lines(OK, 'Content-Length: 5', 'Transfer-Encoding: chunked', '')],
  ['two lengths', 0, lines(OK, 'Content-Length: 5', 'Content-Length: 6', '')],
  ['a folded line', 0, lines(OK, 'A: b', ' c', '')],
  ['a bare CR', 0, lines(OK, 'A: b\rc', '')],
  ['a bare LF', 0, `${OK}\nContent-Length: 0\n\n`],
  ['a chunk size that is none', 0, `${CHUNKED}${lines('-1')}`],
  ['a chunk longer than its size', 0, `${CHUNKED}${lines('1', 'xy', '0', '')}`],
  ['too large', 0, lines(OK, 'Content-Length: 513', '')],
  ['beyond all numbers', 0, `${CHUNKED}${lines('fffffffffffffffff')}`],
  ['cut', ENDS, `${lines(OK, 'Content-Length: 5', '')}abc`],
  ['bytes behind the end', 0, `${lines(OK, 'Content-Length: 1', '')}x${lines(OK)}`],
  ['not HTTP', 0, 'SSH-2.0-OpenSSH\r\n'],
];
