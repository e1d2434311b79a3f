// What may stand between Twilio and the responder: an HTTP or HTTPS server that hands requests over by FastCGI,
// rightly, or with one of the slips that the tests are about.

import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { fastcgiRequest } from '../servers/fastcgi.js';

export class Front {
  requests = [];

  /**
   * `tls`: { key, cert }. `slips`: terminated (TLS ends here and the responder is not told), host (the Host
   * that is passed on, and with it an inner port), target(url) (the REQUEST_URI), body(buffer), headers ({ NAME: value } added), reply (instead of
   * asking the responder: { status, headers, body }, or a function of the request that gives one or undefined).
   */
  static async start({ socket, tls, slips = {} }) {
    const front = new Front();
    Object.assign(front, { socket, tls, slips });
    const serve = (request, response) => front.#serve(request, response);
    front.server = (tls ? https.createServer(tls, serve) : http.createServer(serve)).listen(0, '127.0.0.1');
    await once(front.server, 'listening');
    front.port = front.server.address().port;
    front.origin = `${tls ? 'https' : 'http'}://127.0.0.1:${front.port}`;
    front.url = `${front.origin}/webhooks/twilio`;
    return front;
  }

  async stop() {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  #variables(request, body) {
    const { slips } = this;
    const target = slips.target ? slips.target(request.url) : request.url;
    const secure = this.tls && !slips.terminated;
    const headers = { ...request.headers, ...(slips.host && { host: slips.host }), ...slips.headers };
    const fromHeaders = Object.entries(headers).filter(([name]) => !/^content-(type|length)$/.test(name))
      .map(([name, value]) => [`HTTP_${name.toUpperCase().replaceAll('-', '_')}`, value]);
    return [
      ['GATEWAY_INTERFACE', 'CGI/1.1'], ['SERVER_PROTOCOL', 'HTTP/1.1'], ['REQUEST_METHOD', request.method], ['REQUEST_URI', target],
      ['SCRIPT_NAME', target.replace(/\?.*/, '')], ['QUERY_STRING', target.replace(/^[^?]*\??/, '')], ['REMOTE_ADDR', '127.0.0.1'],
      ['SERVER_NAME', '127.0.0.1'], ['SERVER_PORT', slips.host ? '80' : String(this.port)], ['REQUEST_SCHEME', secure ? 'https' : 'http'], ...(secure ? [['HTTPS', 'on']] : []),
      ['CONTENT_LENGTH', String(body.length)], ['CONTENT_TYPE', request.headers['content-type'] ?? ''], ...fromHeaders,
    ];
  }

  async #serve(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const whole = Buffer.concat(chunks);
    this.requests.push({ method: request.method, url: request.url, headers: request.headers, body: whole.toString() });
    const body = this.slips.body ? Buffer.from(this.slips.body(whole.toString())) : whole;
    const own = typeof this.slips.reply === 'function' ? await this.slips.reply(request) : this.slips.reply;
    const reply = own ?? await fastcgiRequest(this.socket, { variables: this.#variables(request, body), body }).catch(() => ({ status: 503, headers: {}, body: '' })); // nobody listens
    response.writeHead(reply.status || 502, reply.headers);
    response.end(reply.body);
  }
}
