// Rules: which Setting holds for which URL. A write is accepted (202), and an Operation tells when it is in force.
import { twilioError } from '../errors.js';
import { checkObject, readChoice, readGivenNames, readNames, readText, readWhole, refuse } from './fields.js';
import { operationView } from './operations.js';
import { tokenPage } from './tokenpages.js';
import { newTypeId } from './typeids.js';

const FORM = ['friendlyName', 'description', 'matchType', 'value', 'prefix', 'settings'];
const PLACES = { EXACT_MATCH: 'value', PREFIX_MATCH: 'prefix', DEFAULT: undefined };

export function createRule(request) {
  const { configuration, json } = request;
  checkObject(json, FORM);
  const match = readMatch(configuration, json);
  const settings = readSettings(configuration, json.settings, match);
  if (configuration.rules.size >= 50) throw twilioError(59200, 'No more than 50 rules');
  const now = new Date();
  return accepted(request, { id: newTypeId('rule'), ...readNames(json), ...match, settings, createdAt: now, updatedAt: now });
}

export function patchRule(request) {
  const { configuration, json } = request;
  const rule = configuration.get('rules', request);
  checkObject(json, FORM);
  if (json.matchType === undefined && (json.value ?? json.prefix) !== undefined) throw refuse('matchType', 'must come with what it matches');
  const match = json.matchType === undefined ? matchOf(rule) : readMatch(configuration, json, rule.id);
  const settings = readSettings(configuration, json.settings ?? rule.settings, match);
  const { value, prefix, ...rest } = rule;
  return accepted(request, { ...rest, ...readGivenNames(json), ...match, settings, updatedAt: new Date() });
}

export function deleteRule(request) {
  const { configuration } = request;
  const { id } = configuration.get('rules', request);
  return accepted(request, undefined, id);
}

export function listRules(request) {
  const wanted = request.query.get('settingId');
  const items = [...request.configuration.rules.values()]
    .filter(({ settings }) => wanted === undefined || settings.some(({ settingId }) => settingId === wanted));
  return tokenPage(request, 'rules', items, ruleView);
}

export function fetchRule(request) {
  request.configuration.operationList(); // what has failed meanwhile is taken back
  return { status: 200, json: ruleView(request.configuration.get('rules', request)) };
}

function accepted({ configuration, view }, rule, id = rule.id) {
  const operation = configuration.begin(id, rule);
  const shown = operationView(view, operation);
  return {
    status: 202,
    headers: { 'Operation-Id': shown.id, Location: shown.statusUrl, 'Retry-After': String(Math.round(configuration.propagationMs / 1000)) },
    json: { operation: shown, ...(rule && { rule: ruleView(rule) }) },
  };
}

function matchOf({ matchType, value, prefix }) {
  return { matchType, ...(value !== undefined && { value }), ...(prefix !== undefined && { prefix }) };
}

function readMatch(configuration, json, own) {
  const matchType = readChoice(json.matchType, Object.keys(PLACES), 'matchType');
  const place = PLACES[matchType];
  const stray = ['value', 'prefix'].find((name) => name !== place && json[name] !== undefined);
  if (stray) throw refuse(stray, `does not go with ${matchType}`);
  const match = { matchType, ...(place && { [place]: readUrl(json[place], place) }) };
  const twin = [...configuration.rules.values()].find((rule) => rule.id !== own && rule.matchType === matchType && rule[place] === match[place]);
  if (twin) throw twilioError(59103, `${twin.id} matches the same already`);
  return match;
}

function readUrl(value, name) {
  const url = readText(value, name, { max: 2048, required: true });
  if (!/^https?:\/\/[^\s/?#*{}[\]|\\^]+(?:[/?][^\s*{}[\]|\\^#]*)?$/i.test(url)) throw refuse(name, 'must be a URL without wildcards');
  if (name === 'value' && url.endsWith('/')) throw refuse(name, 'must not end with /');
  if (name === 'prefix' && !url.endsWith('/')) throw refuse(name, 'must end with /');
  return url;
}

function readSettings(configuration, settings, { matchType }) {
  if (!Array.isArray(settings) || settings.length < 1 || settings.length > 2) throw refuse('settings', 'must be one or two');
  for (const one of settings) {
    checkObject(one, ['settingId', 'percentage'], 'settings');
    const setting = configuration.settings.get(one.settingId);
    if (!setting) throw refuse('settings.settingId', 'is no Setting');
    readWhole(one.percentage, 'settings.percentage', 1, 100, { required: true });
    if (matchType === 'DEFAULT' && isBasic(configuration, setting)) throw twilioError(59202);
  }
  if (new Set(settings.map(({ settingId }) => settingId)).size < settings.length) throw refuse('settings', 'names a Setting twice');
  if (settings.reduce((sum, { percentage }) => sum + percentage, 0) !== 100) throw refuse('settings', 'percentages must sum to 100');
  return settings;
}

function isBasic({ authProfiles }, { auth }) {
  return (auth?.value?.scheme ?? authProfiles.get(auth?.authProfileId)?.type) === 'BASIC';
}

export function ruleView({ id, friendlyName, description, matchType, value, prefix, settings, createdAt, updatedAt }) {
  return { id, friendlyName, description, matchType, value, prefix, settings, createdAt, updatedAt };
}
