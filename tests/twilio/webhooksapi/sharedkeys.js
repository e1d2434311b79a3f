// SharedKeys: secrets by which Twilio signs webhooks in place of the account's token.
import { twilioError } from '../errors.js';
import { checkObject, readGivenNames, readText } from './fields.js';
import { tokenPage } from './tokenpages.js';

const FORM = ['friendlyName'];

export function createSharedKey({ configuration, json }) {
  checkObject(json, FORM);
  const key = configuration.createSharedKey({ friendlyName: readText(json.friendlyName, 'friendlyName') ?? '' });
  // The only time that the secret is told.
  return { status: 201, json: { ...keyView(key), secret: key.secret } };
}

export function listSharedKeys(request) {
  return tokenPage(request, 'sharedKeys', [...request.configuration.sharedKeys.values()], keyView);
}

export function fetchSharedKey(request) {
  return { status: 200, json: keyView(request.configuration.get('sharedKeys', request)) };
}

export function patchSharedKey(request) {
  const key = request.configuration.get('sharedKeys', request);
  Object.assign(key, readGivenNames(checkObject(request.json, FORM)), { updatedAt: new Date() });
  return { status: 200, json: keyView(key) };
}

export function deleteSharedKey(request) {
  const { configuration } = request;
  const { id } = configuration.get('sharedKeys', request);
  if (configuration.settingsWith('sharedKeyId', id).length > 0) throw twilioError(59100, 'A Setting refers to this SharedKey');
  configuration.sharedKeys.delete(id);
  return { status: 204 };
}

function keyView({ id, friendlyName, createdAt, updatedAt }) {
  return { id, friendlyName, createdAt, updatedAt };
}
