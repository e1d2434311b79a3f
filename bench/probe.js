// Single webhooks: is a candidate up, and does it answer as it must?

import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { PATH, webhook } from './webhooks.js';

const PROBES = 5;
const AGAIN_MS = 1;
const IN_A_ROW = 8;
const ASKED_AT_MOST = 1000;

/** What is due for each kind of webhook. Bodies of refusals are each candidate's own. */
const DUE = {
  joined: { kind: 'join', status: 200, body: /^\{"result": ?"joined"\}\n?$/ },
  'already-joined': { kind: 'join', status: 200, body: /^\{"result": ?"already-joined"\}\n?$/ },
  ignored: { kind: 'ignored', status: 200, body: /^\{"result": ?"ignored"\}\n?$/ },
  forbidden: { kind: 'forged', status: 403, body: /./ },
};

/** One webhook: { status, text }. */
export function post(url, { headers, body }, agent) {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const sent = request({ host: hostname, port, path: PATH, method: 'POST', headers: { ...headers, 'Content-Length': body.length }, agent }, (response) => {
      let text = '';
      response.on('data', (data) => { text += data; });
      response.on('end', () => resolve({ status: response.statusCode, text }));
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Throws unless some webhooks get what is due. */
export async function probe(url, result) {
  const agent = new Agent({ keepAlive: false });
  const { kind, status, body } = DUE[result];
  for (let number = 0; number < PROBES; number++) {
    const answer = await post(url, webhook(kind, 0xfff000 + number), agent);
    if (answer.status !== status || !body.test(answer.text)) {
      throw new Error(`${kind}: ${status} ${body} was due, came ${answer.status} ${answer.text}`);
    }
  }
}

/** Asks until the first right answer; the milliseconds since `since`. */
export async function firstAnswer(url, kind, since, { timeoutMs = 15_000 } = {}) {
  const agent = new Agent({ keepAlive: false });
  const status = kind === 'forged' ? 403 : 200;
  for (let number = 0; ; number++) {
    const answer = await post(url, webhook(kind, 0xffe000 + number), agent).catch(() => ({ status: 0 }));
    const elapsed = performance.now() - since;
    if (answer.status === status) return elapsed;
    if (elapsed > timeoutMs) throw new Error(`no ${status} in ${timeoutMs} ms, but ${answer.status} ${answer.text ?? ''}`);
    await pause(AGAIN_MS);
  }
}

/** Waits for some right answers in a row: not every one of several responders may be up yet. */
export async function settled(url, kind) {
  const agent = new Agent({ keepAlive: false });
  const due = kind === 'forged' ? 403 : 200;
  for (let asked = 0, row = 0; row < IN_A_ROW; asked++) {
    if (asked === ASKED_AT_MOST) throw new Error('its answers do not become right ones');
    const { status } = await post(url, webhook(kind, 0xffd000 + asked), agent).catch(() => ({ status: 0 }));
    row = status === due ? row + 1 : 0;
    if (row === 0) await pause(AGAIN_MS);
  }
}
