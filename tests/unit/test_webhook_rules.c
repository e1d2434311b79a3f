/* twilio/webhook_rules: which Rule takes a URL, and what a Setting does; support/uuid, which those requests need. */
#include "build.h"

#include "cases.h"

#include <stdio.h>
#include <string.h>

#include "support/uuid.h"
#include "twilio/webhook_rules.h"

#define URL "https://api.example.com/webhooks/twilio"
#define EXACT(id, value) "{\"id\":\"" id "\",\"matchType\":\"EXACT_MATCH\",\"value\":\"" value "\"}"
#define PREFIX(id, value) "{\"id\":\"" id "\",\"matchType\":\"PREFIX_MATCH\",\"prefix\":\"" value "\"}"
#define DEFAULT(id) "{\"id\":\"" id "\",\"matchType\":\"DEFAULT\"}"

static const struct choice {
    const char *name;
    const char *rules;
    const char *url;
    enum webhook_rules_match match;
    const char *id; /* NULL: none */
    const char *bare; /* id without the query; NULL: none */
} choices[] = {
    {"no Rules", "[]", URL, WEBHOOK_RULES_NONE, NULL, NULL},
    {"no list", "{}", URL, WEBHOOK_RULES_NONE, NULL, NULL},
    {"the default", "[" DEFAULT("d") "]", URL, WEBHOOK_RULES_DEFAULT, "d", "d"},
    {"the default, without a URL", "[" DEFAULT("d") "]", "", WEBHOOK_RULES_DEFAULT, "d", "d"},
    {"an exact one", "[" EXACT("e", URL) "," DEFAULT("d") "]", URL, WEBHOOK_RULES_EXACT, "e", "e"},
    {"an exact one of a longer URL", "[" EXACT("e", URL "s") "]", URL, WEBHOOK_RULES_NONE, NULL, NULL},
    {"an exact one of a shorter URL", "[" EXACT("e", "https://api.example.com/webhooks") "]", URL,
     WEBHOOK_RULES_NONE, NULL, NULL},
    {"an exact one in another case", "[" EXACT("e", "https://API.example.com/webhooks/twilio") "]", URL,
     WEBHOOK_RULES_NONE, NULL, NULL},
    {"a prefix", "[" DEFAULT("d") "," PREFIX("p", "https://api.example.com/") "]", URL, WEBHOOK_RULES_PREFIX,
     "p", "p"},
    {"the longest prefix, wherever it stands",
     "[" PREFIX("a", "https://api.example.com/") "," PREFIX("b", "https://api.example.com/webhooks/") ","
     PREFIX("c", "https://api") "]", URL, WEBHOOK_RULES_PREFIX, "b", "b"},
    {"an exact one before any prefix", "[" PREFIX("p", "https://api.example.com/webhooks/") "," EXACT("e", URL) "]",
     URL, WEBHOOK_RULES_EXACT, "e", "e"},
    {"an empty prefix is none", "[" PREFIX("p", "") "]", URL, WEBHOOK_RULES_NONE, NULL, NULL},
    {"somebody else's prefix", "[" PREFIX("p", "https://crm.example.com/") "]", URL, WEBHOOK_RULES_NONE, NULL, NULL},
    {"a fragment does not count", "[" EXACT("e", URL) "]", URL "#rc=3", WEBHOOK_RULES_EXACT, "e", "e"},
    {"with a query that the Rule has", "[" EXACT("e", URL "?a=b") "," EXACT("f", URL) "]", URL "?a=b",
     WEBHOOK_RULES_EXACT, "e", "f"},
    {"with a query that the Rule has not", "[" EXACT("f", URL) "," DEFAULT("d") "]", URL "?a=b",
     WEBHOOK_RULES_DEFAULT, "d", "f"},
    {"a kind that is not known", "[{\"id\":\"x\",\"matchType\":\"REGEX\"}," DEFAULT("d") "]", URL,
     WEBHOOK_RULES_UNKNOWN, "x", "x"},
    {"a kind that is not known, beside an exact one", "[" EXACT("e", URL) ",{\"id\":\"x\"}]", URL,
     WEBHOOK_RULES_EXACT, "e", "e"},
};

static void expect_rule(struct webhook_rule chosen, const char *id)
{
    if (id)
        assert_string_equal(json_string_value(json_object_get(chosen.json, "id")), id);
    else
        assert_null(chosen.json);
}

static void the_rule_that_takes_a_url(void **state)
{
    const struct choice *row = *state;
    json_t *rules = json_loads(row->rules, 0, NULL);
    struct webhook_rule chosen = webhook_rules_choose(rules, row->url, strlen(row->url));

    assert_non_null(rules);
    assert_int_equal(chosen.match, row->match);
    expect_rule(chosen, row->id);
    expect_rule(webhook_rules_choose_without_query(rules, row->url), row->bare);
    json_decref(rules);
}

static const struct setting_row {
    const char *name;
    const char *json;
    bool read;
    enum webhook_rules_signer signer;
    const char *key_id, *algorithm, *scheme;
    long read_timeout_ms, retry_count;
} settings[] = {
    {"nothing but an id", "{\"id\":\"s\"}", true, WEBHOOK_RULES_BY_TOKEN, "", "HMAC_SHA1", "", -1, -1},
    {"without an id", "{\"signature\":{}}", false, 0, "", "", "", -1, -1},
    {"by the auth token", "{\"id\":\"s\",\"signature\":{\"type\":\"ACCOUNT_AUTH_TOKEN\",\"algorithm\":\"HMAC_SHA256\"}}",
     true, WEBHOOK_RULES_BY_TOKEN, "", "HMAC_SHA256", "", -1, -1},
    {"by a key",
     "{\"id\":\"s\",\"signature\":{\"type\":\"SHARED_KEY\",\"sharedKeyId\":\"k\",\"algorithm\":\"HMAC_SHA256\"}}", true,
     WEBHOOK_RULES_BY_KEY, "k", "HMAC_SHA256", "", -1, -1},
    {"by a key, whatever the type is called",
     "{\"id\":\"s\",\"signature\":{\"type\":\"whatever\",\"sharedKeyId\":\"k\",\"algorithm\":\"HMAC_SHA1\"}}", true,
     WEBHOOK_RULES_BY_KEY, "k", "HMAC_SHA1", "", -1, -1},
    {"not at all", "{\"id\":\"s\",\"signature\":{\"type\":\"none\"}}", true, WEBHOOK_RULES_UNSIGNED, "", "HMAC_SHA1",
     "", -1, -1},
    {"not at all, in capitals", "{\"id\":\"s\",\"signature\":{\"type\":\"NONE\"}}", true, WEBHOOK_RULES_UNSIGNED, "",
     "HMAC_SHA1", "", -1, -1},
    {"by something else", "{\"id\":\"s\",\"signature\":{\"type\":\"ED25519\",\"algorithm\":\"X\"}}", true,
     WEBHOOK_RULES_BY_OTHER, "", "X", "", -1, -1},
    {"authenticated", "{\"id\":\"s\",\"auth\":{\"source\":\"INLINE\",\"value\":{\"scheme\":\"BASIC\"}}}", true,
     WEBHOOK_RULES_BY_TOKEN, "", "HMAC_SHA1", "BASIC", -1, -1},
    {"authenticated by a profile", "{\"id\":\"s\",\"auth\":{\"source\":\"REFERENCE\",\"authProfileId\":\"p\"}}", true,
     WEBHOOK_RULES_BY_TOKEN, "", "HMAC_SHA1", "profile", -1, -1},
    {"not authenticated, one way", "{\"id\":\"s\",\"auth\":{\"source\":\"INLINE\",\"value\":{\"scheme\":\"NONE\"}}}", true,
     WEBHOOK_RULES_BY_TOKEN, "", "HMAC_SHA1", "", -1, -1},
    {"not authenticated, another way", "{\"id\":\"s\",\"auth\":{\"source\":\"NONE\"}}", true, WEBHOOK_RULES_BY_TOKEN, "",
     "HMAC_SHA1", "", -1, -1},
    {"times and retries",
     "{\"id\":\"s\",\"connection\":{\"readTimeoutMs\":5000,\"retryPolicy\":{\"retryCount\":2,\"retryOn\":[\"ALL\"]}}}",
     true, WEBHOOK_RULES_BY_TOKEN, "", "HMAC_SHA1", "", 5000, 2},
};

static void what_a_setting_does(void **state)
{
    const struct setting_row *row = *state;
    json_t *json = json_loads(row->json, 0, NULL);
    struct webhook_setting setting;

    assert_non_null(json);
    assert_int_equal(webhook_rules_read_setting(&setting, json), row->read);
    if (row->read) {
        assert_int_equal(setting.signer, row->signer);
        assert_string_equal(setting.key_id, row->key_id);
        assert_string_equal(setting.algorithm, row->algorithm);
        assert_string_equal(setting.scheme, row->scheme);
        assert_int_equal(setting.read_timeout_ms, row->read_timeout_ms);
        assert_int_equal(setting.retry_count, row->retry_count);
    }
    json_decref(json);
}

static void a_uuid_has_its_time_version_and_variant(void **state)
{
    char text[UUID_TEXT_SIZE], other[UUID_TEXT_SIZE];

    (void)state;
    /* RFC 9562, A.6: 2022-02-22 14:22:22 -05:00. */
    assert_true(uuid_v7(text, INT64_C(1645557742000)));
    assert_int_equal(strlen(text), UUID_TEXT_SIZE - 1);
    assert_memory_equal(text, "017f22e2-79b0-7", 15);
    assert_int_equal(text[18], '-');
    assert_non_null(strchr("89ab", text[19]));
    assert_int_equal(text[23], '-');
    assert_true(uuid_v7(other, INT64_C(1645557742000)));
    assert_string_not_equal(text, other);
}

int main(void)
{
    static struct cases cases;

    CASES_ADD_TABLE(&cases, the_rule_that_takes_a_url, choices);
    CASES_ADD_TABLE(&cases, what_a_setting_does, settings);
    CASES_ADD(&cases, a_uuid_has_its_time_version_and_variant);
    return cases_run(&cases, "webhook rules");
}
