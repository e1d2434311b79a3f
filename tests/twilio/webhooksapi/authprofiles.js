// AuthProfiles: credentials by which Twilio shows us who it is. Their secrets are taken and never told.
import { twilioError } from '../errors.js';
import { checkObject, readChoice, readGivenNames, readText } from './fields.js';
import { tokenPage } from './tokenpages.js';

export const CREDENTIALS = {
  OAUTH2: { required: ['tokenUrl', 'clientId', 'clientSecret'], optional: ['scope', 'audience', 'clientCredentialsAuthMethod'] },
  DIGEST: { required: ['username', 'password'], optional: [] },
  BASIC: { required: ['username', 'password'], optional: [] },
};
const SECRETS = ['clientSecret', 'password'];

/** Checks what the scheme must have, beside the properties `others`. */
export function readCredentials(value, scheme, others, where) {
  const { required, optional } = CREDENTIALS[scheme];
  checkObject(value, [...others, ...required, ...optional], where);
  for (const name of required) readText(value[name], name, { max: 1024, required: true });
  for (const name of optional) readText(value[name], name, { max: 1024 });
  return value;
}

export function withoutSecrets(credentials) {
  return Object.fromEntries(Object.entries(credentials).filter(([name]) => !SECRETS.includes(name)));
}

export function createAuthProfile({ configuration, json }) {
  const type = readChoice(json?.type, Object.keys(CREDENTIALS), 'type');
  const { friendlyName = '', ...credentials } = readCredentials(json, type, ['type', 'friendlyName'], 'body');
  const profile = configuration.add('authProfiles', 'authprofile', { friendlyName: readText(friendlyName, 'friendlyName'), ...credentials });
  return { status: 201, json: profileView(profile) };
}

export function listAuthProfiles(request) {
  return tokenPage(request, 'authProfiles', [...request.configuration.authProfiles.values()], profileView);
}

export function fetchAuthProfile(request) {
  return { status: 200, json: profileView(request.configuration.get('authProfiles', request)) };
}

export function patchAuthProfile(request) {
  const profile = request.configuration.get('authProfiles', request);
  Object.assign(profile, readGivenNames(checkObject(request.json, ['friendlyName'])), { updatedAt: new Date() });
  return { status: 200, json: profileView(profile) };
}

export function deleteAuthProfile(request) {
  const { configuration } = request;
  const { id } = configuration.get('authProfiles', request);
  if (configuration.settingsWith('authProfileId', id).length > 0) throw twilioError(59100, 'A Setting refers to this AuthProfile');
  configuration.authProfiles.delete(id);
  return { status: 204 };
}

function profileView({ settledAt, ...profile }) {
  return withoutSecrets(profile);
}
