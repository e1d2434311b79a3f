/* A webhook as Twilio would send it: URL, body, signature; and how it is sent. */
#ifndef AUTOJOIN_COMMANDS_SIGNED_WEBHOOK_H
#define AUTOJOIN_COMMANDS_SIGNED_WEBHOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "support/buffer.h"
#include "webhook/signature.h"

enum { SIGNED_WEBHOOK_BODY_LIMIT = 1024 * 1024, SIGNED_WEBHOOK_ANSWER_LIMIT = 64 * 1024 };

struct signed_webhook {
    struct buffer url; /* with bodySHA256, if the body is no form */
    struct buffer body;
    const char *content_type;
    char signature[SIGNATURE_SIZE];
    struct buffer settings; /* X-Twilio-Webhooks-Signature-Settings; empty for none */
};

/* Who signs. */
struct signed_webhook_signer {
    const char *secret;
    const char *id; /* of a SharedKey; NULL: the secret is an auth token */
    enum signature_algorithm algorithm;
};

enum signed_webhook_status {
    SIGNED_WEBHOOK_OK,
    SIGNED_WEBHOOK_BAD_URL,
    SIGNED_WEBHOOK_BAD_BODY, /* more parameters than a webhook may have */
    SIGNED_WEBHOOK_FAILED    /* memory or OpenSSL */
};

/* Signs a body, which it takes over as it is; only a form's parameters are signed, of anything
 * else its hash in the URL, as Twilio does. Must be given to signed_webhook_free(), on any
 * status. */
enum signed_webhook_status signed_webhook_make(struct signed_webhook *webhook, const char *url,
                                             const char *content_type, struct buffer *body,
                                             const struct signed_webhook_signer *signer);

void signed_webhook_free(struct signed_webhook *webhook);

/* The way to where it is posted. All members may be 0. */
struct signed_webhook_way {
    const char *connect; /* where to connect instead: HOST:PORT, or http://HOST:PORT to leave TLS out, as a
                            proxy in front would */
    const char *proxy;   /* as in AUTOJOIN_PROXY */
    const char *ca_file; /* as in AUTOJOIN_CA_FILE */
    uint64_t connect_timeout_ms;
    bool (*is_given_up)(void *argument); /* asked about once a second, and after each signal */
    void *argument;
};

/* What kept an answer from us. */
enum signed_webhook_failure {
    SIGNED_WEBHOOK_ANSWERED,
    SIGNED_WEBHOOK_NO_NAME,     /* the name has no address */
    SIGNED_WEBHOOK_NOBODY,      /* nobody listens there, or nobody leads there */
    SIGNED_WEBHOOK_TOO_LATE,
    SIGNED_WEBHOOK_UNTRUSTED,   /* the certificate is not to be believed: see `verify` */
    SIGNED_WEBHOOK_INTERRUPTED,
    SIGNED_WEBHOOK_CUT          /* anything else */
};

enum { SIGNED_WEBHOOK_LOCATION_SIZE = 512 };

struct signed_webhook_answer {
    long status;        /* HTTP; 0 if none came */
    const char *reason; /* why none came; static; NULL if one did */
    enum signed_webhook_failure failure;
    long verify;        /* of OpenSSL's X509_V_ERR_*: why the certificate is not believed; 0: it has another name */
    char location[SIGNED_WEBHOOK_LOCATION_SIZE]; /* where a redirect leads to; "" for none */
    int64_t took_us;
    struct buffer body; /* the first SIGNED_WEBHOOK_ANSWER_LIMIT bytes of it */
};

/* Posts it to its URL and waits for the answer, 10 s at most; a redirect is an answer. The answer's body is
 * to be freed in any case. */
void signed_webhook_send(struct signed_webhook_answer *answer, const struct signed_webhook *webhook,
                         const struct signed_webhook_way *way);

/* Asks for a URL by GET, without a signature, in the same way. */
void signed_webhook_look(struct signed_webhook_answer *answer, const char *url, const struct signed_webhook_way *way);

#endif
