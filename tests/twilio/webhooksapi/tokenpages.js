// Lists of the Webhooks configuration API: no addresses of further pages but tokens, and camelCase.
import { refuse } from './fields.js';

export const TOKEN_PAGING = ['pageSize', 'pageToken'];

export function tokenPage({ query }, key, items, render) {
  const pageSize = readSize(query.get('pageSize'));
  const from = readToken(query.get('pageToken'));
  const page = items.slice(from, from + pageSize);
  const token = (at) => Buffer.from(`at:${at}`).toString('base64url');
  return {
    status: 200,
    json: {
      meta: {
        key,
        pageSize,
        nextToken: from + pageSize < items.length ? token(from + pageSize) : null,
        previousToken: from > 0 ? token(Math.max(0, from - pageSize)) : null,
      },
      [key]: page.map(render),
    },
  };
}

function readSize(text = '50') {
  if (!/^[0-9]{1,3}$/.test(text) || Number(text) < 1 || Number(text) > 100) throw refuse('pageSize', 'must be a whole number from 1 to 100');
  return Number(text);
}

function readToken(text) {
  if (text === undefined) return 0;
  const found = /^at:([0-9]+)$/.exec(Buffer.from(text, 'base64url').toString());
  if (!found) throw refuse('pageToken', 'is none of ours');
  return Number(found[1]);
}
