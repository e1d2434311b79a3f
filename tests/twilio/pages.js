// Lists, as Twilio pages them: `meta` with absolute URLs, PageSize up to the resource's limit,
// PageToken naming the place to go on from, so that what is added meanwhile shifts nothing.
import { invalidParameter } from './errors.js';

export const PAGING = ['PageSize', 'Page', 'PageToken'];

// A list of nobody: an identity that no one has used yet is in no conversation.
const NOTHING = { page: () => ({ items: [], last: null }) };

export function listReply(request, { key, list, max, render, accept, descending }) {
  const size = pageSize(request.query, max);
  const number = wholeNumber(request.query, 'Page') ?? 0;
  const after = readToken(request.query.get('PageToken'), descending);
  const { items, last } = (list ?? NOTHING).page({ after, limit: size, accept, descending });
  const address = (page, token) => pageUrl(request, size, page, token);
  return {
    status: 200,
    json: {
      [key]: items.map(render),
      meta: {
        page: number,
        page_size: size,
        first_page_url: address(0),
        // Going back is not something that this project does; Twilio gives null on the first page.
        previous_page_url: number === 0 ? null : address(0),
        url: address(number, request.query.get('PageToken')),
        next_page_url: last ? address(number + 1, writeToken(last, descending)) : null,
        key,
      },
    },
  };
}

function pageSize(query, max) {
  const size = wholeNumber(query, 'PageSize') ?? 50;
  if (size < 1) throw invalidParameter('PageSize must be at least 1');
  return Math.min(size, max);
}

export function wholeNumber(query, name) {
  const text = query.get(name);
  if (text === undefined) return undefined;
  if (!/^[0-9]{1,9}$/.test(text)) throw invalidParameter(`${name} is no whole number`);
  return Number(text);
}

function pageUrl(request, size, page, token) {
  const kept = [...request.query].filter(([name]) => !PAGING.includes(name));
  const query = [...kept, ['PageSize', size], ['Page', page], ...(token ? [['PageToken', token]] : [])]
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  return `${request.view.origin}${request.path}?${query.join('&')}`;
}

function writeToken([primary, sequence], descending) {
  return `${descending ? 'PB' : 'PA'}${Buffer.from(`${primary}.${sequence}`).toString('base64url')}`;
}

function readToken(token, descending) {
  if (token === undefined) return undefined;
  const key = Buffer.from(token.slice(2), 'base64url').toString().split('.').map(Number);
  if (!token.startsWith(descending ? 'PB' : 'PA') || key.length !== 2 || key.some(Number.isNaN)) {
    throw invalidParameter('PageToken');
  }
  return key;
}
