// A ticket as it stands in the spool: NAME=value lines.

export const FIELDS = ['conversation', 'service', 'event', 'first_seen', 'attempts', 'next_attempt', 'last_verdict'];

/** The fields in their order; values without their quotes. */
export function parseTicket(text) {
  const ticket = {};
  for (const line of text.split('\n').slice(0, -1)) {
    const [, name, value] = /^([a-z_]+)=(.*)$/.exec(line) ?? [];
    if (!name) throw new Error(`no line of a ticket: ${JSON.stringify(line)}`);
    ticket[name] = value.replace(/^"(.*)"$/, '$1');
  }
  if (!text.endsWith('\n')) throw new Error('a ticket without its last newline');
  return ticket;
}

export function ticketText({ conversation, service = '', event = 'onConversationAdded', firstSeen = new Date(), attempts = 0, nextAttempt = firstSeen, verdict = '', refusedFor }) {
  return `conversation=${conversation}\nservice=${service}\nevent=${event}\n`
    + `first_seen=${firstSeen.toISOString()}\nattempts=${attempts}\nnext_attempt=${nextAttempt.toISOString()}\nlast_verdict="${verdict}"\n`
    + (refusedFor ? `refused_for=${refusedFor / 1000}\n` : '');
}

/** Milliseconds from `from` to the ticket's next attempt. */
export function waitOf(ticket, from = Date.now()) {
  return Date.parse(ticket.next_attempt) - from;
}
