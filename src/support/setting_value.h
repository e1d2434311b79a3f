/* One setting's value: from its text to the typed member of struct config. */
#ifndef AUTOJOIN_SUPPORT_SETTING_VALUE_H
#define AUTOJOIN_SUPPORT_SETTING_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "support/buffer.h"

enum setting_forwarded { FORWARDED_NO, FORWARDED_X, FORWARDED_RFC7239 };

/* Bits of `events`: which webhooks call for a join. */
enum setting_event {
    SETTING_ON_CONVERSATION_ADDED = 1 << 0,
    SETTING_ON_MESSAGE_ADDED = 1 << 1,
    SETTING_ON_PARTICIPANT_ADDED = 1 << 2,
    SETTING_ON_CONVERSATION_STATE_UPDATED = 1 << 3,
};

enum { SETTING_EVENTS_LIMIT = 4 };

/* The names of those events, in a fixed order; static. Returns how many there are. Thread-safe. */
size_t setting_value_events(const char *names[SETTING_EVENTS_LIMIT], unsigned bits);

enum { SETTING_LIST_LIMIT = 32 };

/* A list setting: borrowed pieces of `text`. */
struct setting_list {
    char *text;
    const char *items[SETTING_LIST_LIMIT];
    size_t count;
};

enum { SETTING_SHARED_KEYS_LIMIT = 8 };

/* Twilio's SharedKeys: borrowed pieces of `text`, which is wiped. */
struct setting_shared_keys {
    char *text;
    size_t size; /* of `text`, with its NUL */
    const char *ids[SETTING_SHARED_KEYS_LIMIT];
    const char *secrets[SETTING_SHARED_KEYS_LIMIT];
    size_t count;
};

enum setting_kind {
    SETTING_STRING,     /* char * */
    SETTING_SECRET,     /* char *, wiped */
    SETTING_SHARED_KEYS, /* struct setting_shared_keys, wiped */
    SETTING_PATH,       /* char *, absolute */
    SETTING_SID,        /* char * */
    SETTING_IDENTITY,   /* char * */
    SETTING_PUBLIC_URL, /* char * */
    SETTING_API_URL,    /* char * */
    SETTING_PROXY,      /* char * */
    SETTING_JSON,       /* char * */
    SETTING_BOOLEAN,    /* bool */
    SETTING_NUMBER,     /* uint64_t */
    SETTING_DURATION,   /* uint64_t, milliseconds */
    SETTING_IDENTITIES, /* struct setting_list */
    SETTING_LIST,       /* struct setting_list */
    SETTING_EVENTS,     /* unsigned */
    SETTING_CIDRS,      /* struct cidr_list */
    SETTING_FORWARDED,  /* enum setting_forwarded */
    SETTING_LOG_TO,     /* enum log_to */
    SETTING_LOG_FORMAT, /* enum log_format */
    SETTING_LOG_LEVEL   /* enum log_level */
};

struct setting {
    const char *name;
    enum setting_kind kind;
    size_t at;            /* offset in struct config */
    bool required;
    bool operators;       /* the responder does not read it: a running one need not hear of it */
    const char *default_text; /* value if none is given; NULL for none */
    const char *sid;      /* SETTING_SID: its two letters */
    uint64_t unit;        /* SETTING_DURATION: milliseconds of a bare number */
    uint64_t min, max; /* SETTING_NUMBER, SETTING_DURATION */
};

/* Judges the text and stores it at `member`. Returns NULL, or what is wrong as a
 * text that does not show the value; static. */
const char *setting_value_store(const struct setting *setting, void *member, const char *text);

/* Appends to such words what is allowed: a range, a SID's kind, and what another kind is that stands there. Of the text
 * no more than that kind is shown. */
void setting_value_allow(const struct setting *setting, const char *text, struct buffer *out);

/* Whether it may be given as NAME_FILE. */
bool setting_value_has_file(const struct setting *setting);

/* Whether the value is a secret, or a URL that may have a password in it. */
bool setting_value_is_secret(const struct setting *setting);

/* Frees what the member holds; a secret is wiped first. */
void setting_value_free(const struct setting *setting, void *member);

#endif
