// One run: the plan, the dust, what is left, the verdict.

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Conductor } from './conductor.js';
import { durationOf, makePlan } from './plan.js';
import { Stage } from './stage.js';

const RECONCILE_RATE = '1000';

export async function play({ seed, conversations, kills, secondsLimit, able, say = () => {} }) {
  const giveUpAt = Date.now() + secondsLimit * 1000;
  const plan = makePlan({ seed, conversations, kills, able });
  say(`${plan.length} events in ${(durationOf({ conversations, kills }) / 1000).toFixed(0)} s`);
  const stage = await Stage.set({ able, lastsMs: secondsLimit * 1000 });
  const lag = monitorEventLoopDelay({ resolution: 10 });
  lag.enable();
  const conductor = new Conductor(stage);
  const progress = setInterval(() => say(`  ${stage.ledger.conversations.size} conversations, ${stage.ledger.webhooks} webhooks answered, ${stage.place.tickets().length} tickets, ${stage.ledger.violations.length} violations`), 20_000);
  progress.unref();
  try {
    const watching = stage.drainers.keepWatching();
    await conductor.perform(plan, { giveUpAt });
    await stage.drainers.stop();
    await watching;
    stage.twilio.behave();
    return await judge({ stage, conductor, seed, lag });
  } finally {
    clearInterval(progress);
    await stage.strike();
  }
}

/** One drain, one reconcile, and then the bot must be everywhere. */
async function judge({ stage, conductor, seed, lag }) {
  const { ledger, place, drainers } = stage;
  const violations = ledger.violations;
  const before = { tickets: place.tickets().length, missing: ledger.missing().length };

  const drain = await drainers.start('drain').exited;
  if (drain.code !== 0) violations.push(`drain: exit ${drain.code ?? drain.signal}: ${drain.stdout.slice(-300)} ${drain.stderr.slice(-300)}`);
  if (place.tickets().length > 0) violations.push(`${place.tickets().length} tickets are left after drain`);
  if (place.inFolder('failed').length > 0) violations.push(`given up: ${place.inFolder('failed')}`);
  const broken = place.inFolder('broken');
  if (broken.length !== conductor.plantedFiles) violations.push(`put aside ${broken.length} files of ${conductor.plantedFiles} foreign ones: ${broken}`);

  const missing = ledger.judgeMissing();
  const reconcile = await drainers.start('reconcile', '--rate', RECONCILE_RATE).exited;
  if (reconcile.code !== 0) violations.push(`reconcile: exit ${reconcile.code ?? reconcile.signal}: ${reconcile.stdout.slice(-300)} ${reconcile.stderr.slice(-300)}`);
  if (place.tickets().length > 0) violations.push(`${place.tickets().length} tickets are left after reconcile`);
  const lost = ledger.judgeEnd() + missing.lost;
  violations.push(...drainers.faults);

  const log = await stage.server.readLog();
  return {
    seed, violations, lost, before, missing,
    conversations: ledger.conversations.size,
    webhooks: ledger.webhooks,
    answers: ledger.answers,
    written: ledger.written,
    slowestMs: ledger.slowestMs,
    kills: conductor.kills,
    events: conductor.events,
    faults: conductor.faults,
    shifted: conductor.shifted,
    planted: conductor.plantedFiles,
    drafts: place.drafts(),
    breaker: log.split('breaker open:').length - 1,
    spoolComplaints: log.split('the spool cannot be used').length - 1,
    lagMs: lag.max / 1e6,
    drain: drain.stdout.trim().split('\n').at(-1),
    reconcile: reconcile.stdout.trim().split('\n').at(-1),
  };
}
