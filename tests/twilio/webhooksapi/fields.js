// What a JSON body may hold, read strictly: an unknown or mistyped property is refused (59000), and `detail` names it.
import { twilioError } from '../errors.js';

export function refuse(name, why) {
  return twilioError(59000, `${name}: ${why}`);
}

/** Throws unless `value` is an object whose properties are all known. */
export function checkObject(value, names, where = 'body') {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refuse(where, 'must be an object');
  const unknown = Object.keys(value).find((name) => !names.includes(name));
  if (unknown !== undefined) throw refuse(where === 'body' ? unknown : `${where}.${unknown}`, 'is not known here');
  return value;
}

export function readText(value, name, { max = 255, required = false } = {}) {
  if (value === undefined || value === null) {
    if (required) throw refuse(name, 'is required');
    return undefined;
  }
  if (typeof value !== 'string' || (required && value === '')) throw refuse(name, 'must be text');
  if ([...value].length > max) throw refuse(name, `must not be longer than ${max} characters`);
  return value;
}

export function readChoice(value, choices, name, { required = true } = {}) {
  if (value === undefined && !required) return undefined;
  if (!choices.includes(value)) throw refuse(name, `must be one of ${choices.join(', ')}`);
  return value;
}

export function readWhole(value, name, least, most, { required = false } = {}) {
  if (value === undefined && !required) return undefined;
  if (!Number.isInteger(value) || value < least || value > most) throw refuse(name, `must be a whole number from ${least} to ${most}`);
  return value;
}

/** friendlyName and description, which all have. */
export function readNames({ friendlyName, description }) {
  return { friendlyName: readText(friendlyName, 'friendlyName') ?? '', description: readText(description, 'description') };
}

/** Of a PATCH: only those that are given. */
export function readGivenNames(json) {
  const given = readNames(json);
  return Object.fromEntries(Object.entries(given).filter(([name]) => json[name] !== undefined));
}
