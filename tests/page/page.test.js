// The page of ./demo --stay, clicked through in a browser.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { startBrowser } from './browser.js';
import { Demonstration } from './demonstration.js';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const PATIENCE_MS = 15_000;

describe('the page of the demonstration', () => {
  let demo;
  let browser;
  let page;
  let faults;

  before(async () => {
    [demo, browser] = await Promise.all([Demonstration.start(), startBrowser()]);
  });
  after(async () => {
    await browser?.close();
    await demo?.stop();
  });
  beforeEach(async () => { page = await open(); });
  afterEach(async () => {
    await page.context().close();
    assert.deepEqual(faults, [], 'the page reported faults');
  });

  async function open(options = {}) {
    const context = await browser.newContext({ viewport: { width: 1200, height: 1000 }, reducedMotion: 'reduce', ...options });
    const opened = await context.newPage();
    opened.setDefaultTimeout(PATIENCE_MS);
    faults = [];
    opened.on('pageerror', (error) => faults.push(error.message));
    opened.on('console', (message) => { if (['error', 'warning'].includes(message.type())) faults.push(message.text()); });
    opened.on('request', (request) => { if (new URL(request.url()).origin !== new URL(demo.url).origin && !request.url().startsWith('data:')) faults.push(`asked for ${request.url()}`); });
    await opened.goto(demo.url);
    await opened.getByText('heard by demo-bot').first().waitFor();
    return opened;
  }

  const last = (selector) => page.locator(selector).last();
  const says = async (locator, text) => locator.filter({ hasText: text }).waitFor();

  async function text(words, button) {
    await page.getByLabel('Text message').fill(words);
    await page.getByRole('button', { name: button, exact: true }).click();
  }

  it('shows the SMS that came before it was opened', async () => {
    assert.equal(await page.locator('#messages .bubble').first().textContent(), 'Hello, is anybody there?');
    await says(page.locator('#log .entry').first(), 'joined · 200');
  });

  it('a text from a new customer: the bot is joined, and each step has its time', async () => {
    await text('Is anybody there at last?', 'New customer');
    await says(page.locator('#outcome'), /^joined in \d/);
    const steps = await page.locator('#in-words li').allTextContents();
    const expected = [
      /^\d[\d.]* ms: customer to Twilio: SMS “Is anybody there at last\?”$/,
      /ms: Twilio: creates conversation CH/,
      /ms: Twilio to responder: POST onConversationAdded, signed$/,
      /ms: responder to Twilio: POST …\/Participants Identity=demo-bot$/,
      /ms: Twilio to responder: 201$/,
      /ms: Twilio to demo-bot: conversationJoined$/,
      /ms: responder to Twilio: 200 \{"result":"joined"\}$/,
    ];
    assert.equal(steps.length, expected.length, steps.join('\n'));
    steps.forEach((step, i) => assert.match(step, expected[i]));
    assert.equal(await page.locator('#diagram .step').count(), expected.length);
    await says(last('#bot .entry'), 'Is anybody there at last?');
    await says(last('#messages .state'), 'heard by demo-bot');
    await says(last('#log .entry'), 'joined · 200');
  });

  it('a second text in the same conversation is heard', async () => {
    await text('First', 'New customer');
    await says(last('#bot .entry'), 'First');
    await text('And another thing.', 'Send');
    await says(last('#bot .entry'), 'And another thing.');
    await says(page.locator('#outcome'), /^heard in/);
    assert.match(await page.locator('#in-words').textContent(), /Twilio to demo-bot: messageAdded “And another thing.”/);
  });

  for (const [name, options] of Object.entries({
    light: { colorScheme: 'light' }, dark: { colorScheme: 'dark' },
    'light, as wide as a phone': { colorScheme: 'light', viewport: { width: 360, height: 740 } },
    'dark, as wide as a phone': { colorScheme: 'dark', viewport: { width: 360, height: 740 } },
  })) {
    it(`axe-core finds nothing: ${name}`, async () => {
      await page.context().close();
      page = await open(options);
      await page.evaluate(await readFile(AXE, 'utf8'));
      const { violations } = await page.evaluate('axe.run()');
      assert.deepEqual(violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(' ')}`), []);
      assert.equal(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), true, 'it scrolls sideways');
    });
  }
});
