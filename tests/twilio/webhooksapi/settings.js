// Settings: how a webhook is signed, authenticated and connected. All but their names is fixed when they are made.
import { twilioError } from '../errors.js';
import { ALGORITHMS } from '../signature.js';
import { CREDENTIALS, readCredentials, withoutSecrets } from './authprofiles.js';
import { checkObject, readChoice, readGivenNames, readNames, readWhole, refuse } from './fields.js';
import { tokenPage } from './tokenpages.js';

const ZONES = ['us-east', 'us-west', 'eu-west', 'eu-central', 'ap-northeast', 'ap-southeast', 'sa-east'];
const RETRY_ON = ['HTTP_4XX', 'HTTP_5XX', 'CONNECTION_TIMEOUT', 'READ_TIMEOUT', 'ALL'];
const RETRIES_MAX = 5;

export const SETTING_FILTERS = ['authProfileId', 'sharedKeyId', 'type'];

export function createSetting({ configuration, json }) {
  checkObject(json, ['friendlyName', 'description', 'auth', 'signature', 'connection', 'edgeZones']);
  const setting = configuration.add('settings', 'setting', {
    type: 'CUSTOMER',
    ...readNames(json),
    auth: readAuth(configuration, json.auth),
    signature: readSignature(configuration, json.signature),
    connection: readConnection(json.connection),
    edgeZones: readZones(json.edgeZones),
  });
  return { status: 201, json: settingView(setting) };
}

function readAuth({ assume, authProfiles }, auth) {
  if (auth === undefined && assume.noAuth === 'absent') return undefined;
  if (auth === undefined) throw refuse('auth', 'is required');
  const sources = ['INLINE', 'REFERENCE', ...(assume.noAuth === 'source-none' ? ['NONE'] : [])];
  const source = readChoice(auth?.source, sources, 'auth.source');
  if (source === 'NONE') return checkObject(auth, ['source'], 'auth');
  if (source === 'REFERENCE') {
    checkObject(auth, ['source', 'authProfileId'], 'auth');
    if (!authProfiles.has(auth.authProfileId)) throw refuse('auth.authProfileId', 'is no AuthProfile');
    return auth;
  }
  checkObject(auth, ['source', 'value'], 'auth');
  const schemes = [...Object.keys(CREDENTIALS), ...(assume.noAuth === 'inline-none' ? ['NONE'] : [])];
  const scheme = readChoice(auth.value?.scheme, schemes, 'auth.value.scheme');
  if (scheme === 'NONE') checkObject(auth.value, ['scheme'], 'auth.value');
  else readCredentials(auth.value, scheme, ['scheme'], 'auth.value');
  return auth;
}

function readSignature({ assume, sharedKeys }, signature) {
  if (signature === undefined) return { type: 'ACCOUNT_AUTH_TOKEN', algorithm: 'HMAC_SHA1' };
  const type = readChoice(signature?.type, ['ACCOUNT_AUTH_TOKEN', assume.sharedKeyType, 'none', 'NONE'], 'signature.type');
  if (type.toLowerCase() === 'none') return checkObject(signature, ['type'], 'signature');
  const shared = type === assume.sharedKeyType;
  checkObject(signature, ['type', 'algorithm', ...(shared ? ['sharedKeyId'] : [])], 'signature');
  readChoice(signature.algorithm, ALGORITHMS, 'signature.algorithm');
  if (shared && !sharedKeys.has(signature.sharedKeyId)) throw refuse('signature.sharedKeyId', 'is no SharedKey');
  return signature;
}

function readConnection(connection) {
  if (connection === undefined) return undefined;
  checkObject(connection, ['connectTimeoutMs', 'readTimeoutMs', 'totalTimeoutMs', 'retryPolicy'], 'connection');
  readWhole(connection.connectTimeoutMs, 'connection.connectTimeoutMs', 100, 15_000, { required: true });
  readWhole(connection.readTimeoutMs, 'connection.readTimeoutMs', 100, 15_000, { required: true });
  readWhole(connection.totalTimeoutMs, 'connection.totalTimeoutMs', 100, 60_000);
  const { retryPolicy: policy } = connection;
  if (policy === undefined) return connection;
  checkObject(policy, ['retryCount', 'retryOn'], 'connection.retryPolicy');
  readWhole(policy.retryCount, 'connection.retryPolicy.retryCount', 0, RETRIES_MAX, { required: true });
  if (!Array.isArray(policy.retryOn)) throw refuse('connection.retryPolicy.retryOn', 'must be a list');
  for (const what of policy.retryOn) readChoice(what, RETRY_ON, 'connection.retryPolicy.retryOn');
  return connection;
}

function readZones(edgeZones) {
  if (edgeZones === undefined) return undefined;
  checkObject(edgeZones, ['zones', 'allowZoneFallback'], 'edgeZones');
  if (!Array.isArray(edgeZones.zones) || edgeZones.zones.length === 0) throw refuse('edgeZones.zones', 'must be a list of zones');
  for (const zone of edgeZones.zones) readChoice(zone, ZONES, 'edgeZones.zones');
  readChoice(edgeZones.allowZoneFallback, [true, false], 'edgeZones.allowZoneFallback', { required: false });
  return edgeZones;
}

export function listSettings(request) {
  const { query, configuration } = request;
  const type = readChoice(query.get('type'), ['CUSTOMER', 'SYSTEM'], 'type', { required: false }) ?? 'CUSTOMER';
  const [key, profile] = [query.get('sharedKeyId'), query.get('authProfileId')];
  const items = [...configuration.settings.values()].filter((s) => s.type === type
    && (key === undefined || s.signature.sharedKeyId === key) && (profile === undefined || s.auth?.authProfileId === profile));
  return tokenPage(request, 'settings', items, settingView);
}

export function fetchSetting(request) {
  return { status: 200, json: settingView(request.configuration.get('settings', request)) };
}

export function patchSetting(request) {
  const setting = ownSetting(request);
  Object.assign(setting, readGivenNames(checkObject(request.json, ['friendlyName', 'description'])), { updatedAt: new Date() });
  return { status: 200, json: settingView(setting) };
}

export function deleteSetting(request) {
  const { id } = ownSetting(request);
  if (request.configuration.isSettingUsed(id)) throw twilioError(59100, 'A Rule refers to this Setting');
  request.configuration.settings.delete(id);
  return { status: 204 };
}

function ownSetting(request) {
  const setting = request.configuration.get('settings', request);
  if (setting.type === 'SYSTEM') throw twilioError(59101);
  return setting;
}

function settingView({ id, type, friendlyName, description, auth, signature, connection, edgeZones, createdAt, updatedAt }) {
  const shown = auth?.value ? { ...auth, value: withoutSecrets(auth.value) } : auth;
  return { id, type, friendlyName, description, auth: shown, signature, connection, edgeZones, createdAt, updatedAt };
}

export function listEdgeZones(request) {
  return tokenPage(request, 'edgeZones', ZONES, (id) => ({ id, friendlyName: id, description: '', edgeLocations: [] }));
}
