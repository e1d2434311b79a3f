/* The part of `setup` that has Event Streams send to our URL: a sink, and its subscription. */
#ifndef AUTOJOIN_COMMANDS_SETUP_EVENT_STREAM_H
#define AUTOJOIN_COMMANDS_SETUP_EVENT_STREAM_H

#include "commands/setup_change.h"

/* Makes what is missing of the two, and has Twilio send its test event. Returns the exit status. */
int setup_event_stream(struct setup *setup);

/* Removes the subscription, then the sink, of all that setup made. Returns the exit status. */
int setup_event_stream_undo(struct setup *setup);

#endif
