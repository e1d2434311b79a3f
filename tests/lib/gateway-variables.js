// The request's variables (RFC 3875, 4.1) as web servers were measured to hand
// them over; for the drivers that have no web server.

/** [[name, value], ...]; `variables` of the request replace or, given twice there, repeat. */
export function gatewayVariables(webhook) {
  const { method, target, headers, host, https, body, chunks } = webhook;
  const [, query = ''] = /\?([^#]*)/.exec(target) ?? [];
  const path = /^[^?#]*/.exec(target)[0];
  const pathInfo = /\/healthz$/.test(path) ? '/healthz' : undefined;
  const length = webhook.contentLength === undefined ? (chunks ? null : body.length) : webhook.contentLength;
  const fixed = [
    ['GATEWAY_INTERFACE', 'CGI/1.1'],
    ['SERVER_SOFTWARE', 'driver'],
    ['SERVER_PROTOCOL', `HTTP/${webhook.version}`],
    ['REQUEST_METHOD', method],
    ['REQUEST_URI', target],
    ['SCRIPT_NAME', pathInfo ? path.slice(0, -pathInfo.length) : path],
    ['PATH_INFO', pathInfo],
    ['QUERY_STRING', query],
    ['SERVER_NAME', host?.replace(/:\d+$/, '') ?? 'hook.example.com'],
    ['SERVER_PORT', https ? '443' : '80'],
    ['SERVER_ADDR', '127.0.0.1'],
    ['REMOTE_ADDR', '127.0.0.1'],
    ['REMOTE_PORT', '40000'],
    ['REQUEST_SCHEME', https ? 'https' : 'http'],
    ['HTTPS', https ? 'on' : undefined],
    ['CONTENT_LENGTH', length === null ? undefined : String(length)],
    ['CONTENT_TYPE', headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1]],
    ['HTTP_TRANSFER_ENCODING', chunks ? 'chunked' : undefined],
  ];
  const fromHeaders = new Map();
  for (const [name, value] of headers) {
    if (/^content-(type|length)$/i.test(name)) continue;
    const variable = `HTTP_${name.toUpperCase().replaceAll('-', '_')}`;
    // Apache and lighttpd join a repeated header.
    fromHeaders.set(variable, fromHeaders.has(variable) ? `${fromHeaders.get(variable)}, ${value}` : value);
  }
  const replaced = new Set([...webhook.variables.map(([name]) => name), ...webhook.without]);
  return [...fixed, ...fromHeaders]
    .filter(([name, value]) => value !== undefined && !replaced.has(name))
    .concat(webhook.variables);
}
