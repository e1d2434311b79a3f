/* support/setting_value: from a setting's text to its value, kind by kind. */
#include "build.h"

#include "cases.h"

#include <string.h>

#include "support/config.h"
#include "support/setting_value.h"

#define HEX32 "0123456789abcdef0123456789ABCDEF"
#define X64 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X256 X64 X64 X64 X64

static const struct text_row {
    const char *name;
    enum setting_kind kind;
    const char *text;
    const char *stored; /* NULL: it is refused */
} texts[] = {
    {"a string", SETTING_STRING, "a b", "a b"},
    {"a string of UTF-8", SETTING_STRING, "\xc3\xbc", "\xc3\xbc"},
    {"a string with a line end", SETTING_STRING, "a\nb", NULL},
    {"a string with an escape", SETTING_STRING, "a\x1b[2J", NULL},
    {"a secret", SETTING_SECRET, "s3cr3t!", "s3cr3t!"},
    {"a secret with a blank", SETTING_SECRET, "s3 cr3t", NULL},
    {"a secret with a tab", SETTING_SECRET, "s3cr3t\t", NULL},
    {"a secret with a carriage return", SETTING_SECRET, "s3cr3t\r", NULL},
    {"a path", SETTING_PATH, "/etc/ssl/ca.pem", "/etc/ssl/ca.pem"},
    {"a relative path", SETTING_PATH, "ca.pem", NULL},
    {"a path from home", SETTING_PATH, "~/ca.pem", NULL},
    {"a SID", SETTING_SID, "AC" HEX32, "AC" HEX32},
    {"a SID of another kind", SETTING_SID, "IS" HEX32, NULL},
    {"a SID too short", SETTING_SID, "AC0123", NULL},
    {"an identity", SETTING_IDENTITY, "bot@example.com", "bot@example.com"},
    {"an identity of 256 characters", SETTING_IDENTITY, X256, X256},
    {"an identity of 257", SETTING_IDENTITY, X256 "x", NULL},
    {"an identity of 256 characters and more bytes", SETTING_IDENTITY, "\xc3\xbc" X256, NULL},
    {"an identity with a blank", SETTING_IDENTITY, "my bot", "my bot"},
    {"a dot", SETTING_IDENTITY, ".", NULL},
    {"two dots", SETTING_IDENTITY, "..", NULL},
    {"three dots are a name", SETTING_IDENTITY, "...", "..."},
    {"an identity that looks like a user", SETTING_IDENTITY, "US" HEX32, NULL},
    {"an identity with a line end", SETTING_IDENTITY, "bot\n", NULL},
    {"a public URL", SETTING_PUBLIC_URL, "https://h.example/p?a=1", "https://h.example/p?a=1"},
    {"a public URL over http", SETTING_PUBLIC_URL, "http://h.example:8080/p",
     "http://h.example:8080/p"},
    {"a public URL with a password", SETTING_PUBLIC_URL, "https://u:p@h/p", "https://u:p@h/p"},
    {"a public URL keeps its case and slashes", SETTING_PUBLIC_URL, "https://H.Example//p/",
     "https://H.Example//p/"},
    {"a public URL's fragment is never signed", SETTING_PUBLIC_URL, "https://h/p#rc=3",
     "https://h/p"},
    {"a public URL without a scheme", SETTING_PUBLIC_URL, "h.example/p", NULL},
    {"a public URL of another scheme", SETTING_PUBLIC_URL, "ftp://h/p", NULL},
    {"a public URL without a host", SETTING_PUBLIC_URL, "https:///p", NULL},
    {"a public URL with a blank", SETTING_PUBLIC_URL, "https://h/a b", NULL},
    {"a public URL with a tab", SETTING_PUBLIC_URL, "https://h/a\tb", NULL},
    {"an API URL", SETTING_API_URL, "https://conversations.dublin.ie1.twilio.com",
     "https://conversations.dublin.ie1.twilio.com"},
    {"an API URL and port", SETTING_API_URL, "https://h:8443", "https://h:8443"},
    {"an API URL loses its slash", SETTING_API_URL, "https://h/", "https://h"},
    {"an API URL with a path", SETTING_API_URL, "https://h/v1", NULL},
    {"an API URL with a query", SETTING_API_URL, "https://h?a", NULL},
    {"an API URL with a password", SETTING_API_URL, "https://u:p@h", NULL},
    {"an API URL with an empty user", SETTING_API_URL, "https://@h", NULL},
    {"an API URL over http", SETTING_API_URL, "http://h.example", NULL},
    {"an API URL over http on this machine", SETTING_API_URL, "http://127.0.0.1:8080",
     "http://127.0.0.1:8080"},
    {"an API URL over http and IPv6 on this machine", SETTING_API_URL, "http://[::1]:8080",
     "http://[::1]:8080"},
    {"an API URL over http on a namesake", SETTING_API_URL, "http://127.0.0.1.example.com", NULL},
    {"an API URL with a blank", SETTING_API_URL, "https://exa mple.com", NULL},
    {"an API URL without a scheme", SETTING_API_URL, "conversations.twilio.com", NULL},
    {"a proxy", SETTING_PROXY, "http://proxy:3128", "http://proxy:3128"},
    {"a proxy with a password", SETTING_PROXY, "http://u:p@proxy:3128", "http://u:p@proxy:3128"},
    {"a proxy that is none", SETTING_PROXY, "proxy:3128", NULL},
    {"a proxy with a blank", SETTING_PROXY, "http://pro xy:3128", NULL},
    {"JSON", SETTING_JSON, "{\"role\":\"bot\"}", "{\"role\":\"bot\"}"},
    {"an empty object", SETTING_JSON, "{}", "{}"},
    {"JSON that is a list", SETTING_JSON, "[1]", NULL},
    {"JSON that is a string", SETTING_JSON, "\"bot\"", NULL},
    {"no JSON", SETTING_JSON, "role=bot", NULL},
    {"JSON cut short", SETTING_JSON, "{\"role\":\"bot\"", NULL},
};

static void a_text_is_stored(void **state)
{
    const struct text_row *row = *state;
    const struct setting setting = {.name = "SETTING", .kind = row->kind, .sid = "AC"};
    char *member = NULL;
    const char *wrong = setting_value_store(&setting, &member, row->text);

    if (row->stored) {
        assert_null(wrong);
        assert_string_equal(member, row->stored);
    } else {
        assert_non_null(wrong);
        if (strlen(row->text) > 2) /* the words must not show the value */
            assert_null(strstr(wrong, row->text));
    }
    setting_value_free(&setting, &member);
    assert_null(member);
}

static void json_beyond_twilios_limit_is_refused(void **state)
{
    const struct setting setting = {.name = "SETTING", .kind = SETTING_JSON};
    char text[4096 + 2], *member = NULL;

    (void)state;
    memset(text, 'x', sizeof text);
    memcpy(text, "{\"a\":\"", 6);
    memcpy(text + 4096 - 2, "\"}", 3);
    assert_null(setting_value_store(&setting, &member, text));
    setting_value_free(&setting, &member);
    memset(text, 'x', sizeof text);
    memcpy(text, "{\"a\":\"", 6);
    memcpy(text + 4096 - 1, "\"}", 3);
    assert_non_null(setting_value_store(&setting, &member, text));
    setting_value_free(&setting, &member);
}

static const struct boolean {
    const char *name;
    const char *text;
    bool valid, truth;
} booleans[] = {
    {"true", "true", true, true},    {"yes", "yes", true, true},     {"on", "on", true, true},
    {"1", "1", true, true},          {"TRUE", "TRUE", true, true},
       {"false", "false", true, false},
    {"no", "no", true, false},       {"off", "off", true, false},    {"0", "0", true, false},
    {"No", "No", true, false},       {"2", "2", false, false},       {"y", "y", false, false},
    {"truely", "truely", false, false}, {" true", " true", false, false},
};

static void a_boolean_is_stored(void **state)
{
    const struct boolean *row = *state;
    const struct setting setting = {.name = "SETTING", .kind = SETTING_BOOLEAN};
    bool truth = !row->truth;

    assert_int_equal(setting_value_store(&setting, &truth, row->text) == NULL, row->valid);
    if (row->valid)
        assert_int_equal(truth, row->truth);
}

static const struct number {
    const char *name;
    enum setting_kind kind;
    const char *text;
    bool valid;
    uint64_t number;
} numbers[] = {
    {"a number", SETTING_NUMBER, "512", true, 512},
    {"the least number", SETTING_NUMBER, "500", true, 500},
    {"below the least number", SETTING_NUMBER, "499", false, 0},
    {"the largest number", SETTING_NUMBER, "4500", true, 4500},
    {"beyond the largest number", SETTING_NUMBER, "4501", false, 0},
    {"a number with a unit", SETTING_NUMBER, "512k", false, 0},
    {"a bare duration", SETTING_DURATION, "1500", true, 1500},
    {"a duration with a unit", SETTING_DURATION, "4s", true, 4000},
    {"the shortest duration", SETTING_DURATION, "500ms", true, 500},
    {"below the shortest duration", SETTING_DURATION, "499ms", false, 0},
    {"the longest duration", SETTING_DURATION, "4500", true, 4500},
    {"beyond the longest duration", SETTING_DURATION, "5s", false, 0},
    {"no duration", SETTING_DURATION, "soon", false, 0},
};

static void a_number_is_stored(void **state)
{
    const struct number *row = *state;
    const struct setting setting = {
        .name = "SETTING", .kind = row->kind, .unit = 1, .min = 500, .max = 4500};
    uint64_t number = 1;

    assert_int_equal(setting_value_store(&setting, &number, row->text) == NULL, row->valid);
    if (row->valid)
        assert_int_equal(number, row->number);
}

static const struct choice {
    const char *name;
    enum setting_kind kind;
    const char *text;
    int chosen; /* -1: refused */
} choices[] = {
    {"no forwarded headers", SETTING_FORWARDED, "no", FORWARDED_NO},
    {"X-Forwarded", SETTING_FORWARDED, "x-forwarded", FORWARDED_X},
    {"Forwarded", SETTING_FORWARDED, "forwarded", FORWARDED_RFC7239},
    {"both families", SETTING_FORWARDED, "x-forwarded,forwarded", -1},
    {"by how it was started", SETTING_LOG_TO, "auto", LOG_TO_AUTO},
    {"to the web server", SETTING_LOG_TO, "front", LOG_TO_FRONT},
    {"to standard error", SETTING_LOG_TO, "stderr", LOG_TO_STDERR},
    {"to another place", SETTING_LOG_TO, "syslog", -1},
    {"logfmt", SETTING_LOG_FORMAT, "logfmt", LOG_FORMAT_LOGFMT},
    {"json", SETTING_LOG_FORMAT, "json", LOG_FORMAT_JSON},
    {"another format", SETTING_LOG_FORMAT, "xml", -1},
    {"error", SETTING_LOG_LEVEL, "error", LOG_LEVEL_ERROR},
    {"warn", SETTING_LOG_LEVEL, "warn", LOG_LEVEL_WARN},
    {"info", SETTING_LOG_LEVEL, "info", LOG_LEVEL_INFO},
    {"debug", SETTING_LOG_LEVEL, "debug", LOG_LEVEL_DEBUG},
    {"another level", SETTING_LOG_LEVEL, "trace", -1},
    {"one event", SETTING_EVENTS, "onConversationAdded", SETTING_ON_CONVERSATION_ADDED},
    {"all events", SETTING_EVENTS,
     " onConversationAdded , onMessageAdded,onParticipantAdded onConversationStateUpdated", 15},
    {"an event twice", SETTING_EVENTS, "onMessageAdded,onMessageAdded", SETTING_ON_MESSAGE_ADDED},
    {"an event that calls for nothing", SETTING_EVENTS, "onConversationAdded,onUserAdded", -1},
    {"a pre-event", SETTING_EVENTS, "onConversationAdd", -1},
    {"an event in another case", SETTING_EVENTS, "onconversationadded", -1},
    {"no event", SETTING_EVENTS, ",", -1},
};

static void a_choice_is_stored(void **state)
{
    const struct choice *row = *state;
    const struct setting setting = {.name = "SETTING", .kind = row->kind};
    unsigned chosen = 99;

    assert_int_equal(setting_value_store(&setting, &chosen, row->text) == NULL, row->chosen >= 0);
    if (row->chosen >= 0)
        assert_int_equal(chosen, row->chosen);
}

static const struct list {
    const char *name;
    const char *text;
    size_t count; /* 0: refused */
    const char *items[4];
} lists[] = {
    {"one", "SMS", 1, {"SMS"}},
    {"several", "SMS,API,SDK", 3, {"SMS", "API", "SDK"}},
    {"blanks are allowed", " SMS , API\t", 2, {"SMS", "API"}},
    {"empty pieces", ",SMS,,API,", 2, {"SMS", "API"}},
    {"nothing but commas", ",,", 0, {NULL}},
    {"32",
     "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32", 32,
     {"1", "2", "3", "4"}},
    {"33",
     "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33",
     0, {NULL}},
};

static void a_list_is_stored(void **state)
{
    const struct list *row = *state;
    const struct setting setting = {.name = "SETTING", .kind = SETTING_LIST};
    struct setting_list list = {0};
    size_t i;

    assert_int_equal(setting_value_store(&setting, &list, row->text) == NULL, row->count > 0);
    for (i = 0; i < 4 && row->items[i]; i++)
        assert_string_equal(list.items[i], row->items[i]);
    if (row->count > 0)
        assert_int_equal(list.count, row->count);
    setting_value_free(&setting, &list);
}

static const struct cidrs {
    const char *name;
    const char *text;
    size_t count; /* 0: refused */
} cidrs[] = {
    {"an address", "10.0.0.1", 1},
    {"several", "10.0.0.0/8, ::1 192.0.2.7", 3},
    {"one of them wrong", "10.0.0.0/8, 10.0.0.1/8", 0},
    {"a name", "localhost", 0},
};

static void cidrs_are_stored(void **state)
{
    const struct cidrs *row = *state;
    const struct setting setting = {.name = "SETTING", .kind = SETTING_CIDRS};
    struct cidr_list list = {0};

    assert_int_equal(setting_value_store(&setting, &list, row->text) == NULL, row->count > 0);
    assert_int_equal(list.count, row->count);
}

static const struct keys_row {
    const char *name;
    const char *text;
    size_t count; /* 0: it is refused */
    const char *id, *secret; /* of the last */
} keys_rows[] = {
    {"a pair", "k=s", 1, "k", "s"},
    {"by commas", "k1=s1,k2=s2", 2, "k2", "s2"},
    {"by blanks", " k1=s1 k2=s2\tk3=s3 ", 3, "k3", "s3"},
    {"by both", "k1=s1 , k2=s2,", 2, "k2", "s2"},
    {"a secret with \"=\"", "k=a=b==", 1, "k", "a=b=="},
    {"the same secret twice", "k1=s,k2=s", 2, "k2", "s"},
    {"eight", "1=1,2=2,3=3,4=4,5=5,6=6,7=7,8=8", 8, "8", "8"},
    {"nine", "1=1,2=2,3=3,4=4,5=5,6=6,7=7,8=8,9=9", 0, NULL, NULL},
    {"no secret", "k=", 0, NULL, NULL},
    {"no id", "=showme", 0, NULL, NULL},
    {"neither", "k", 0, NULL, NULL},
    {"an id twice", "k=s1,k=s2", 0, NULL, NULL},
    {"nothing but separators", " , ", 0, NULL, NULL},
    {"an escape", "k=\x1b[2J", 0, NULL, NULL},
    {"a comma in an id, of lines", "a,k=s\n", 0, NULL, NULL},
};

static void shared_keys_are_stored(void **state)
{
    const struct keys_row *row = *state;
    const struct setting setting = {.name = "X", .kind = SETTING_SHARED_KEYS};
    struct setting_shared_keys keys = {.text = NULL};
    const char *wrong = setting_value_store(&setting, &keys, row->text);

    assert_true(!wrong == (row->count > 0));
    assert_true(!wrong || !strstr(wrong, row->text));
    if (!wrong) {
        assert_int_equal(keys.count, row->count);
        assert_string_equal(keys.ids[keys.count - 1], row->id);
        assert_string_equal(keys.secrets[keys.count - 1], row->secret);
    }
    setting_value_free(&setting, &keys);
    assert_null(keys.text);
}

static const struct allowed {
    const char *name;
    struct setting setting;
    const char *text, *words;
} allowed[] = {
    {"a number's range", {.kind = SETTING_NUMBER, .min = 1, .max = 65536}, "x", " from 1 to 65536"},
    {"a duration's range", {.kind = SETTING_DURATION, .min = 500, .max = 4500}, "x", " from 500ms to 4500ms"},
    {"a duration's range in days", {.kind = SETTING_DURATION, .min = 1000, .max = UINT64_C(3650) * 86400000}, "x", " from 1s to 3650d"},
    {"hours and minutes", {.kind = SETTING_DURATION, .min = 120000, .max = 7200000}, "x", " from 2m to 2h"},
    {"an API key's SID for an account's", {.kind = SETTING_SID, .sid = "AC"}, "SK" HEX32,
     " of AC and 32 hex digits; SK... is an API key's, for TWILIO_API_KEY"},
    {"a SID that was cut", {.kind = SETTING_SID, .sid = "AC"}, "AC12",
     " of AC and 32 hex digits, and this one has 2 characters behind AC, or others than those"},
    {"anything", {.kind = SETTING_SID, .sid = "IS"}, "anything", " of IS and 32 hex digits"},
    {"what needs no more words", {.kind = SETTING_BOOLEAN}, "x", ""},
};

static void a_fault_says_what_is_allowed(void **state)
{
    const struct allowed *row = *state;
    struct buffer words;

    buffer_init(&words, 1024);
    setting_value_allow(&row->setting, row->text, &words);
    assert_string_equal(buffer_string(&words), row->words);
    buffer_free(&words);
}

int main(void)
{
    static struct cases cases;

    CASES_ADD_TABLE(&cases, shared_keys_are_stored, keys_rows);
    CASES_ADD_TABLE(&cases, a_text_is_stored, texts);
    CASES_ADD(&cases, json_beyond_twilios_limit_is_refused);
    CASES_ADD_TABLE(&cases, a_boolean_is_stored, booleans);
    CASES_ADD_TABLE(&cases, a_number_is_stored, numbers);
    CASES_ADD_TABLE(&cases, a_choice_is_stored, choices);
    CASES_ADD_TABLE(&cases, a_list_is_stored, lists);
    CASES_ADD_TABLE(&cases, cidrs_are_stored, cidrs);
    CASES_ADD_TABLE(&cases, a_fault_says_what_is_allowed, allowed);
    return cases_run(&cases, "setting_value");
}
