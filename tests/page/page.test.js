// The page of ./demo --stay, clicked through in a browser. UPDATE_SCREENSHOT=1 puts the picture of it into docs/
// (prettiest with Debian's fonts-inter and fonts-jetbrains-mono installed).

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { readFile, writeFile } from 'node:fs/promises';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { startBrowser } from './browser.js';
import { Demonstration } from './demonstration.js';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const PICTURE = new URL('../../docs/demo.png', import.meta.url);
const PATIENCE_MS = 15_000;

describe('the page of the demonstration', () => {
  let demo;
  let browser;
  let page;
  let faults;

  before(async () => {
    demo = await Demonstration.start();
    browser = await startBrowser();
  });
  after(async () => {
    await browser?.close();
    if (!demo) return;
    const { code, left } = await demo.stop();
    assert.deepEqual({ code, left }, { code: 0, left: [] }, demo.output);
  });
  beforeEach(async () => { page = await open(); });
  afterEach(async () => {
    await page.context().close();
    await demo.post('health'); // where a test ended early
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

  async function axeFindsNothing() {
    await page.evaluate(await readFile(AXE, 'utf8'));
    const { violations } = await page.evaluate('axe.run()');
    assert.deepEqual(violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(' ')}`), []);
  }

  async function text(words, button) {
    await page.getByLabel('Text message').fill(words);
    await page.getByRole('button', { name: button, exact: true }).click();
    await says(page.locator('#in-words'), `SMS “${words.slice(0, 30)}`); // and no longer what was before
  }

  it('shows the SMS that came before it was opened', async () => {
    assert.equal(await page.locator('#messages .bubble').first().textContent(), 'Hello, is anybody there?');
    await says(page.locator('#log .entry').first(), 'joined · 200');
  });

  it('a picture of it, as it stands in docs/', async (t) => {
    await text('Hi, I would like to change my order.', 'New customer');
    await says(page.locator('#outcome'), /^joined in/);
    await says(last('#messages .state'), 'heard by demo-bot');
    await page.evaluate('document.activeElement.blur()');
    const { y, height } = await page.getByRole('region', { name: 'What can go wrong' }).boundingBox();
    const picture = await page.screenshot({ clip: { x: 0, y: 0, width: 1200, height: Math.ceil(y + height + 12) } });
    t.diagnostic(await page.locator('#outcome').textContent()); // on a quiet machine: some ten milliseconds
    if (process.env.UPDATE_SCREENSHOT) await writeFile(PICTURE, picture);
    for (const png of [picture, await readFile(PICTURE)]) {
      assert.equal(png.toString('latin1', 1, 4), 'PNG');
      assert.equal(png.readUInt32BE(16), 1200, 'as wide as the window');
      assert.ok(png.readUInt32BE(20) > 700, 'down to what can go wrong');
      assert.ok(png.length > 40_000 && png.length < 200 * 1024, `${png.length} bytes`);
    }
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

  it('what somebody texts is text', async () => {
    const words = '<img src=x onerror="document.title=1"><b>&amp;</b> “quoted”';
    await text(words, 'New customer');
    await says(last('#bot .entry'), words);
    assert.equal(await last('#messages .bubble').textContent(), words);
    assert.equal(await page.locator('main img, main .bubble b, #bot b').count(), 0);
    assert.equal(await page.title(), 'twilio-autojoin: the demonstration');
  });

  const TROUBLES = [
    {
      button: 'Twilio is slow', moving: true, log: /^retry-later · 503/, outcome: /^503 retry-later in [45]\.\d s$/, terminal: /^twilio-autojoin status\nNOT WORKING since [^]*\nspool +1 waits/,
      words: [/responder: gives up after/, /responder to Twilio: 503 \{"result":"retry-later"\}/, /POST onConversationAdded again, RetryCount=1/], health: /joined\n1 settled/,
    },
    {
      button: 'Twilio answers 429', looked: true, log: /^retry-later · 503/, outcome: /^503 retry-later in/, terminal: /1 join is waiting .*\n +fix: twilio-autojoin drain/,
      words: [/Twilio to responder: 429, error 20429/, /RetryCount=1/], health: /joined\n1 settled/,
    },
    {
      button: 'The token was rotated', log: /^forbidden · 403/, outcome: /^403 forbidden in/, terminal: /fail +auth token +Twilio does not take TWILIO_AUTH_TOKEN.*\n +fix: /,
      words: [/responder to Twilio: 403 \{\}/], health: /, [1-9]\d* joined, 0 failed/,
    },
    {
      button: 'A proxy changes the URL', log: /^forbidden · 403 .*the signature matches http:\S+: set AUTOJOIN_PUBLIC_URL to it/, outcome: /^403 forbidden in/, terminal: /cause: .*\nfix: +set AUTOJOIN_PUBLIC_URL=http:/,
      words: [/lighttpd: a proxy passes it on as Host: 127/, /responder to Twilio: 403 \{\}/], health: /, [1-9]\d* joined, 0 failed/,
    },
    {
      button: 'The responder is killed', log: /^The web server’s own.*signalled: 9/, outcome: /^500 by the web server itself/, terminal: /1 join is waiting .*\n +fix: twilio-autojoin drain/,
      words: [/responder: killed/, /lighttpd to Twilio: 500 from the web server itself/], health: /joined\n1 settled/,
    },
    {
      button: 'A group text', log: /^joined · 200/, outcome: /^joined in/, terminal: /^twilio-autojoin status\nworking since [^]*\nspool +0 wait/, leave: 'Go on',
      words: [/creates group conversation/, /Twilio to responder: 409, error 50386/, /400, error 50434/, /POST …\/MB\S+ Identity=demo-bot/, /conversationJoined/], health: /exit status 0/,
    },
  ];
  for (const { button, log, outcome, terminal, words, health, moving, looked, leave = 'Back to health' } of TROUBLES) {
    it(`a button: ${button}; what the operator sees; and the way back`, async () => {
      if (moving) {
        await page.context().close();
        page = await open({ reducedMotion: 'no-preference' });
      }
      await page.getByRole('button', { name: button }).click();
      if (moving) await says(page.locator('#clock'), /^[\d.]+ m?s$/);
      const panel = page.getByRole('group', { name: button });
      await panel.waitFor();
      await says(page.locator('#health.trouble'), button);
      await says(page.locator('#outcome'), outcome);
      const seen = await page.locator('#in-words li').allTextContents();
      for (const pattern of words) assert.ok(seen.some((step) => pattern.test(step)), `${pattern} in\n${seen.join('\n')}`);
      assert.ok((await page.locator('#log .entry').allTextContents()).some((line) => log.test(line)), String(log));
      assert.match(await last('#terminal .run').innerText(), terminal);

      if (looked) {
        await axeFindsNothing();
        await page.emulateMedia({ colorScheme: 'dark' });
        await axeFindsNothing();
      }

      // One at a time.
      await page.getByRole('button', { name: 'Twilio answers 429' }).dispatchEvent('click');
      assert.equal(await page.locator('#health').textContent(), button);

      await panel.getByRole('button', { name: leave }).click();
      await says(page.locator('#health'), 'All is well');
      await panel.waitFor({ state: 'hidden' });
      assert.match(await last('#terminal .run').innerText(), health);
      await says(last('#messages .state'), 'heard by demo-bot');
      assert.equal(await page.evaluate('document.activeElement.textContent.startsWith(' + JSON.stringify(button) + ')'), true, 'the keyboard is where it was');
      await text('Well again?', 'New customer');
      await says(page.locator('#outcome'), /^joined in/);
    });
  }

  it('the operator’s commands, one after the other', async () => {
    for (const name of ['check', 'probe', 'sign', 'explain', 'reconcile', 'status', 'stats', 'drain']) {
      const before = await page.locator('#terminal .run').count();
      await page.getByRole('button', { name, exact: true }).click();
      await page.locator('#terminal .run').nth(before).waitFor();
      assert.match(await last('#terminal .run').innerText(), new RegExp(`^twilio-autojoin ${name}\\b[^]*exit status ${name === 'explain' ? 1 : 0}$`));
    }
  });

  it('earlier exchanges can be looked at, and the newest one comes by itself', async () => {
    await text('One', 'New customer');
    await says(page.locator('#in-words'), 'SMS “One”');
    await text('Two', 'New customer');
    await says(page.locator('#in-words'), 'SMS “Two”');
    await page.getByRole('button', { name: 'Earlier exchange' }).click();
    await says(page.locator('#in-words'), 'SMS “One”');
    await demo.smsFromTerminal('Three');
    await says(last('#messages .bubble'), 'Three');
    assert.match(await page.locator('#in-words').textContent(), /SMS “One”/, 'it goes on showing what was asked for');
    for (const later of ['Two', 'Three']) {
      await page.getByRole('button', { name: 'Later exchange' }).click();
      await says(page.locator('#in-words'), `SMS “${later}”`);
    }
    await demo.smsFromTerminal('Four');
    await says(page.locator('#in-words'), 'SMS “Four”');
  });

  it('what is done in a terminal is seen, and as whose deed', async () => {
    const sign = demo.lines.commands.find((line) => line.includes(' sign '));
    const { stdout } = await demo.paste(sign.replace(/CH[0-9a-f]{32}/, await demo.newConversation()));
    assert.match(stdout, /joined/);
    await says(page.locator('#exchange'), 'From a terminal');
    await says(page.locator('#in-words'), /responder to Twilio: POST …\/Participants.*Twilio to responder: 201.*responder to operator: 200 joined/);
  });

  it('by keyboard alone: a text, a trouble, the way back; the focus is always seen', async () => {
    const tabTo = async (wanted) => {
      for (let presses = 0; presses < 60; presses += 1) {
        await page.keyboard.press('Tab');
        const { name, outlined } = await page.evaluate(() => {
          const { activeElement: at } = document;
          const { outlineStyle, outlineWidth } = getComputedStyle(at);
          return { name: at.labels?.[0]?.textContent ?? at.getAttribute('aria-label') ?? at.textContent, outlined: outlineStyle !== 'none' && parseInt(outlineWidth, 10) >= 2 };
        });
        assert.ok(outlined, `no outline: ${name}`);
        if (name.startsWith(wanted)) return;
      }
      assert.fail(`Tab never comes to ${wanted}`);
    };
    await tabTo('Text message');
    await page.keyboard.type('Only keys');
    await page.keyboard.press('Enter');
    await says(last('#messages .bubble'), 'Only keys');
    await tabTo('Twilio answers 429');
    await page.keyboard.press('Enter');
    await says(page.locator('#health.trouble'), 'Twilio answers 429');
    await tabTo('Back to health');
    await page.keyboard.press('Space');
    await says(page.locator('#health'), 'All is well');
  });

  for (const [name, options] of Object.entries({
    light: { colorScheme: 'light' }, dark: { colorScheme: 'dark' },
    'light, as wide as a phone': { colorScheme: 'light', viewport: { width: 360, height: 740 } },
    'dark, as wide as a phone': { colorScheme: 'dark', viewport: { width: 360, height: 740 } },
  })) {
    it(`axe-core finds nothing: ${name}`, async () => {
      await page.context().close();
      page = await open(options);
      await axeFindsNothing();
      assert.equal(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), true, 'it scrolls sideways');
    });
  }
});
