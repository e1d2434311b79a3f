/* Posts a signed webhook and waits for its answer, as Twilio would. */
#ifndef AUTOJOIN_COMMANDS_SEND_WEBHOOK_H
#define AUTOJOIN_COMMANDS_SEND_WEBHOOK_H

#include <stdint.h>

#include "commands/signed_webhook.h"

enum { SENDWEBHOOK_ANSWER_LIMIT = 64 * 1024 };

struct sendwebhook_answer {
    long status;        /* HTTP; 0 if none came */
    const char *reason; /* why none came; static; NULL if one did */
    int64_t took_us;
    struct buffer body; /* the first SENDWEBHOOK_ANSWER_LIMIT bytes of it */
};

/* Posts it to its URL. `connect`, if not NULL, is where to connect instead: HOST:PORT, or
 * http://HOST:PORT to leave TLS out, as a proxy in front would. `ca_file` as in AUTOJOIN_CA_FILE.
 * The answer's body is to be freed in any case. */
void sendwebhook_post(struct sendwebhook_answer *answer, const struct signedwebhook *webhook,
                      const char *connect, const char *ca_file);

#endif
