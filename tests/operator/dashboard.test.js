// contrib/grafana/twilio-autojoin.json asks only for metrics and labels that `stats --prometheus` prints, and leaves
// none of them out.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { OperatorScene } from './scene.js';
import { parsePrometheus } from './prometheustext.js';

const dashboard = JSON.parse(await readFile(new URL('../../contrib/grafana/twilio-autojoin.json', import.meta.url), 'utf8'));
const queries = dashboard.panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ title, expr })));
const METRIC = /\btwilio_autojoin_[a-z_]+/g;
// A scraper adds these to whatever it reads.
const SCRAPED_LABELS = ['instance', 'job'];

describe('the dashboard', () => {
  let scene;
  let samples;
  let printed; // a sample's labels by its name
  before(async () => {
    scene = await OperatorScene.open();
    const { stdout } = await scene.run('stats', '--prometheus');
    samples = [...parsePrometheus(stdout).values()].flatMap((family) => family.samples);
    printed = new Map(samples.map(({ name, labels }) => [name, labels]));
  });
  after(() => scene.close());

  it('is one that Grafana can import', () => {
    assert.deepEqual([typeof dashboard.title, typeof dashboard.uid, dashboard.id], ['string', 'string', undefined]);
    assert.ok(dashboard.schemaVersion >= 36);
    assert.equal(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length);
    for (const { type, title, gridPos, datasource } of dashboard.panels) {
      assert.ok(type && title && datasource.uid === '${datasource}');
      assert.ok(gridPos.x >= 0 && gridPos.x + gridPos.w <= 24, title);
    }
    assert.ok(queries.length >= 10);
  });

  it('no panel lies on another', () => {
    const cells = new Set();
    for (const { title, gridPos: { x, y, w, h } } of dashboard.panels) {
      for (let i = x; i < x + w; i++) {
        for (let j = y; j < y + h; j++) {
          assert.ok(!cells.has(`${i} ${j}`), title);
          cells.add(`${i} ${j}`);
        }
      }
    }
  });

  it('every metric that it asks for is printed', () => {
    const texts = [...queries.map(({ expr }) => expr), ...dashboard.templating.list.map(({ definition }) => definition ?? '')];
    const asked = new Set(texts.flatMap((text) => text.match(METRIC) ?? []));
    assert.ok(asked.size >= 10);
    assert.deepEqual([...asked].filter((name) => !printed.has(name)), []);
  });

  it('every metric that is printed is shown', () => {
    const all = queries.map(({ expr }) => expr).join('\n');
    assert.deepEqual([...printed.keys()].filter((name) => !new RegExp(`\\b${name}\\b`).test(all)), []);
  });

  it('labels and their values exist', () => {
    for (const { expr } of queries) {
      for (const [, metric, selectors] of expr.matchAll(/(twilio_autojoin_[a-z_]+)\{([^}]*)\}/g)) {
        for (const [, label, value] of selectors.matchAll(/([a-z_]+)=~?"([^"]*)"/g)) {
          if (SCRAPED_LABELS.includes(label)) continue;
          assert.ok(label in printed.get(metric), `${label} of ${metric}`);
          const known = samples.filter(({ name }) => name === metric).map(({ labels }) => labels[label]);
          for (const one of value.split('|')) assert.ok(known.includes(one), `${metric} ${label}="${one}"`);
        }
      }
      const [, by] = /by \(([a-z_]+)\)/.exec(expr) ?? [];
      if (by && !SCRAPED_LABELS.includes(by)) assert.ok(by in printed.get(expr.match(METRIC)[0]), expr);
    }
  });

  it('its parentheses and quotes are closed', () => {
    for (const { expr } of queries) {
      assert.equal(expr.split('(').length, expr.split(')').length, expr);
      assert.equal(expr.split('{').length, expr.split('}').length, expr);
      assert.equal(expr.split('"').length % 2, 1, expr);
    }
  });
});
