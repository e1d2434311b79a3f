// A web server of a few lines, which hands each request to whatever responder is there now; without one it answers 502,
// as real ones do. For scenes in which the responder comes and goes and the front stays.
import http from 'node:http';
import { once } from 'node:events';
import { fastcgiRequest } from '../servers/fastcgi.js';
import { gatewayVariables } from './gateway-variables.js';

export class FrontBridge {
  #server;

  /** `socket` gives the path of the responder's socket, undefined while there is none. */
  static async start(socket, onReply = () => {}) {
    const bridge = new FrontBridge();
    bridge.#server = http.createServer(async (request, response) => {
      const pieces = [];
      for await (const piece of request) pieces.push(piece);
      const reply = await ask(socket(), request, Buffer.concat(pieces));
      onReply(reply);
      response.writeHead(reply?.status || 502, { 'Content-Type': 'application/json' });
      response.end(reply?.body ?? '');
    });
    bridge.#server.listen(0, '127.0.0.1');
    await once(bridge.#server, 'listening');
    bridge.origin = `http://127.0.0.1:${bridge.#server.address().port}`;
    return bridge;
  }

  async stop() {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }
}

async function ask(socket, request, body) {
  if (!socket) return undefined;
  const headers = [];
  for (let i = 0; i < request.rawHeaders.length; i += 2) headers.push(request.rawHeaders.slice(i, i + 2));
  const variables = gatewayVariables({
    method: request.method, target: request.url, host: request.headers.host, https: false, headers, body, version: request.httpVersion, variables: [], without: [],
  });
  try {
    return await fastcgiRequest(socket, { variables, body });
  } catch {
    return undefined; // it was killed meanwhile
  }
}
