// Operations: how far the write of a Rule has come.
import { notFound } from '../errors.js';
import { readChoice } from './fields.js';
import { tokenPage } from './tokenpages.js';

const STATUSES = ['PENDING', 'RUNNING', 'COMPLETED', 'CANCELLED', 'FAILED'];

export function listOperations(request) {
  const { query, configuration, view } = request;
  const status = readChoice(query.get('status'), STATUSES, 'status', { required: false });
  const resource = query.get('resourceId');
  const items = configuration.operationList()
    .filter((o) => (status === undefined || o.status === status) && (resource === undefined || o.resourceId === resource));
  return tokenPage(request, 'operations', items, (o) => operationView(view, o));
}

export function fetchOperation(request) {
  const operation = request.configuration.operationList().find(({ id }) => id === request.ids[0]);
  if (!operation) throw notFound(request.path);
  return { status: 200, json: operationView(request.view, operation) };
}

export function operationView(view, { id, status, failure, resourceId, createdAt, completedAt }) {
  return {
    id,
    statusUrl: `${view.origin}/v1/Webhooks/Operations/${id}`,
    status,
    ...(status === 'FAILED' && { error: errorView(failure) }),
    resourceId,
    createdAt,
    completedAt,
    retentionPeriod: 'P7D',
  };
}

function errorView({ code, title, detail }) {
  return { type: `https://www.twilio.com/docs/errors/${code}`, title, code, detail };
}
