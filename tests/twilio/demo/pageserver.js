// The page of ./demo --stay: one HTML file, what happens as server-sent events, and what its buttons ask for. On
// loopback, and only for a browser that was sent here: not for a name that somebody else points at 127.0.0.1 (DNS
// rebinding), nor for another site's page (cross-origin requests).
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import http from 'node:http';

const BODY_MAX = 8192;
const HEARTBEAT_MS = 15_000;
const PAGE = new URL('page.html', import.meta.url);

export class PageServer {
  #server;
  #page;
  #headers;
  #feed;
  #actions;

  /** actions: { name: async (json) => ... }, for POST /name. What they throw with `says` is for the reader. */
  static async start({ feed, actions }) {
    const page = new PageServer();
    page.#feed = feed;
    page.#actions = actions;
    page.#page = await readFile(PAGE);
    page.#headers = protection(page.#page.toString());
    page.#server = http.createServer((request, response) => page.#answer(request, response));
    page.#server.listen(0, '127.0.0.1');
    await once(page.#server, 'listening');
    page.port = page.#server.address().port;
    page.url = `http://127.0.0.1:${page.port}/`;
    return page;
  }

  async stop() {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request, response) {
    const refusal = this.#refusal(request);
    if (refusal) {
      this.#send(response, ...refusal);
      return;
    }
    const { pathname } = new URL(request.url, this.url);
    const route = `${request.method} ${pathname}`;
    if (route === 'GET /') this.#send(response, 200, this.#page, 'text/html; charset=utf-8');
    else if (route === 'GET /events') this.#follow(request, response);
    else if (request.method === 'POST' && Object.hasOwn(this.#actions, pathname.slice(1))) await this.#act(pathname.slice(1), request, response);
    else this.#send(response, 404, 'There is nothing here.\n');
  }

  #refusal({ method, headers }) {
    const own = [`127.0.0.1:${this.port}`, `localhost:${this.port}`];
    if (!own.includes(headers.host)) return [421, 'This page is only at 127.0.0.1.\n'];
    if (method === 'GET' || method === 'HEAD') return undefined;
    const { origin, 'sec-fetch-site': site } = headers;
    const foreign = origin !== undefined && origin !== `http://${headers.host}`;
    if (foreign || (site !== undefined && site !== 'same-origin')) return [403, 'This is for its own page.\n'];
    // No form of another page can send this without asking first.
    if (!/^application\/json(?:;|$)/.test(headers['content-type'] ?? '')) return [415, 'JSON is wanted.\n'];
    return undefined;
  }

  #send(response, status, body, type = 'text/plain; charset=utf-8') {
    response.writeHead(status, { ...this.#headers, 'Content-Type': type });
    response.end(body);
  }

  #follow(request, response) {
    response.writeHead(200, { ...this.#headers, 'Content-Type': 'text/event-stream' });
    const stop = this.#feed.follow(Number(request.headers['last-event-id'] ?? 0) || 0, ({ id, ...event }) => {
      response.write(`id: ${id}\ndata: ${JSON.stringify(event)}\n\n`);
    });
    response.write(`event: live\ndata: {}\n\n`);
    const heartbeat = setInterval(() => response.write(': still here\n\n'), HEARTBEAT_MS);
    response.once('close', () => { clearInterval(heartbeat); stop(); });
  }

  async #act(name, request, response) {
    try {
      const answer = await this.#actions[name](await readJson(request));
      this.#send(response, 200, `${JSON.stringify(answer ?? {})}\n`, 'application/json');
    } catch (error) {
      if (!error.says) process.stderr.write(`demo: ${error.stack}\n`);
      this.#send(response, error.says ? 409 : 500, `${JSON.stringify({ error: error.says ?? error.message })}\n`, 'application/json');
    }
  }
}

/** For the reader of the page, not a fault of the program. */
export function refusal(says) {
  return Object.assign(new Error(says), { says });
}

async function readJson(request) {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk;
    if (text.length > BODY_MAX) throw refusal('too long');
  }
  try {
    return JSON.parse(text) ?? {};
  } catch {
    throw refusal('no JSON');
  }
}

// Nothing runs or is loaded but what stands in the page itself.
function protection(page) {
  const hashes = (tag) => [...page.matchAll(new RegExp(`<${tag}>(.*?)</${tag}>`, 'gs'))]
    .map(([, text]) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`).join(' ');
  return {
    'Content-Security-Policy': `default-src 'none'; script-src ${hashes('script')}; style-src ${hashes('style')}; connect-src 'self'; img-src data:; `
      + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Cache-Control': 'no-store',
  };
}
