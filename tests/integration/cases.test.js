// The cases themselves: each runs somewhere, and the drivers they name exist.

import { it } from 'node:test';
import assert from 'node:assert/strict';
import { allCases } from '../lib/cases/all.js';
import { apache } from '../lib/drivers/apache.js';
import { cgi } from '../lib/drivers/cgi.js';
import { fastcgi } from '../lib/drivers/fastcgi.js';
import { lighttpd } from '../lib/drivers/lighttpd.js';
import { groupsFor, variantFor } from './runcases.js';

const FOUR = [cgi, fastcgi, lighttpd, apache];
const NAMES = ['gateway', 'front', 'cgi', 'fastcgi', 'lighttpd', 'lighttpd-cgi', 'apache', 'apache-cgi', 'apache-proxy', 'nginx'];
// Fewer than this, and cases have been lost.
const LEAST = { cgi: 330, fastcgi: 340, lighttpd: 310, apache: 310 };

it('no two cases have the same name', () => {
  const names = allCases.map(({ name }) => name);
  assert.deepEqual(names.filter((name, at) => names.indexOf(name) !== at), []);
});

it('every case runs through a driver, and says why not where it does not', () => {
  for (const one of allCases) {
    assert.ok(FOUR.some((driver) => !variantFor(driver, one)?.absent), one.name);
    for (const [name, variant] of Object.entries(one.drivers ?? {})) {
      assert.ok(NAMES.includes(name), `${one.name}: ${name}`);
      assert.ok(variant.why, `${one.name}: ${name} gives no reason`);
    }
  }
});

for (const driver of FOUR) {
  it(`${driver.name} runs its least number of cases`, () => {
    const count = groupsFor(driver, allCases).reduce((sum, { cases }) => sum + cases.length, 0);
    assert.ok(count >= LEAST[driver.name], `${count}`);
  });
}
