// A webhook endpoint for tests of the stand-in: it notes what comes and answers as it is told.
import http from 'node:http';
import { once } from 'node:events';

export class WebhookListener {
  received = [];
  answers = []; // taken one by one; 200 {} when there is none left

  static async start() {
    const listener = new WebhookListener();
    listener.server = http.createServer((request, response) => listener.#take(request, response));
    listener.server.listen(0, '127.0.0.1');
    await once(listener.server, 'listening');
    listener.port = listener.server.address().port;
    listener.url = `http://127.0.0.1:${listener.port}/webhooks/twilio`;
    return listener;
  }

  async #take(request, response) {
    let body = '';
    for await (const chunk of request) body += chunk;
    const params = [...new URLSearchParams(body)];
    this.received.push({ method: request.method, target: request.url, headers: request.headers, body, params, event: new Map(params).get('EventType') });
    const { status = 200, json = {}, silent = false, stalled = false } = this.answers.shift() ?? {};
    if (stalled) response.writeHead(status).write('{');
    else if (!silent) response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(json));
  }

  async stop() {
    this.server.close();
    this.server.closeAllConnections?.();
    await once(this.server, 'close');
  }
}
