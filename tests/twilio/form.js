// application/x-www-form-urlencoded, read strictly: what a lenient server would fix is a fault
// in the client under test, so it is refused here instead.
import { invalidParameter } from './errors.js';

export function decodeForm(text) {
  if (text === '') return [];
  return text.split('&').map((pair) => {
    const equals = pair.indexOf('=');
    if (equals < 1) throw invalidParameter(`'${pair}' is no name=value pair`);
    return [decodeValue(pair.slice(0, equals), true), decodeValue(pair.slice(equals + 1), true)];
  });
}

// Only bytes that RFC 3986 allows in a query or the WHATWG form encoding may stand unescaped.
export function decodeValue(text, plusIsBlank) {
  if (!/^(?:[A-Za-z0-9\-._~!$'()*+,;:@/?]|%[0-9A-Fa-f]{2})*$/.test(text)) {
    throw invalidParameter('badly encoded parameter');
  }
  try {
    return decodeURIComponent(plusIsBlank ? text.replace(/\+/g, ' ') : text);
  } catch {
    throw invalidParameter('parameter is not UTF-8');
  }
}

export function encodeForm(params) {
  return params.map(([name, value]) => `${encodeValue(name)}=${encodeValue(value)}`).join('&');
}

function encodeValue(value) {
  if (Buffer.isBuffer(value)) {
    return [...value].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');
  }
  return encodeURIComponent(value).replace(/%20/g, '+')
    .replace(/[!'()~]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}
