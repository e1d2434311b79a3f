// A stand-in Twilio and a responder with these settings, for as long as an attack takes.

import { readFileSync } from 'node:fs';
import { cgi } from '../lib/drivers/cgi.js';
import { fastcgi } from '../lib/drivers/fastcgi.js';
import { webhookRequest } from '../lib/webhook-records.js';
import { RESPONDER } from '../lib/programs.js';
import { Scene } from '../lib/scene.js';
import { buildWebhook } from '../lib/webhook.js';
import { fastcgiRequest } from '../servers/fastcgi.js';

export { cgi, fastcgi };

/** Why a build with sanitizers cannot show some things: it needs /proc, tracing and terabytes of address space. */
export const unsanitized = { skip: readFileSync(RESPONDER).includes('__asan_init') && 'a build with sanitizers gives up less' };

export async function withResponder(group, act, driver = fastcgi) {
  const scene = await Scene.open(driver, group);
  try {
    return await act(scene);
  } finally {
    await scene.close();
  }
}

/** A webhook of a conversation of its own, unless `context` is given; `spec` says what is wrong with it. */
export function send(scene, spec = {}, context = scene.newContext({})) {
  return scene.server.send(buildWebhook(spec, context));
}

/** The same by FastCGI records, where a variable can hold whatever a web server would never pass on. */
export function sendRecords(scene, spec = {}, context = scene.newContext({})) {
  return fastcgiRequest(scene.server.own.socket, webhookRequest(context, spec));
}

/** What reached Twilio but the connection that is opened ahead. */
export function callsOf(scene) {
  return scene.twilio.requests.filter(({ method }) => method !== 'HEAD');
}
