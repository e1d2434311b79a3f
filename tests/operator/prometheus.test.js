// What watches the program: every query of the dashboard and every alert, tried in Debian's Prometheus.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { webhookRequest } from '../lib/webhook-records.js';
import { until } from '../servers/daemon.js';
import { fastcgiRequest } from '../servers/fastcgi.js';
import { startPrometheus } from '../servers/prometheus.js';
import { OperatorScene } from './scene.js';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const ALERTS = path('../../contrib/prometheus/alerts.yml');
const dashboard = JSON.parse(await readFile(new URL('../../contrib/grafana/twilio-autojoin.json', import.meta.url), 'utf8'));
const queries = dashboard.panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({
  title, text: expr.replaceAll('$instance', '.*').replaceAll('$__rate_interval', '1m'),
})));

function promtool(...args) {
  return new Promise((resolve) => {
    execFile('promtool', args, { timeout: 60_000 }, (error, stdout, stderr) => resolve({ code: error ? error.code ?? 1 : 0, output: stdout + stderr }));
  });
}

describe('the alerts', () => {
  it('are well-formed, and six', async () => {
    const { code, output } = await promtool('check', 'rules', ALERTS);
    assert.equal(code, 0, output);
    assert.match(output, /SUCCESS: 6 rules found/);
  });

  it('each is raised by what it is about, with its words, and by nothing else', async () => {
    const { code, output } = await promtool('test', 'rules', path('alerts.yml'));
    assert.equal(code, 0, output);
  });
});

describe('in Prometheus', () => {
  let scene;
  let prometheus;
  before(async () => {
    scene = await OperatorScene.open();
    prometheus = await startPrometheus({ rules: [ALERTS], metrics: async () => (await scene.run('stats', '--prometheus')).stdout });
  });
  after(async () => {
    await prometheus?.stop();
    await scene.close();
  });

  const send = (spec = {}) => {
    const { sid, service } = scene.twilio.addConversation();
    return fastcgiRequest(scene.responders[0].socket, webhookRequest({ conversation: sid, service }, { signedUrl: scene.front.url, ...spec }));
  };
  const firing = async () => (await prometheus.alerts()).map(({ labels }) => labels.alertname).sort();
  const whole = (value) => Number.isInteger(Number(value));

  it('before the first webhook every query is answered, without NaN, and no alert is raised', async () => {
    await prometheus.readings('twilio_autojoin_written_timestamp_seconds', 3);
    for (const { title, text } of queries) {
      for (const { value } of await prometheus.query(text)) assert.ok(Number.isFinite(Number(value[1])), `${title}: ${text}: ${value[1]}`);
    }
    assert.deepEqual(await firing(), []);
    assert.ok((await prometheus.rules()).every(({ health }) => health === 'ok'), JSON.stringify(await prometheus.rules()));
  });

  it('after some webhooks every query has a result; what is counted is whole', async () => {
    for (let i = 0; i < 5; i++) await send();
    await send({ signature: null });
    await prometheus.readings('twilio_autojoin_written_timestamp_seconds', 6);
    for (const { title, text } of queries) {
      const result = await prometheus.query(text);
      assert.ok(result.length > 0, `${title}: ${text}: no result`);
      for (const { value } of result) assert.ok(Number.isFinite(Number(value[1])), `${title}: ${text}: ${value[1]}`);
      if (/ in an? (hour|day)$/.test(title)) for (const { value } of result) assert.ok(whole(value[1]), `${title}: ${value[1]}`);
    }
    assert.deepEqual(await firing(), [], 'a scanner beside webhooks of Twilio is nobody\'s alert');
  });

  it('a refusal of Twilio\'s raises its alert', async () => {
    scene.twilio.answer(/POST .*Participants$/, { status: 401, json: { code: 20003, status: 401 } });
    for (let i = 0; i < 3; i++) await send();
    assert.deepEqual(await until(async () => {
      const names = await firing();
      return names.length > 0 && names;
    }, { timeoutMs: 20_000, what: 'the alert' }), ['TwilioAutojoinRefused']);
  });
});
