// The HTTP requests that the SDK sends through its WebSocket: the client side of Conversations
// (/Client/v2/...) and Sync (/v3/..., /v4/...). The host they name is not looked at.
import { decodeValue } from '../form.js';
import { notFound, TwilioError, invalidParameter } from '../errors.js';
import { conversationNames, userNames } from './syncmirror.js';

const ORIGIN = 'https://aim.us1.twilio.com';
const PAGE = 50;

const ROUTES = [
  ['GET', /^\/Client\/v2\/Configuration$/, configuration],
  ['GET', /^\/Client\/v2\/Services\/IS\w+\/Users\/me\/Conversations$/, myConversations],
  ['GET', /^\/Client\/v2\/Services\/IS\w+\/Users\/([^/]+)$/, user],
  ['POST', /^\/Client\/v2\/Services\/IS\w+\/Conversations\/(CH\w+)\/Messages$/, sendMessage],
  ['DELETE', /^\/Client\/v2\/Services\/IS\w+\/Conversations\/(CH\w+)\/Participants\/([^/]+)$/, removeParticipant],
  ['GET', /^\/v3\/(Map|List|Document)s\/([^/]+)$/, syncObject],
  ['GET', /^\/v3\/(Map|List)s\/([^/]+)\/Items$/, syncItems],
  ['POST', /^\/v4\/Subscriptions$/, subscriptions],
];

// -> { status, json }
export function answerTunnelled(request) {
  for (const [method, pattern, handler] of ROUTES) {
    const found = method === request.method && pattern.exec(request.path);
    if (!found) continue;
    try {
      return handler(request, ...found.slice(1).map((part) => decodeValue(part, false)));
    } catch (error) {
      if (!(error instanceof TwilioError)) throw error;
      return { status: error.status, json: error.toJson() };
    }
  }
  return { status: 404, json: notFound(request.path).toJson(), unknown: true };
}

// ---- Conversations

function configuration({ session }) {
  const base = `${ORIGIN}/Client/v2/Services/${session.service.sid}`;
  return {
    status: 200,
    json: {
      identity: session.identity,
      sync_objects: userNames(session.user),
      links: {
        my_conversations: `${base}/Users/me/Conversations`,
        conversations: `${base}/Conversations`,
        users: `${base}/Users`,
        current_user: `${base}/Users/me`,
        typing: `${ORIGIN}/Client/v2/typing`,
        media_service: `https://mcs.us1.twilio.com/v1/Services/${session.service.sid}/Media`,
        media_set_service: `https://mcs.us1.twilio.com/v1/Services/${session.service.sid}/MediaSet`,
        messages_receipts: `${base}/Conversations/%s/Messages/%s/Receipts`,
      },
      options: {
        reachability_enabled: false,
        user_infos_to_subscribe: 100,
        http_cache_interval: 'PT5S',
        consumption_report_interval: 'PT5S',
        media_attachments_count_limit: 10,
        media_attachment_size_limit_in_mb: 50,
        media_attachments_total_size_limit_in_mb: 50,
        email_histories_allowed_mime_types: ['text/plain', 'text/html'],
        email_bodies_allowed_mime_types: ['text/plain', 'text/html'],
      },
    },
  };
}

function myConversations({ session, query }) {
  const all = [...session.user.participations];
  const start = Number(query.get('PageToken') ?? 0);
  const conversations = all.slice(start, start + PAGE).map(({ conversation, lastReadMessageIndex }) => ({
    conversation_sid: conversation.sid,
    status: 'joined',
    sync_objects: conversationNames(conversation),
    last_read_message_index: lastReadMessageIndex,
    notification_level: 'default',
  }));
  return { status: 200, json: { conversations, meta: { next_token: start + PAGE < all.length ? String(start + PAGE) : null } } };
}

function user({ session, path, standIn }, identity) {
  const found = standIn.store.findUser(session.service, identity);
  if (!found) throw notFound(path);
  return {
    status: 200,
    json: { identity: found.identity, sid: found.sid, friendly_name: found.friendlyName, sync_objects: { user_info_map: userNames(found).my_user_info } },
  };
}

// What a client does fires webhooks without asking, unlike a REST request.
function sendMessage(request, sid) {
  const { session, standIn } = request;
  const { conversation, participant } = ownParticipation(request, sid);
  const { body = null, attributes = '{}' } = readJson(request);
  const message = standIn.store.addMessage(conversation, {
    author: session.identity, body, attributes, participantSid: participant.sid, source: 'SDK',
  });
  standIn.fire('onMessageAdded', { conversation, message, clientIdentity: session.identity }, 'SDK');
  return { status: 201, json: { sid: message.sid, index: message.index } };
}

function removeParticipant(request, sid, name) {
  const { session, standIn } = request;
  const { conversation } = ownParticipation(request, sid);
  const participant = standIn.store.findParticipant(conversation, name);
  if (!participant) throw notFound(request.path);
  standIn.store.removeParticipant(participant);
  standIn.fire('onParticipantRemoved', { conversation, participant, clientIdentity: session.identity }, 'SDK');
  return { status: 204 };
}

function ownParticipation({ session, standIn, path }, sid) {
  const conversation = standIn.store.findConversation(session.service, sid);
  const participant = conversation && standIn.store.findParticipant(conversation, session.identity);
  if (!participant) throw notFound(path);
  return { conversation, participant };
}

// ---- Sync

function syncObject({ session, mirror, path, query }, type, name) {
  return { status: 200, json: readable(session, mirror, path, type, name).view({ withItems: query.get('Include') === 'items' }) };
}

function syncItems({ session, mirror, path, query }, type, name) {
  return { status: 200, json: readable(session, mirror, path, type, name).page(query) };
}

function readable(session, mirror, path, type, name) {
  const object = mirror.find(type.toLowerCase(), name);
  if (!object || !object.audience(session)) throw notFound(path);
  return object;
}

function subscriptions(request) {
  const { action, requests, correlation_id: correlationId } = readJson(request);
  if (!['establish', 'cancel'].includes(action) || !Array.isArray(requests)) throw invalidParameter('action and requests are required');
  // Replays follow this answer, never overtake it. The SDK looks after so many milliseconds whether they
  // came, and asks again if not; that timer outlives its shutdown().
  return {
    status: 202,
    json: { max_batch_size: 100, estimated_delivery_in_ms: 500, ttl_in_s: -1 },
    afterwards: () => request.session.subscriptions.apply(action, requests, correlationId),
  };
}

function readJson({ body }) {
  try {
    return JSON.parse(body);
  } catch {
    throw invalidParameter('the body is not JSON');
  }
}
