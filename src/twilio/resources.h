/*
 * Where each of Twilio's resources lies that this project asks for: all paths stand here (Conversations API
 * v1; Programmable Chat's v2 for what only that shows), and what a restricted API key must be allowed to do
 * for each.
 *
 * `service` is a service's SID, or "" for the account's default service, which the unscoped paths mean. SIDs
 * must have been checked; identities and names may be anything. All return false, with nothing usable in
 * `path`, if the path does not fit or memory ran out: a part of an identity is somebody else's, and none is
 * the list. Thread-safe.
 */
#ifndef AUTOJOIN_TWILIO_RESOURCES_H
#define AUTOJOIN_TWILIO_RESOURCES_H

#include <stdbool.h>
#include <stddef.h>

#include "twilio/rest_message.h"

enum { RESOURCES_ORIGIN_SIZE = 256 };

/* The account's configuration: default service, timers. */
bool resources_configuration(char *path, size_t size);

/* Where webhooks go; `service` "": the account's settings. */
bool resources_webhooks(char *path, size_t size, const char *service);

/* The list of addresses, 50 a page, which is the most. */
bool resources_addresses(char *path, size_t size);

bool resources_service(char *path, size_t size, const char *service);

/* The same service in Programmable Chat's API, which alone shows how often a webhook is repeated. */
bool resources_chat_service(char *path, size_t size, const char *service);

/* The origin of Programmable Chat's API that belongs to AUTOJOIN_API_URL: conversations.* becomes
 * chat.*, anything else (a test's own) stays. */
bool resources_chat_origin(char *origin, size_t size, const char *api_url);

/* The collection, to which a new one is posted. */
bool resources_conversations(char *path, size_t size, const char *service);

/* By SID or unique name. */
bool resources_conversation(char *path, size_t size, const char *service, const char *name);

/* The list of active ones, 100 a page. `since` NULL, or a date YYYY-MM-DD: only those created from then on,
 * newest first. */
bool resources_active(char *path, size_t size, const char *service, const char *since);

/* The list of those that an identity is in, 50 a page: active, inactive and closed ones. */
bool resources_conversations_of(char *path, size_t size, const char *service, const char *identity);

/* The user with an identity, and the list of them, 50 a page, which is the most. */
bool resources_user(char *path, size_t size, const char *service, const char *identity);
bool resources_users(char *path, size_t size, const char *service);

/* The messages of a conversation. */
bool resources_messages(char *path, size_t size, const char *service, const char *conversation);

/* The collection, to which a new one is posted. */
bool resources_participants(char *path, size_t size, const char *service, const char *conversation);

/* The list of them, 100 a page. */
bool resources_participants_list(char *path, size_t size, const char *service, const char *conversation);

/* By SID or identity. */
bool resources_participant(char *path, size_t size, const char *service, const char *conversation,
                           const char *name);

/* One of the Webhooks configuration API ("Rules", "Settings"...), or the collection for `id` NULL; and a page of it,
 * 100 a page, the first for "". They are asked for at AUTOJOIN_WEBHOOKS_API_URL. */
bool resources_webhooks_api(char *path, size_t size, const char *kind, const char *id);
bool resources_webhooks_api_page(char *path, size_t size, const char *kind, const char *token);

/* Event Streams, at AUTOJOIN_EVENTS_API_URL: the collections, to which new ones are posted, and their lists, 100 a
 * page; one sink, or `what` of it ("Test"); the subscriptions of a sink; the types of a subscription. */
bool resources_sinks(char *path, size_t size);
bool resources_sinks_list(char *path, size_t size);
bool resources_sink(char *path, size_t size, const char *sid, const char *what);
bool resources_subscriptions(char *path, size_t size);
bool resources_subscriptions_of(char *path, size_t size, const char *sink);
bool resources_subscription(char *path, size_t size, const char *sid);
bool resources_subscribed_events(char *path, size_t size, const char *subscription, bool list);

/* The requests of a join. */
enum resources_call {
    CALL_ADD,     /* a participant */
    CALL_UPDATE,  /* that participant, which gets an identity */
    CALL_FETCH,   /* that one participant */
    CALL_LIST,    /* a page of the participants */
    CALL_REMOVE,  /* that participant */
    CALL_SERVICE  /* that the conversation is in */
};

/* What is the same of such a request whoever it is made for. */
struct resources_request {
    enum rest_method method;
    const char *names;  /* the kind of SID that its success names, as "MB"; NULL: none */
    const char *denied; /* for the log, if the credentials do not allow it */
};

/* Never NULL; static. */
const struct resources_request *resources_request(enum resources_call call);

/* Its path; which of the names count depends on the request. `participant`: an identity or a SID. */
bool resources_request_path(char *path, size_t size, enum resources_call call, const char *service,
                            const char *conversation, const char *participant);

/* The names of the lists in a page's JSON, for twilio/pager. */
#define RESOURCES_KEY_CONVERSATIONS "conversations"
#define RESOURCES_KEY_ADDRESSES "address_configurations"
#define RESOURCES_KEY_PARTICIPANTS "participants"
#define RESOURCES_KEY_SINKS "sinks"
#define RESOURCES_KEY_SUBSCRIPTIONS "subscriptions"
#define RESOURCES_KEY_TYPES "types"
#define RESOURCES_KEY_USERS "users"

/* What a key must be allowed to do for that request, as "list addresses"; NULL if it is none of those above.
 * Static. */
const char *resources_permission(enum rest_method method, const char *path);

/* Whether `text` is an absolute path of printable ASCII without a blank (RFC 9112, 3.2.1). libcurl sends it
 * byte by byte: a blank or a line break would end it, and begin something else. Thread-safe. */
bool resources_is_target(const char *text);

#endif
