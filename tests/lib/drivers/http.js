// A webhook over HTTP, to whichever web server.

import { exchange, requestBytes } from '../../servers/http.js';

export function httpBytes({ method, target, headers, body, contentLength, chunks, version }) {
  const framing = [];
  if (chunks) framing.push(['Transfer-Encoding', 'chunked']);
  else if (contentLength !== undefined && contentLength !== null) framing.push(['Content-Length', contentLength]);
  else if (contentLength === undefined && (body.length > 0 || method === 'POST')) framing.push(['Content-Length', body.length]);
  const all = [...headers, ...framing, ['Connection', 'close']];
  return requestBytes({ method, target, headers: all, body: chunks ? '' : body, version, bare: true });
}

/** Chunks go out one by one, as a slow sender's would. */
export function sendOverHttp(server, webhook) {
  return exchange({
    port: webhook.https ? server.tlsPort : server.port,
    tls: webhook.https ? server.tls : undefined,
    servername: 'hook.example.com',
    headOnly: webhook.method === 'HEAD',
    pieces: [httpBytes(webhook), ...(webhook.chunks ?? [])],
  });
}
