// Twilio's OpenAPI document as a judge that sits between a client and the stand-in: Prism
// compares each request and each answer with the document and lets both pass; what it objects
// to is taken down here.

import http from 'node:http';
import { once } from 'node:events';
import { createRequire } from 'node:module';

// Prism is CommonJS, and named exports of it are not all seen by an import.
const require = createRequire(import.meta.url);
const { getHttpOperationsFromSpec } = require('@stoplight/prism-http');
const { createServer } = require('@stoplight/prism-http-server');

const quiet = { child: () => quiet };
for (const level of ['trace', 'debug', 'info', 'success', 'warn', 'error', 'fatal']) quiet[level] = () => {};

async function startPrism(document, upstream) {
  const prism = createServer(await getHttpOperationsFromSpec(document), {
    cors: false,
    components: { logger: quiet },
    config: {
      isProxy: true, upstream: new URL(upstream), checkSecurity: true, validateRequest: true, validateResponse: true,
      // Objections are reported and nothing is held back: the stand-in must see what the client really sent.
      errors: false, mock: false,
    },
  });
  return { prism, address: await prism.listen(0, '127.0.0.1') };
}

function readViolations(text) {
  if (text === undefined) return [];
  try {
    return JSON.parse(text);
  } catch {
    return [{ location: [], message: text }];
  }
}

export class Judge {
  #prism;
  #upstream;
  #tap;
  #agent = new http.Agent({ keepAlive: true });
  /** { method, path, headers, status, violations } of each exchange that is over. */
  exchanges = [];

  static async start(document, upstream) {
    const judge = new Judge();
    const { prism, address } = await startPrism(document, upstream);
    judge.#prism = prism;
    judge.#upstream = upstream;
    judge.#tap = http.createServer((request, response) => judge.#pass(request, response, address));
    judge.#tap.listen(0, '127.0.0.1');
    await once(judge.#tap, 'listening');
    judge.url = `http://127.0.0.1:${judge.#tap.address().port}`;
    return judge;
  }

  // A list's next page is to be asked of the judge as well, and of what is in an answer only that leads anywhere.
  async #renamed(answer) {
    const chunks = [];
    for await (const chunk of answer) chunks.push(chunk);
    return Buffer.from(Buffer.concat(chunks).toString('latin1').replaceAll(this.#upstream, this.url), 'latin1');
  }

  // Prism tells what it objects to in a header of the answer, which the responder would not show to anybody.
  #pass(request, response, address) {
    const { method, url: path, headers, rawHeaders } = request;
    const forwarded = http.request(`${address}${path}`, { method, headers: rawHeaders, agent: this.#agent }, async (answer) => {
      const { 'sl-violations': violations, 'content-length': length, 'transfer-encoding': coding, ...rest } = answer.headers;
      const body = await this.#renamed(answer).catch(() => response.destroy());
      this.exchanges.push({ method, path, headers, status: answer.statusCode, violations: readViolations(violations) });
      if (!Buffer.isBuffer(body)) return;
      response.writeHead(answer.statusCode, answer.statusCode === 204 || method === 'HEAD' ? rest : { ...rest, 'content-length': body.length });
      response.end(body);
    });
    forwarded.on('error', (error) => response.destroy(error));
    request.pipe(forwarded);
  }

  /** What was objected to since `mark`, as lines to be read. */
  objections(mark = 0) {
    return this.exchanges.slice(mark).flatMap(({ method, path, status, violations }) => violations
      .map(({ location, message }) => `${method} ${path} -> ${status}: ${location.join('.')} ${message}`));
  }

  get mark() {
    return this.exchanges.length;
  }

  async stop() {
    this.#agent.destroy();
    this.#tap.close();
    this.#tap.closeAllConnections();
    await this.#prism.close();
  }
}
