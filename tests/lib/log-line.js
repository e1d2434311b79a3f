// The responder's own log lines, dug out of a web server's error log.

// How each front wraps a program's standard error. nginx and mod_proxy_fcgi put
// more around it than before it.
const WRAPPINGS = [
  { pattern: /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d: \(mod_fastcgi\.c\.\d+\) FastCGI-stderr:\s?(.*)$/ },
  { pattern: /^\[[^\]]+\] \[fcgid:warn\] \[pid [^\]]+\] \[client [^\]]+\] mod_fcgid: stderr: (.*)$/, escaped: true },
  { pattern: /^\[[^\]]+\] \[proxy_fcgi:error\] \[pid [^\]]+\] \[client [^\]]+\] AH01071: Got error '(.*?)(?:\\n)?'(?:, referer.*)?$/, escaped: true },
  { pattern: /^\S+ \S+ \[error\] \d+#\d+: \*\d+ FastCGI sent in stderr: "(.*?)" while (?:reading|sending) .*$/ },
  { pattern: /^\[lib\/handler\/fastcgi\.c\] in request:\/webhooks\/twilio:(.*)$/ }, // h2o
];

/** Apache escapes quotes, backslashes and control characters in what it logs. */
function unescapeApache(text) {
  return text.replace(/\\(x[0-9a-f]{2}|.)/g, (all, code) => {
    if (code[0] === 'x') return String.fromCharCode(parseInt(code.slice(1), 16));
    return { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', v: '\v' }[code] ?? code;
  });
}

/** What the program itself wrote. */
export function withoutWrapping(line) {
  for (const { pattern, escaped } of WRAPPINGS) {
    const found = pattern.exec(line);
    if (found) return escaped ? unescapeApache(found[1]) : found[1];
  }
  return line;
}

function parseLogfmt(text) {
  const fields = {};
  const pattern = /([a-z_]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s"]*))(?:\s|$)/gy;
  let at = 0;
  for (let found; (found = pattern.exec(text)); at = pattern.lastIndex) {
    if (found[1] in fields) throw new Error(`field twice: ${found[1]} in ${text}`);
    fields[found[1]] = found[2] === undefined ? found[3] : JSON.parse(`"${found[2]}"`);
  }
  return at === text.length ? fields : undefined;
}

/** The fields of one of the responder's lines, as strings; undefined for anybody else's line. */
export function parseLogLine(line) {
  const text = withoutWrapping(line).trim();
  let fields;
  if (text.startsWith('{')) {
    try {
      fields = Object.fromEntries(Object.entries(JSON.parse(text)).map(([name, value]) => [name, String(value)]));
    } catch {
      return undefined;
    }
  } else if (text.startsWith('time=')) fields = parseLogfmt(text);
  if (!fields || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(fields.time ?? '')) return undefined;
  return fields;
}

export function parseLog(lines) {
  return lines.map(parseLogLine).filter((fields) => fields !== undefined);
}
