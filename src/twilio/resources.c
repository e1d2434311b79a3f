#include "build.h"

#include "twilio/resources.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "support/buffer.h"
#include "support/percent.h"

/* "/v1", and the service's part if there is one; then what is printf-formatted. */
static bool place(char *path, size_t size, const char *service, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static bool place(char *path, size_t size, const char *service, const char *format, ...)
{
    int begun = snprintf(path, size, "/v1%s%s", *service ? "/Services/" : "", service), more;
    va_list arguments;

    if (begun < 0 || (size_t)begun >= size)
        return false;
    va_start(arguments, format);
    more = vsnprintf(path + begun, size - (size_t)begun, format, arguments);
    va_end(arguments);
    return more >= 0 && (size_t)more < size - (size_t)begun;
}

/* Appends a name as one segment, or one value. */
static bool append_encoded(char *path, size_t size, const char *name)
{
    size_t length = strlen(path);
    struct buffer encoded;
    bool fits;

    buffer_init(&encoded, REST_PATH_LIMIT);
    percent_encode(&encoded, name, strlen(name));
    fits = buffer_status(&encoded) == BUFFER_OK && encoded.length < size - length;
    if (fits)
        memcpy(path + length, buffer_string(&encoded), encoded.length + 1);
    buffer_free(&encoded);
    return fits;
}

bool resources_configuration(char *path, size_t size)
{
    return place(path, size, "", "/Configuration");
}

bool resources_webhooks(char *path, size_t size, const char *service)
{
    return place(path, size, service, "/Configuration/Webhooks");
}

bool resources_addresses(char *path, size_t size)
{
    return place(path, size, "", "/Configuration/Addresses?PageSize=50");
}

bool resources_service(char *path, size_t size, const char *service)
{
    return place(path, size, service, "%s", "");
}

bool resources_chat_service(char *path, size_t size, const char *service)
{
    int length = snprintf(path, size, "/v2/Services/%s", service);

    return length > 0 && (size_t)length < size;
}

bool resources_chat_origin(char *origin, size_t size, const char *api_url)
{
    static const char prefix[] = "https://conversations.";
    bool twilio = strncmp(api_url, prefix, sizeof prefix - 1) == 0;
    int length = snprintf(origin, size, "%s%s", twilio ? "https://chat." : "",
                          twilio ? api_url + sizeof prefix - 1 : api_url);

    return length > 0 && (size_t)length < size;
}

bool resources_conversations(char *path, size_t size, const char *service)
{
    return place(path, size, service, "/Conversations");
}

bool resources_conversation(char *path, size_t size, const char *service, const char *name)
{
    return place(path, size, service, "/Conversations/") && append_encoded(path, size, name);
}

bool resources_active(char *path, size_t size, const char *service, const char *since)
{
    return place(path, size, service, "/Conversations?State=active&PageSize=100%s%s%s",
                 since ? "&StartDate=" : "", since ? since : "", since ? "T00:00:00Z" : "");
}

bool resources_conversations_of(char *path, size_t size, const char *service, const char *identity)
{
    return place(path, size, service, "/ParticipantConversations?PageSize=50&Identity=") &&
           append_encoded(path, size, identity);
}

bool resources_user(char *path, size_t size, const char *service, const char *identity)
{
    return place(path, size, service, "/Users/") && append_encoded(path, size, identity);
}

bool resources_users(char *path, size_t size, const char *service)
{
    return place(path, size, service, "/Users?PageSize=50");
}

bool resources_messages(char *path, size_t size, const char *service, const char *conversation)
{
    return place(path, size, service, "/Conversations/%s/Messages", conversation);
}

bool resources_participants(char *path, size_t size, const char *service, const char *conversation)
{
    return place(path, size, service, "/Conversations/%s/Participants", conversation);
}

bool resources_participants_list(char *path, size_t size, const char *service, const char *conversation)
{
    return place(path, size, service, "/Conversations/%s/Participants?PageSize=100", conversation);
}

bool resources_participant(char *path, size_t size, const char *service, const char *conversation,
                           const char *name)
{
    return place(path, size, service, "/Conversations/%s/Participants/", conversation) &&
           append_encoded(path, size, name);
}

bool resources_webhooks_api(char *path, size_t size, const char *kind, const char *id)
{
    return place(path, size, "", "/Webhooks/%s%s", kind, id ? "/" : "") &&
           (!id || append_encoded(path, size, id));
}

bool resources_webhooks_api_page(char *path, size_t size, const char *kind, const char *token)
{
    return place(path, size, "", "/Webhooks/%s?pageSize=100%s", kind, *token ? "&pageToken=" : "") &&
           append_encoded(path, size, token);
}

bool resources_sinks(char *path, size_t size)
{
    return place(path, size, "", "/Sinks");
}

bool resources_sinks_list(char *path, size_t size)
{
    return place(path, size, "", "/Sinks?PageSize=100");
}

bool resources_sink(char *path, size_t size, const char *sid, const char *what)
{
    return place(path, size, "", "/Sinks/%s%s%s", sid, *what ? "/" : "", what);
}

bool resources_subscriptions(char *path, size_t size)
{
    return place(path, size, "", "/Subscriptions");
}

bool resources_subscriptions_of(char *path, size_t size, const char *sink)
{
    return place(path, size, "", "/Subscriptions?PageSize=100&SinkSid=%s", sink);
}

bool resources_subscription(char *path, size_t size, const char *sid)
{
    return place(path, size, "", "/Subscriptions/%s", sid);
}

bool resources_subscribed_events(char *path, size_t size, const char *subscription, bool list)
{
    return place(path, size, "", "/Subscriptions/%s/SubscribedEvents%s", subscription,
                 list ? "?PageSize=100" : "");
}

/* Credentials with which participants are created may still not be allowed to do the rest. */
const struct resources_request *resources_request(enum resources_call call)
{
    static const struct resources_request requests[] = {
        [CALL_ADD] = {REST_POST, "MB", "the API key lacks the permission to create participants"},
        [CALL_UPDATE] = {REST_POST, "MB",
                         "the REST credentials may not update participants, as group texts need it: give the "
                         "API key that permission"},
        [CALL_FETCH] = {REST_GET, "MB",
                        "not found, and the REST credentials may not read participants to see whether it "
                        "was created: give the API key that permission"},
        [CALL_LIST] = {REST_GET, NULL,
                       "the REST credentials may not list participants, as several identities and group "
                       "texts need it: give the API key that permission"},
        [CALL_REMOVE] = {REST_DELETE, NULL,
                         "two of the bot's identities are in, and the REST credentials may not remove "
                         "participants: give the API key that permission"},
        [CALL_SERVICE] = {REST_GET, "IS",
                          "not found, and the REST credentials may not read the service to see whether it "
                          "exists: give the API key that permission"},
    };

    return &requests[call];
}

bool resources_request_path(char *path, size_t size, enum resources_call call, const char *service,
                            const char *conversation, const char *participant)
{
    switch (call) {
    case CALL_ADD:
        return resources_participants(path, size, service, conversation);
    case CALL_LIST:
        return resources_participants_list(path, size, service, conversation);
    case CALL_SERVICE:
        return resources_service(path, size, service);
    case CALL_UPDATE:
    case CALL_FETCH:
    case CALL_REMOVE:
        break;
    }
    return resources_participant(path, size, service, conversation, participant);
}

/* Twilio's console offers permissions by resource and action (docs, "Restricted API keys"); `:` is any
 * segment, and the service's part is left out. */
static const struct {
    enum rest_method method;
    const char *pattern;
    const char *permission;
} permissions[] = {
    {REST_GET, "/v1/Configuration", "read the configuration"},
    {REST_POST, "/v1/Configuration", "update the configuration"},
    {REST_GET, "/v1/Configuration/Webhooks", "read the webhook configuration"},
    {REST_POST, "/v1/Configuration/Webhooks", "update the webhook configuration"},
    {REST_GET, "/v1/Configuration/Addresses", "list address configurations"},
    {REST_GET, "/v1/Services/:", "read services"},
    {REST_GET, "/v2/Services/:", "read Chat services"},
    {REST_POST, "/v2/Services/:", "update Chat services"},
    {REST_GET, "/v1/Conversations", "list conversations"},
    {REST_POST, "/v1/Conversations", "create conversations"},
    {REST_POST, "/v1/Conversations/:", "update conversations"},
    {REST_DELETE, "/v1/Conversations/:", "delete conversations"},
    {REST_POST, "/v1/Conversations/:/Messages", "create messages"},
    {REST_GET, "/v1/ParticipantConversations", "list participant conversations"},
    {REST_GET, "/v1/Users", "list users"},
    {REST_GET, "/v1/Users/:", "read users"},
    {REST_GET, "/v1/Conversations/:/Participants", "list participants"},
    {REST_POST, "/v1/Conversations/:/Participants", "create participants"},
    {REST_GET, "/v1/Conversations/:/Participants/:", "read participants"},
    {REST_POST, "/v1/Conversations/:/Participants/:", "update participants"},
    {REST_DELETE, "/v1/Conversations/:/Participants/:", "delete participants"},
    {REST_GET, "/v1/Webhooks/:", "read the webhooks configuration API"},
    {REST_GET, "/v1/Webhooks/:/:", "read the webhooks configuration API"},
    {REST_POST, "/v1/Webhooks/:", "change the webhooks configuration API"},
    {REST_PATCH, "/v1/Webhooks/:/:", "change the webhooks configuration API"},
    {REST_DELETE, "/v1/Webhooks/:/:", "change the webhooks configuration API"},
    {REST_GET, "/v1/Sinks", "list Event Streams sinks"},
    {REST_POST, "/v1/Sinks", "create Event Streams sinks"},
    {REST_DELETE, "/v1/Sinks/:", "delete Event Streams sinks"},
    {REST_POST, "/v1/Sinks/:/Test", "test Event Streams sinks"},
    {REST_GET, "/v1/Subscriptions", "list Event Streams subscriptions"},
    {REST_POST, "/v1/Subscriptions", "create Event Streams subscriptions"},
    {REST_DELETE, "/v1/Subscriptions/:", "delete Event Streams subscriptions"},
    {REST_GET, "/v1/Subscriptions/:/SubscribedEvents", "read Event Streams subscriptions"},
    {REST_POST, "/v1/Subscriptions/:/SubscribedEvents", "update Event Streams subscriptions"},
};

/* Whether both have the same segments, up to the end or the query. */
static bool matches(const char *pattern, const char *path)
{
    while (*pattern == '/' && *path == '/') {
        size_t ours = strcspn(++pattern, "/"), theirs = strcspn(++path, "/?");

        if (pattern[0] != ':' && (ours != theirs || memcmp(pattern, path, ours) != 0))
            return false;
        pattern += ours;
        path += theirs;
    }
    return *pattern == '\0' && (*path == '\0' || *path == '?');
}

/* The path without the service's part, unless that is all there is; `shorter` holds it where one is left out. */
static const char *unscoped(const char *path, char *shorter, size_t size)
{
    static const char scope[] = "/v1/Services/";
    const char *rest;

    if (strncmp(path, scope, sizeof scope - 1) != 0)
        return path;
    rest = path + sizeof scope - 1 + strcspn(path + sizeof scope - 1, "/?");
    if (*rest != '/')
        return path;
    snprintf(shorter, size, "/v1%s", rest);
    return shorter;
}

const char *resources_permission(enum rest_method method, const char *path)
{
    char shorter[REST_PATH_LIMIT];
    const char *plain = unscoped(path, shorter, sizeof shorter);
    size_t i;

    for (i = 0; i < sizeof permissions / sizeof permissions[0]; i++)
        if (permissions[i].method == method && matches(permissions[i].pattern, plain))
            return permissions[i].permission;
    return NULL;
}

bool resources_is_target(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;

    while (*at > ' ' && *at < 0x7f)
        at++;
    return *text == '/' && *at == '\0';
}
