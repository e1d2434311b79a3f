// Address configuration: what becomes of a message to one of the account's numbers.
import { invalidParameter, notFound } from './errors.js';
import { listReply } from './pages.js';
import { newSid } from './sids.js';
import { oneOf } from './conversations.js';
import { stamps } from './store.js';
import { isoSeconds } from './views.js';

const TYPES = ['sms', 'whatsapp', 'messenger', 'gbm', 'email', 'rcs', 'apple', 'chat'];

export const ADDRESS_FORM = [
  'Type', 'Address', 'FriendlyName', 'AutoCreation.Enabled', 'AutoCreation.Type', 'AutoCreation.ConversationServiceSid',
  'AutoCreation.WebhookUrl', 'AutoCreation.WebhookMethod', 'AutoCreation.WebhookFilters*', 'AddressCountry',
];

export function addAddress(store, { address, type = 'sms', friendlyName = null, country = 'US', autoCreation = {} }) {
  const configuration = {
    sid: newSid('IG'),
    sequence: store.nextSequence(),
    address,
    type,
    friendlyName,
    country,
    autoCreation: { enabled: true, type: 'default', conversation_service_sid: null, ...autoCreation },
    ...stamps(),
  };
  store.addresses.set(address, configuration);
  store.ownNumbers.add(address);
  store.addressList.add(configuration);
  return configuration;
}

export function createAddress({ store, form, view }) {
  if (!form.get('Address') || !form.get('Type')) throw invalidParameter('Type and Address are required');
  const configuration = addAddress(store, {
    address: form.get('Address'),
    type: oneOf(form.get('Type'), TYPES, 'Type'),
    friendlyName: form.get('FriendlyName'),
    country: form.get('AddressCountry'),
    autoCreation: readAutoCreation(form),
  });
  return { status: 201, json: addressView(view, configuration) };
}

function readAutoCreation(form) {
  const given = {
    enabled: form.has('AutoCreation.Enabled')
      ? oneOf(form.get('AutoCreation.Enabled'), ['true', 'false'], 'AutoCreation.Enabled') === 'true' : undefined,
    type: oneOf(form.get('AutoCreation.Type'), ['webhook', 'studio', 'default'], 'AutoCreation.Type'),
    conversation_service_sid: form.get('AutoCreation.ConversationServiceSid'),
    webhook_url: form.get('AutoCreation.WebhookUrl'),
    webhook_method: form.get('AutoCreation.WebhookMethod'),
    webhook_filters: form.get('AutoCreation.WebhookFilters'),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

export function listAddresses(request) {
  const type = oneOf(request.query.get('Type'), TYPES, 'Type');
  return listReply(request, {
    key: 'address_configurations',
    list: request.store.addressList,
    max: 50,
    accept: (a) => !type || a.type === type,
    render: (a) => addressView(request.view, a),
  });
}

export function fetchAddress(request) {
  return { status: 200, json: addressView(request.view, theAddress(request)) };
}

export function deleteAddress(request) {
  const configuration = theAddress(request);
  request.store.addresses.delete(configuration.address);
  request.store.addressList.remove(configuration);
  return { status: 204 };
}

// By SID or by the address itself.
function theAddress({ store, ids, path }) {
  const found = store.addresses.get(ids[0]) ?? [...store.addressList].find((a) => a.sid === ids[0]);
  if (!found) throw notFound(path);
  return found;
}

function addressView(view, a) {
  return {
    sid: a.sid,
    account_sid: view.accountSid,
    type: a.type,
    address: a.address,
    friendly_name: a.friendlyName,
    auto_creation: a.autoCreation,
    date_created: isoSeconds(a.dateCreated),
    date_updated: isoSeconds(a.dateUpdated),
    url: `${view.origin}/v1/Configuration/Addresses/${a.sid}`,
    address_country: a.country,
  };
}
