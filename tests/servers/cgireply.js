// What a CGI program writes: header lines, an empty line, the body (RFC 3875, 6).

export function parseCgiReply(bytes) {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) throw new Error(`no end of the header in ${JSON.stringify(bytes.toString('latin1').slice(0, 500))}`);
  const headers = {};
  for (const line of bytes.subarray(0, end).toString('latin1').split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon < 1) throw new Error(`not a header line: ${JSON.stringify(line)}`);
    const name = line.slice(0, colon).toLowerCase();
    if (name in headers) throw new Error(`header twice: ${name}`);
    headers[name] = line.slice(colon + 1).trim();
  }
  const [, status, reason] = /^(\d{3}) (.+)$/.exec(headers.status ?? '') ?? [];
  if (!status) throw new Error(`no Status with a reason phrase: ${JSON.stringify(headers.status)}`);
  return { status: Number(status), reason, headers, body: bytes.subarray(end + 4).toString('latin1') };
}
