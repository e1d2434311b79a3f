/* twilio/resources: paths, and the permissions that they need. */
#include "build.h"

#include "cases.h"

#include <string.h>

#include "twilio/resources.h"

#define CH "CH00000000000000000000000000000001"
#define IS "IS00000000000000000000000000000001"

enum what { LIST, IDENTITY, PARTICIPANTS, ACTIVE, SINCE, OWN, CONVERSATIONS, CONVERSATION, WEBHOOKS, USER, USERS };

static bool make(char *path, size_t size, enum what what, const char *service, const char *name)
{
    switch (what) {
    case LIST:
        return resources_participants_list(path, size, service, CH);
    case IDENTITY:
        return resources_participant(path, size, service, CH, name);
    case PARTICIPANTS:
        return resources_participants(path, size, service, CH);
    case ACTIVE:
        return resources_active(path, size, service, NULL);
    case SINCE:
        return resources_active(path, size, service, name);
    case OWN:
        return resources_conversations_of(path, size, service, name);
    case CONVERSATIONS:
        return resources_conversations(path, size, service);
    case CONVERSATION:
        return resources_conversation(path, size, service, name);
    case WEBHOOKS:
        return resources_webhooks(path, size, service);
    case USER:
        return resources_user(path, size, service, name);
    case USERS:
        return resources_users(path, size, service);
    }
    return false;
}

static const struct row {
    const char *name;
    enum what what;
    const char *argument;
    const char *path; /* behind /v1 or the service */
} rows[] = {
    {"a list of participants", LIST, NULL, "/Conversations/" CH "/Participants?PageSize=100"},
    {"the collection of participants", PARTICIPANTS, NULL, "/Conversations/" CH "/Participants"},
    {"a participant", IDENTITY, "bot", "/Conversations/" CH "/Participants/bot"},
    {"an identity with a slash", IDENTITY, "a/../b", "/Conversations/" CH "/Participants/a%2F..%2Fb"},
    {"an identity with a query", IDENTITY, "a?b#c%", "/Conversations/" CH "/Participants/a%3Fb%23c%25"},
    {"active conversations", ACTIVE, NULL, "/Conversations?State=active&PageSize=100"},
    {"active ones since a day", SINCE, "2026-11-01", "/Conversations?State=active&PageSize=100&StartDate=2026-11-01T00:00:00Z"},
    {"an identity's own", OWN, "b\xc3\xb6t &PageSize=1", "/ParticipantConversations?PageSize=50&Identity=b%C3%B6t%20%26PageSize%3D1"},
    {"the collection of conversations", CONVERSATIONS, NULL, "/Conversations"},
    {"a conversation", CONVERSATION, CH, "/Conversations/" CH},
    {"a conversation by its unique name", CONVERSATION, "a b", "/Conversations/a%20b"},
    {"webhooks", WEBHOOKS, NULL, "/Configuration/Webhooks"},
    {"a user by identity", USER, "a/b c", "/Users/a%2Fb%20c"},
    {"users", USERS, NULL, "/Users?PageSize=50"},
};

static void a_path_is_written(void **state)
{
    const struct row *row = *state;
    char path[REST_PATH_LIMIT];

    assert_true(make(path, sizeof path, row->what, "", row->argument));
    assert_memory_equal(path, "/v1", 3);
    assert_string_equal(path + 3, row->path);
    assert_true(make(path, sizeof path, row->what, IS, row->argument));
    assert_memory_equal(path, "/v1/Services/" IS, strlen("/v1/Services/" IS));
    assert_string_equal(path + strlen("/v1/Services/" IS), row->path);
}

static void one_that_does_not_fit_is_none(void **state)
{
    const struct row *row = *state;
    char path[REST_PATH_LIMIT];
    size_t size = strlen("/v1") + strlen(row->path) + 1;

    assert_true(make(path, size, row->what, "", row->argument));
    assert_false(make(path, size - 1, row->what, "", row->argument));
    assert_false(make(path, 4, row->what, "", row->argument));
    assert_false(make(path, 2, row->what, "", row->argument));
}

static void the_others_have_no_service_or_are_one(void **state)
{
    char path[REST_PATH_LIMIT];

    (void)state;
    assert_true(resources_configuration(path, sizeof path));
    assert_string_equal(path, "/v1/Configuration");
    assert_true(resources_addresses(path, sizeof path));
    assert_string_equal(path, "/v1/Configuration/Addresses?PageSize=50");
    assert_true(resources_service(path, sizeof path, IS));
    assert_string_equal(path, "/v1/Services/" IS);
    assert_true(resources_chat_service(path, sizeof path, IS));
    assert_string_equal(path, "/v2/Services/" IS);
    assert_false(resources_chat_service(path, strlen(path), IS));
}

#define DG "DG00000000000000000000000000000001"
#define DF "DF00000000000000000000000000000001"

static void the_other_two_apis_have_paths(void **state)
{
    char path[REST_PATH_LIMIT];

    (void)state;
    assert_true(resources_webhooks_api(path, sizeof path, "Rules", NULL));
    assert_string_equal(path, "/v1/Webhooks/Rules");
    assert_true(resources_webhooks_api(path, sizeof path, "Settings", "webhooks_setting_1/2"));
    assert_string_equal(path, "/v1/Webhooks/Settings/webhooks_setting_1%2F2");
    assert_true(resources_webhooks_api_page(path, sizeof path, "Rules", ""));
    assert_string_equal(path, "/v1/Webhooks/Rules?pageSize=100");
    assert_true(resources_webhooks_api_page(path, sizeof path, "Rules", "a=&b"));
    assert_string_equal(path, "/v1/Webhooks/Rules?pageSize=100&pageToken=a%3D%26b");
    assert_true(resources_sink(path, sizeof path, DG, "Test"));
    assert_string_equal(path, "/v1/Sinks/" DG "/Test");
    assert_true(resources_sink(path, sizeof path, DG, ""));
    assert_string_equal(path, "/v1/Sinks/" DG);
    assert_true(resources_subscriptions_of(path, sizeof path, DG));
    assert_string_equal(path, "/v1/Subscriptions?PageSize=100&SinkSid=" DG);
    assert_true(resources_subscribed_events(path, sizeof path, DF, true));
    assert_string_equal(path, "/v1/Subscriptions/" DF "/SubscribedEvents?PageSize=100");
    assert_true(resources_subscribed_events(path, sizeof path, DF, false));
    assert_string_equal(path, "/v1/Subscriptions/" DF "/SubscribedEvents");
}

static void chat_has_an_origin_of_its_own(void **state)
{
    char origin[RESOURCES_ORIGIN_SIZE];

    (void)state;
    assert_true(resources_chat_origin(origin, sizeof origin, "https://conversations.dublin.ie1.twilio.com"));
    assert_string_equal(origin, "https://chat.dublin.ie1.twilio.com");
    assert_true(resources_chat_origin(origin, sizeof origin, "http://127.0.0.1:8080"));
    assert_string_equal(origin, "http://127.0.0.1:8080");
    assert_false(resources_chat_origin(origin, 20, "http://127.0.0.1:8080"));
}

static const struct need {
    const char *name;
    enum rest_method method;
    const char *path;
    const char *permission; /* NULL: none that we know */
} needs[] = {
    {"the account's webhooks", REST_GET, "/v1/Configuration/Webhooks", "read the webhook configuration"},
    {"a service's webhooks", REST_POST, "/v1/Services/" IS "/Configuration/Webhooks", "update the webhook configuration"},
    {"the configuration", REST_GET, "/v1/Configuration", "read the configuration"},
    {"timers", REST_POST, "/v1/Configuration", "update the configuration"},
    {"addresses, with a query", REST_GET, "/v1/Configuration/Addresses?PageSize=50", "list address configurations"},
    {"a service", REST_GET, "/v1/Services/" IS, "read services"},
    {"a Chat service", REST_GET, "/v2/Services/" IS, "read Chat services"},
    {"a list", REST_GET, "/v1/Services/" IS "/Conversations?State=active", "list conversations"},
    {"a creation", REST_POST, "/v1/Conversations", "create conversations"},
    {"a deletion", REST_DELETE, "/v1/Conversations/" CH, "delete conversations"},
    {"the bot's own", REST_GET, "/v1/ParticipantConversations?Identity=a%2Fb", "list participant conversations"},
    {"a join", REST_POST, "/v1/Services/" IS "/Conversations/" CH "/Participants", "create participants"},
    {"a look at all", REST_GET, "/v1/Conversations/" CH "/Participants?PageSize=100", "list participants"},
    {"a look at one", REST_GET, "/v1/Conversations/" CH "/Participants/a%2Fb", "read participants"},
    {"an update", REST_POST, "/v1/Services/" IS "/Conversations/" CH "/Participants/MB1", "update participants"},
    {"a user", REST_GET, "/v1/Services/" IS "/Users/bot", "read users"},
    {"users", REST_GET, "/v1/Users?PageSize=50", "list users"},
    {"a message", REST_POST, "/v1/Services/" IS "/Conversations/" CH "/Messages", "create messages"},
    {"a conversation's state", REST_POST, "/v1/Services/" IS "/Conversations/" CH, "update conversations"},
    {"a removal", REST_DELETE, "/v1/Services/" IS "/Conversations/" CH "/Participants/bot", "delete participants"},
    {"a list of Rules", REST_GET, "/v1/Webhooks/Rules?pageSize=100", "read the webhooks configuration API"},
    {"a SharedKey", REST_POST, "/v1/Webhooks/SharedKeys", "change the webhooks configuration API"},
    {"a sink", REST_POST, "/v1/Sinks", "create Event Streams sinks"},
    {"the types of a subscription", REST_GET, "/v1/Subscriptions/" DF "/SubscribedEvents", "read Event Streams subscriptions"},
    {"another method", REST_DELETE, "/v1/Configuration", NULL},
    {"another resource", REST_GET, "/v1/Roles", NULL},
    {"a longer path", REST_GET, "/v1/Configuration/Webhooks/more", NULL},
    {"a shorter one", REST_GET, "/v1", NULL},
    {"what begins alike", REST_GET, "/v1/ConfigurationX", NULL},
    {"somebody else's path", REST_POST, "/webhooks/twilio?a=b", NULL},
    {"no path", REST_GET, "", NULL},
};

static void a_permission_is_named(void **state)
{
    const struct need *need = *state;
    const char *permission = resources_permission(need->method, need->path);

    if (need->permission)
        assert_string_equal(permission, need->permission);
    else
        assert_null(permission);
}

static const struct request {
    const char *name;
    enum resources_call call;
    const char *path, *permission;
} requests[] = {
    {"a join", CALL_ADD, "/v1/Services/" IS "/Conversations/" CH "/Participants", "create participants"},
    {"a number gets an identity", CALL_UPDATE, "/v1/Services/" IS "/Conversations/" CH "/Participants/a%2Fb", "update participants"},
    {"a look at one", CALL_FETCH, "/v1/Services/" IS "/Conversations/" CH "/Participants/a%2Fb", "read participants"},
    {"a look at all", CALL_LIST, "/v1/Services/" IS "/Conversations/" CH "/Participants?PageSize=100", "list participants"},
    {"a removal", CALL_REMOVE, "/v1/Services/" IS "/Conversations/" CH "/Participants/a%2Fb", "delete participants"},
    {"a look at the service", CALL_SERVICE, "/v1/Services/" IS, "read services"},
};

static void a_request_of_a_join_has_path_and_method(void **state)
{
    const struct request *row = *state;
    char path[REST_PATH_LIMIT];

    assert_true(resources_request_path(path, sizeof path, row->call, IS, CH, "a/b"));
    assert_string_equal(path, row->path);
    assert_string_equal(resources_permission(resources_request(row->call)->method, path), row->permission);
    assert_false(resources_request_path(path, strlen(row->path), row->call, IS, CH, "a/b"));
}

int main(void)
{
    static struct cases cases;

    CASES_ADD_TABLE(&cases, a_path_is_written, rows);
    CASES_ADD_TABLE(&cases, one_that_does_not_fit_is_none, rows);
    CASES_ADD(&cases, the_others_have_no_service_or_are_one);
    CASES_ADD(&cases, the_other_two_apis_have_paths);
    CASES_ADD(&cases, chat_has_an_origin_of_its_own);
    CASES_ADD_TABLE(&cases, a_permission_is_named, needs);
    CASES_ADD_TABLE(&cases, a_request_of_a_join_has_path_and_method, requests);
    return cases_run(&cases, "resources");
}
