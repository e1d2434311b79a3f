/* How a join ended. */
#ifndef AUTOJOIN_TWILIO_JOIN_RESULT_H
#define AUTOJOIN_TWILIO_JOIN_RESULT_H

enum join_result {
    JOIN_JOINED,
    JOIN_ALREADY_JOINED,
    JOIN_UNWANTED,    /* the bot was removed on purpose and is not joined again */
    JOIN_GONE,        /* the conversation is closed, deleted or not there */
    JOIN_RETRY_LATER, /* may pass by itself */
    JOIN_REFUSED      /* needs the operator */
};

#endif
