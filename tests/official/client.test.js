// Twilio's official Node client drives the stand-in's whole REST side, so that what the
// other tests trust is no invention of ours.

import { after, before, describe, it } from 'node:test';
import { StandIn } from '../twilio/standin.js';
import { connect } from './officialclient.js';
import { allWalks, eventWalks, undocumentedWalks } from './walks/all.js';

describe('the official client and the stand-in', () => {
  let twilio;
  before(async () => { twilio = await StandIn.start(); });
  after(() => twilio.stop());

  for (const { name, run } of [...allWalks, ...eventWalks, ...undocumentedWalks]) {
    it(name, async () => {
      const connectAs = (caller) => connect(twilio.url, caller);
      await run({ twilio, client: connectAs(twilio), connectAs });
    });
  }
});
