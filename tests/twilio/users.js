// The User resource: one per identity and service, made by hand or by joining a conversation.
import { checkAttributes, checkIdentity, checkRole } from './roster.js';
import { notFound, twilioError } from './errors.js';
import { listReply } from './pages.js';
import { userConversationView, userView } from './views.js';

export const USER_FORM = ['Identity', 'FriendlyName', 'Attributes', 'RoleSid'];
export const USER_UPDATE_FORM = ['FriendlyName', 'Attributes', 'RoleSid'];

export function createUser({ store, service, form, view }) {
  if (!form.has('Identity')) throw twilioError(50204);
  checkIdentity(form.get('Identity'));
  const user = store.createUser(service, { identity: form.get('Identity'), ...readSettings(service, form) });
  return { status: 201, json: userView(view, user), fired: [['onUserAdded', { user }]] };
}

export function fetchUser(request) {
  return { status: 200, json: userView(request.view, theUser(request)) };
}

export function updateUser(request) {
  const user = theUser(request);
  Object.assign(user, readSettings(request.service, request.form), { dateUpdated: new Date() });
  return { status: 200, json: userView(request.view, user), fired: [['onUserUpdated', { user }]] };
}

export function deleteUser(request) {
  request.store.deleteUser(request.service, theUser(request));
  return { status: 204 };
}

export function listUsers(request) {
  return listReply(request, {
    key: 'users', list: request.service.userList, max: 50, render: (u) => userView(request.view, u),
  });
}

export function listUserConversations(request) {
  return listReply(request, {
    key: 'conversations',
    list: theUser(request).participations,
    max: 50,
    accept: (p) => p.conversation.state !== 'initializing',
    render: (p) => userConversationView(request.view, p),
  });
}

export function fetchUserConversation(request) {
  return { status: 200, json: userConversationView(request.view, theParticipation(request)) };
}

export function deleteUserConversation(request) {
  request.store.removeParticipant(theParticipation(request));
  return { status: 204 };
}

function theParticipation(request) {
  const found = [...theUser(request).participations]
    .find(({ conversation }) => [conversation.sid, conversation.uniqueName].includes(request.ids[1]));
  if (!found) throw notFound(request.path);
  return found;
}

function theUser({ store, service, ids, path }) {
  const user = store.findUser(service, ids[0]);
  if (!user) throw notFound(path);
  return user;
}

function readSettings(service, form) {
  checkRole(service, form.get('RoleSid'));
  if (form.has('Attributes')) checkAttributes(form.get('Attributes'));
  return {
    ...(form.has('FriendlyName') && { friendlyName: form.get('FriendlyName') }),
    ...(form.has('Attributes') && { attributes: form.get('Attributes') }),
    ...(form.has('RoleSid') && { roleSid: form.get('RoleSid') }),
  };
}
