// Dates and durations as Twilio's parameters spell them (ISO 8601).
import { invalidParameter } from './errors.js';

export function readDate(text, name) {
  const date = new Date(text);
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/.test(text) || Number.isNaN(date.getTime())) {
    throw invalidParameter(`${name} is no ISO 8601 date`);
  }
  return date;
}

// StartDate and EndDate of lists name whole days: the docs ask for exactly their first or last second.
export function readDay(text, name) {
  if (text === undefined) return undefined;
  const wanted = name === 'StartDate' ? 'T00:00:00Z' : 'T23:59:59Z';
  if (!text.endsWith(wanted)) throw invalidParameter(`${name} must end in ${wanted}`);
  const date = readDate(text, name);
  if (name === 'EndDate') date.setUTCMilliseconds(999);
  return date;
}

// A duration from now, PT10M; an empty one takes the timer away.
export function momentAfter(text, name) {
  if (text === '') return null;
  const found = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(text);
  if (!found || found.slice(1).every((part) => part === undefined)) throw invalidParameter(`${name} is no ISO 8601 duration`);
  const [days, hours, minutes, seconds] = found.slice(1).map((part) => Number(part ?? 0));
  return new Date(Date.now() + (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000);
}
