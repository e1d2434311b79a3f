// Twilio's OpenAPI document of Conversations, and the overlay without which it would let pass what Twilio refuses.

import { CHAT, CONVERSATIONS, EVENTS, readTwilioDocument } from '../lib/twilio-documents.js';

const CHAT_SERVICE = '/v2/Services/{Sid}';
const CONVERSATION_SID = '^CH[0-9a-fA-F]{32}$';

// Twilio's error answers, which the document does not have: the classic form, or RFC 9457's.
// Prism takes application/problem+json for application/json, so both stand under that.
const CLASSIC_ERROR = {
  type: 'object',
  required: ['code', 'message', 'more_info', 'status'],
  properties: {
    code: { type: 'integer', minimum: 10000, maximum: 99999 },
    message: { type: 'string', minLength: 1 },
    more_info: { type: 'string', pattern: '^https://www\\.twilio\\.com/docs/errors/[0-9]{5}$' },
    status: { type: 'integer', minimum: 400, maximum: 599 },
    details: { type: 'object' },
  },
  additionalProperties: false,
};
const PROBLEM = {
  type: 'object',
  required: ['type', 'title', 'status', 'code'],
  properties: { type: { type: 'string' }, title: { type: 'string' }, status: { type: 'integer' }, code: { type: 'integer' } },
};
const ERROR = { 'application/json': { schema: { oneOf: [CLASSIC_ERROR, PROBLEM] } } };

export async function readDocument() {
  return JSON.parse(await readTwilioDocument(CONVERSATIONS));
}

export async function readEventsDocument() {
  return JSON.parse(await readTwilioDocument(EVENTS));
}

/** Of Programmable Chat's document the service alone: the only place that has webhook retry counts. */
export async function readChatService() {
  const text = await readTwilioDocument(CHAT);
  // Both documents have schemas of the same names.
  const document = JSON.parse(text.replaceAll('#/components/schemas/', '#/components/schemas/chat.'));
  const schemas = Object.entries(document.components.schemas).map(([name, schema]) => [`chat.${name}`, schema]);
  return { ...document, paths: { [CHAT_SERVICE]: document.paths[CHAT_SERVICE] }, components: { ...document.components, schemas: Object.fromEntries(schemas) } };
}

/** One document with the operations of both. */
export function withOperations(document, more) {
  const schemas = { ...document.components.schemas, ...more.components.schemas };
  return { ...document, paths: { ...document.paths, ...more.paths }, components: { ...document.components, schemas } };
}

/** Every object inside, however deep. */
function* objectsIn(value) {
  if (typeof value !== 'object' || value === null) return;
  yield value;
  for (const inner of Object.values(value)) yield* objectsIn(inner);
}

// `nullable` beside no `type` is no schema to Prism's validator, which then skips the whole body.
function dropTypelessNullable(document) {
  const schemas = [...objectsIn(document.components.schemas)].filter((schema) => 'nullable' in schema && !('type' in schema));
  for (const schema of schemas) delete schema.nullable;
  return schemas.length;
}

function operationsOf(document) {
  const methods = ['get', 'post', 'delete', 'put', 'patch'];
  return Object.entries(document.paths).flatMap(([path, item]) => methods.filter((method) => item[method])
    .map((method) => ({ path, method, operation: item[method], parameters: [...(item.parameters ?? []), ...(item[method].parameters ?? [])] })));
}

// The document says only that it is text, since Twilio takes a unique name as well; we never use one.
function demandConversationSids(operations) {
  const parameters = operations.flatMap((one) => one.parameters).filter(({ name }) => name === 'ConversationSid');
  for (const parameter of parameters) parameter.schema = { type: 'string', pattern: CONVERSATION_SID };
  return parameters.length;
}

// A participant can be made of an address instead, so the document demands nothing; ours is an identity.
function demandIdentity(operations) {
  const creating = operations.filter(({ method, path }) => method === 'post' && path.endsWith('/Participants'));
  for (const { operation } of creating) {
    operation.requestBody.required = true;
    const { schema } = operation.requestBody.content['application/x-www-form-urlencoded'];
    schema.required = ['Identity'];
    Object.assign(schema.properties.Identity, { minLength: 1, maxLength: 256 });
  }
  return creating.length;
}

// OpenAPI's own default for arrays in forms; Prism takes the last of them for text unless it is said.
function repeatArrays(operations) {
  const forms = operations.map(({ operation }) => operation.requestBody?.content['application/x-www-form-urlencoded']).filter(Boolean);
  const names = forms.flatMap((form) => Object.entries(form.schema.properties ?? {}).filter(([, { type }]) => type === 'array').map(([name]) => [form, name]));
  for (const [form, name] of names) form.encoding = { ...form.encoding, [name]: { style: 'form', explode: true } };
  return names.length;
}

// The document leaves open which properties an answer has; Twilio gives all of a resource's, and no others.
function closeAnswers(document) {
  const resources = Object.values(document.components.schemas).filter(({ properties }) => properties);
  for (const schema of resources) Object.assign(schema, { required: Object.keys(schema.properties), additionalProperties: false });
  return resources.length;
}

function describeErrors(operations) {
  for (const { operation } of operations) operation.responses.default = { description: 'Refused', content: ERROR };
  return operations.length;
}

/** The document with the overlay, and how often each part of it found something to change. */
export function overlaid(document) {
  const copy = structuredClone(document);
  const operations = operationsOf(copy);
  const changes = {
    typelessNullable: dropTypelessNullable(copy),
    conversationSids: demandConversationSids(operations),
    identities: demandIdentity(operations),
    arrays: repeatArrays(operations),
    resources: closeAnswers(copy),
    errors: describeErrors(operations),
  };
  return { document: copy, changes };
}
