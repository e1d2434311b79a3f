// The whole chain on loopback: stand-in Twilio with its WebSocket half, lighttpd with the shipped
// configuration, our responder behind it; the bot's end of the WebSocket is in bot.js.
import assert from 'node:assert/strict';
import twilioPackage from 'twilio';
import { startLighttpd } from '../servers/lighttpd.js';
import { StandIn } from '../twilio/standin.js';
import { RESPONDER } from '../lib/programs.js';


export const IDENTITY = 'conversation-bot';
export const CUSTOMER = '+15005550006'; // numbers of Twilio's own test range
export const OURS = '+15005550001';

const KEY = { apiKey: `SK${'5'.repeat(32)}`, apiSecret: 'secret-of-the-key' };

export class Scene {
  // settings: the responder's, over the base. filters: the events whose webhooks are sent.
  static async open({ settings = {}, filters = ['onConversationAdded'] } = {}) {
    const scene = new Scene();
    scene.twilio = await StandIn.start({ ...KEY, websocket: true });
    try {
      scene.server = await startLighttpd({ responder: RESPONDER, settings: { ...scene.#settings(), ...settings } });
    } catch (error) {
      await scene.twilio.stop();
      throw error;
    }
    scene.sendWebhooks(filters);
    return scene;
  }

  sendWebhooks(filters) {
    const url = `${this.server.url}/webhooks/twilio`;
    this.twilio.configureWebhook({ serviceSid: this.twilio.defaultService.sid, url, filters });
  }

  #settings() {
    return {
      TWILIO_ACCOUNT_SID: this.twilio.accountSid,
      TWILIO_AUTH_TOKEN: this.twilio.authToken,
      TWILIO_API_KEY: KEY.apiKey,
      TWILIO_API_SECRET: KEY.apiSecret,
      TWILIO_IDENTITY: IDENTITY,
      AUTOJOIN_API_URL: this.twilio.url,
    };
  }

  token(options) {
    return accessToken(this.twilio, options);
  }

  sms(body, { from = CUSTOMER, ...rest } = {}) {
    return this.twilio.arriveSms({ from, to: OURS, body, ...rest });
  }

  // What the responder asked of Twilio; the connection that it opens ahead is none of it.
  restRequests() {
    return this.twilio.requests.filter(({ method }) => method !== 'HEAD').map(({ method, status, params }) => ({ method, status, params }));
  }

  async close() {
    const { left } = await this.server.stop();
    await this.twilio.stop();
    assert.deepEqual(left, [], 'no responder outlives its web server');
    assert.deepEqual(this.twilio.gateway.complaints, [], 'the SDK asked for nothing that the stand-in does not know');
  }
}

export function startTwilio() {
  return StandIn.start({ ...KEY, websocket: true });
}

// Made by Twilio's own package, as the reference platform makes its tokens.
export function accessToken(twilio, {
  identity = IDENTITY, ttl = 3600, accountSid = twilio.accountSid, key = KEY.apiKey, secret = KEY.apiSecret,
  grant = { serviceSid: twilio.defaultService.sid },
} = {}) {
  const { AccessToken } = twilioPackage.jwt;
  const token = new AccessToken(accountSid, key, secret, { identity, ttl });
  if (grant) token.addGrant(new AccessToken.ChatGrant(grant));
  return token.toJwt();
}
