// A reverse proxy as one is easily set up: it passes a request on under the name of the web server behind it (nginx's
// default for Host), and says what it was called itself only in X-Forwarded-*.
import { once } from 'node:events';
import http from 'node:http';

export class Proxy {
  #server;

  static async start({ to, tell }) {
    const proxy = new Proxy();
    const behind = new URL(to);
    proxy.#server = http.createServer((request, response) => {
      const headers = {
        ...request.headers, host: behind.host, connection: 'close',
        'x-forwarded-host': request.headers.host, 'x-forwarded-proto': 'http', 'x-forwarded-for': request.socket.remoteAddress,
      };
      tell(`a proxy passes it on as Host: ${behind.host}`);
      const onward = http.request({ host: behind.hostname, port: behind.port, method: request.method, path: request.url, headers, agent: false });
      onward.on('response', (answer) => { response.writeHead(answer.statusCode, answer.headers); answer.pipe(response); });
      onward.on('error', () => { if (response.headersSent) response.destroy(); else response.writeHead(502).end(); });
      response.on('close', () => onward.destroy());
      request.pipe(onward);
    });
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    proxy.url = `http://127.0.0.1:${proxy.#server.address().port}${behind.pathname}`;
    return proxy;
  }

  async stop() {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}
