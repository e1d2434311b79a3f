// A run's figures, as lines to read.

const SHOWN = 20;

function list(counts) {
  return Object.entries(counts).sort(([a], [b]) => a.localeCompare(b)).map(([name, count]) => `${name} ${count}`).join(', ') || 'none';
}

function sum(counts) {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

export function figures(run) {
  const lines = [
    `conversations  ${run.conversations}`,
    `webhooks       ${run.webhooks} (${list(run.answers)}), slowest ${run.slowestMs.toFixed(0)} ms`,
    `kills          ${sum(run.kills)} (${list(run.kills)})`,
    `Twilio, machine  ${list(run.events)}`,
    `faults         ${sum(run.faults)} (${list(run.faults)})`,
    `tickets        ${run.shifted} with their times changed, ${run.planted} foreign files, ${run.drafts} drafts of killed processes`,
    `seen written   ${run.written.watched} calls of Twilio, ${run.written.skipped} not watched because the spool was in trouble`,
    `log            breaker opened ${run.breaker} times, ${run.spoolComplaints} complaints about the spool`,
    `when the dust settled  ${run.before.missing} without the bot, ${run.before.tickets} tickets`,
    `drain          ${run.drain}`,
    `left to reconcile  ${list(run.missing)}`,
    `reconcile      ${run.reconcile}`,
    `own delay      ${run.lagMs.toFixed(0)} ms at most`,
    ...run.violations.slice(0, SHOWN).map((violation) => `VIOLATION ${violation}`),
    ...(run.violations.length > SHOWN ? [`... and ${run.violations.length - SHOWN} more`] : []),
    `seed ${run.seed}, violations: ${run.violations.length}, lost: ${run.lost}`,
  ];
  return `${lines.join('\n')}\n`;
}
