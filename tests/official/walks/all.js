// What the official client does with Twilio's REST side, for whoever stands in for it:
// { name, run({ twilio, client, connectAs }), offDocument? }. `offDocument`: requests that
// Twilio's OpenAPI document of Conversations, with our overlay, rightly objects to.

import { conversationWalks } from './conversations.js';
import { errorWalks } from './errors.js';
import { eventStreamWalks } from './eventstreams.js';
import { participantWalks } from './participants.js';
import { settingsWalks } from './settings.js';
import { userWalks } from './users.js';
import { webhooksApiWalks } from './webhooksapi.js';

export const allWalks = [...participantWalks, ...conversationWalks, ...userWalks, ...settingsWalks, ...errorWalks];

/** Of the document of Event Streams. */
export const eventWalks = eventStreamWalks;

/** Of APIs of which Twilio's command line tool has no document. */
export const undocumentedWalks = webhooksApiWalks;
