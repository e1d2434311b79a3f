// The types of events that can be subscribed to, and their schemas: those of Conversations.
import { invalidParameter, notFound } from '../errors.js';
import { listReply } from '../pages.js';
import { OrderedList } from '../orderedlist.js';

const SINCE = '2024-01-01T00:00:00Z';
const NEWEST = 2; // of every schema
const PREFIX = 'com.twilio.conversations.';

// A webhook's event, the type that says the same, and its schema.
const TYPES = [
  ['onConversationAdded', 'conversation.added', 'ConversationAdded'],
  ['onConversationUpdated', 'conversation.updated', 'ConversationUpdated'],
  ['onConversationRemoved', 'conversation.removed', 'ConversationRemoved'],
  ['onConversationStateUpdated', 'conversation-state.updated', 'ConversationStateUpdated'],
  ['onParticipantAdded', 'participant.added', 'ParticipantAdded'],
  ['onParticipantUpdated', 'participant.updated', 'ParticipantUpdated'],
  ['onParticipantRemoved', 'participant.removed', 'ParticipantRemoved'],
  ['onMessageAdded', 'message.added', 'MessageAdded'],
  ['onMessageUpdated', 'message.updated', 'MessageUpdated'],
  ['onMessageRemoved', 'message.removed', 'MessageRemoved'],
  [undefined, 'delivery.updated', 'DeliveryUpdated', 'discontinued'],
].map(([event, name, schema, status = 'available'], sequence) => ({
  event, type: PREFIX + name, schema: `Conversations.${schema}`, status, sequence,
}));

const BY_TYPE = new Map(TYPES.map((type) => [type.type, type]));
const BY_EVENT = new Map(TYPES.filter(({ event }) => event).map((type) => [type.event, type]));

export const typeOfEvent = (event) => BY_EVENT.get(event);

/** What is asked for in a subscription, as it is then kept. */
export function readSubscribed(type, version, where) {
  const known = BY_TYPE.get(type);
  if (!known) throw invalidParameter(`${where}: no such event type ${type}`);
  if (known.status !== 'available') throw invalidParameter(`${where}: ${type} is ${known.status}`);
  if (version !== undefined && !(Number.isInteger(version) && version >= 1 && version <= NEWEST)) {
    throw invalidParameter(`${where}: no such schema version of ${type}`);
  }
  return { type, schemaVersion: version ?? NEWEST };
}

export const schemaUrl = ({ schema }, version) => `https://events-schemas.twilio.com/${schema}/${version}`;

function listOf(items) {
  const list = new OrderedList();
  for (const item of items) list.add(item);
  return list;
}

export function listTypes(request) {
  const schema = request.query.get('SchemaId');
  return listReply(request, {
    key: 'types', list: listOf(TYPES), max: 1000, accept: (t) => schema === undefined || t.schema === schema, render: (t) => typeView(request.view, t),
  });
}

export function fetchType({ view, ids, path }) {
  const type = BY_TYPE.get(ids[0]);
  if (!type) throw notFound(path);
  return { status: 200, json: typeView(view, type) };
}

function typeView({ origin }, { type, schema, status }) {
  return {
    type, schema_id: schema, status, date_created: SINCE, date_updated: SINCE, description: `Conversations: ${type.slice(PREFIX.length)}`,
    documentation_url: null, url: `${origin}/v1/Types/${type}`, links: { schema: `${origin}/v1/Schemas/${schema}/Versions` },
  };
}

function theSchema({ ids, path }) {
  const found = TYPES.find(({ schema }) => schema === ids[0]);
  if (!found) throw notFound(path);
  return found;
}

export function fetchSchema(request) {
  const { schema } = theSchema(request);
  const url = `${request.view.origin}/v1/Schemas/${schema}`;
  return { status: 200, json: { id: schema, url, links: { versions: `${url}/Versions` }, latest_version_date_created: SINCE, latest_version: NEWEST } };
}

export function listSchemaVersions(request) {
  const type = theSchema(request);
  const list = listOf(Array.from({ length: NEWEST }, (_, i) => ({ sequence: i + 1 })));
  return listReply(request, { key: 'schema_versions', list, max: 1000, render: ({ sequence }) => versionView(request.view, type, sequence) });
}

export function fetchSchemaVersion(request) {
  const version = Number(request.ids[1]);
  if (!(version >= 1 && version <= NEWEST)) throw notFound(request.path);
  return { status: 200, json: versionView(request.view, theSchema(request), version) };
}

function versionView({ origin }, type, version) {
  return {
    id: type.schema, schema_version: version, date_created: SINCE,
    url: `${origin}/v1/Schemas/${type.schema}/Versions/${version}`, raw: schemaUrl(type, version),
  };
}
