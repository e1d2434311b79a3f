// ./demo --stay as a program of its own: started, read, driven as its page does it, and ended as by Ctrl-C.

import { execFile, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '../servers/daemon.js';
import { tryProc } from '../servers/proc.js';
import { OPERATOR, RESPONDER } from '../lib/programs.js';

const DEMO = fileURLToPath(new URL('../twilio/demo.js', import.meta.url));

const PATIENCE_MS = 15_000;

/** Whoever nobody has waited for yet (a zombie) runs no more. */
const runs = (pid) => /\) [^ZX]/.test(tryProc(`${pid}/stat`));

export class Demonstration {
  output = '';
  told = []; // once followed

  static async start(...options) {
    const demonstration = new Demonstration();
    const child = spawn(process.execPath, [DEMO, '--responder', RESPONDER, '--operator', OPERATOR, '--stay', ...options], { stdio: ['ignore', 'pipe', 'pipe'] });
    demonstration.child = child;
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => { demonstration.output += data; });
    demonstration.exited = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve(demonstration.end = { code, signal }));
    });
    try {
      await until(() => /Another SMS without the page:\n\n {2}curl .*\n\n/.test(demonstration.output) || demonstration.end, { what: 'the demonstration to stay', timeoutMs: 30_000 });
      if (demonstration.end) throw new Error(`ended: ${JSON.stringify(demonstration.end)}`);
    } catch (error) {
      await demonstration.stop('SIGKILL');
      error.message += `\n${demonstration.output}`;
      throw error;
    }
    return demonstration;
  }

  /** The page's address. */
  get url() {
    return /^ {2}(http:\/\/127\.0\.0\.1:\d+\/)$/m.exec(this.output)[1];
  }

  /** The line that exports, those to try, and the one that sends an SMS. */
  get lines() {
    const [environment, ...commands] = [...this.output.matchAll(/^ {2}((?:export|twilio-autojoin|curl) .*)$/gm)].map(([, line]) => line);
    return { environment, commands };
  }

  /** One of the lines, in a terminal where the one that exports was pasted before. */
  paste(line) {
    return new Promise((resolve) => {
      execFile('bash', ['-c', `${this.lines.environment}\n${line}`], { timeout: 30_000 }, (error, stdout, stderr) => resolve({ code: error ? error.code : 0, stdout, stderr }));
    });
  }

  /** As the line with curl does it. */
  async smsFromTerminal(body) {
    await this.#ofStandIn('sms', { from: '+15005550009', to: '+15005550001', body });
  }

  /** One that no webhook tells of. */
  async newConversation() {
    return (await this.#ofStandIn('conversations', {})).sids[0];
  }

  async #ofStandIn(action, body) {
    const standIn = /stand-in Twilio at (\S+)/.exec(this.output)[1];
    return (await fetch(`${standIn}/_standin/${action}`, { method: 'POST', body: JSON.stringify(body) })).json();
  }

  /** Where its settings and its spool are. */
  get folder() {
    return dirname(/AUTOJOIN_CONFIG=(\S+)/.exec(this.output)[1]);
  }

  // ---- as the page does it

  async post(action, body = {}, headers = {}) {
    const answer = await fetch(new URL(action, this.url), { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json', ...headers } });
    return { status: answer.status, ...await answer.json().catch(() => ({})) };
  }

  /** Reads the server-sent events; `told` grows. */
  async follow() {
    const answer = await fetch(new URL('events', this.url));
    (async () => {
      let rest = '';
      for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
        const events = (rest + chunk).split('\n\n');
        rest = events.pop();
        for (const event of events) this.told.push(...event.split('\n').filter((line) => line.startsWith('data: ')).map((line) => JSON.parse(line.slice(6))));
      }
    })().catch(() => {}); // it ends with the demonstration
  }

  hears(wanted, { since = 0 } = {}) {
    const fits = (event) => Object.entries(wanted).every(([name, value]) => (value instanceof RegExp ? value.test(event[name]) : event[name] === value));
    return until(() => this.told.slice(since).find(fits), { timeoutMs: PATIENCE_MS, what: `${JSON.stringify(wanted)} in ${this.told.length} events` });
  }

  // ---- its end

  /** Every process that it started, and these started. */
  descendants() {
    const children = new Map();
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      const parent = Number(/\) \S+ (\d+) /.exec(tryProc(`${pid}/stat`))?.[1]);
      children.set(parent, [...(children.get(parent) ?? []), Number(pid)]);
    }
    const of = (pid) => (children.get(pid) ?? []).flatMap((child) => [child, ...of(child)]);
    return of(this.child.pid);
  }

  /** `left`: what outlived it. */
  async stop(signal = 'SIGTERM') {
    if (this.end) return this.end;
    const { folder } = this.output.includes('AUTOJOIN_CONFIG=') ? this : {};
    const started = this.descendants();
    this.child.kill(signal);
    const last = setTimeout(() => this.child.kill('SIGKILL'), PATIENCE_MS);
    const end = await this.exited;
    clearTimeout(last);
    return { ...end, started, left: [...started.filter(runs), ...(folder && existsSync(folder) ? [folder] : [])] };
  }
}
