/*
 * webhook/handler: the order of judgement, every answer, and that nothing but a signed, whole,
 * wanted webhook ever calls for a join.
 */
#include "build.h"

#include "cases.h"

#include <stdio.h>
#include <string.h>

#include "support/clock.h"
#include "variables.h"
#include "webhook/handler.h"

#define AC "AC00000000000000000000000000000001"
#define CH "CH00000000000000000000000000000001"
#define IS "IS00000000000000000000000000000001"
#define ADDED "AccountSid=" AC "&EventType=onConversationAdded&ConversationSid=" CH

#define HASH_OF_BRACES "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"

/* One request through one handler, and what became of it. */
static struct scene {
    struct config config;
    struct log log;
    struct handler handler;
    struct exchange exchange;
    char body[600];
    unsigned replies, joins, news;
    enum spool_joins_news last_news;
    struct join_request request;
    char conversation[64], service[64], event[64];
    struct join_outcome outcome; /* what the stub answers with */
    bool deferred;
    join_done_fn *done;
    void *done_argument;
} scene;

static void on_reply(struct exchange *exchange)
{
    assert_ptr_equal(exchange, &scene.exchange);
    scene.replies++;
}

static void stub_join(void *argument, const struct join_request *request, join_done_fn *done,
                      void *done_argument)
{
    assert_ptr_equal(argument, &scene);
    scene.joins++;
    scene.request = *request;
    snprintf(scene.conversation, sizeof scene.conversation, "%s", request->conversation_sid);
    snprintf(scene.service, sizeof scene.service, "%s",
        request->service_sid ? request->service_sid : "");
    snprintf(scene.event, sizeof scene.event, "%s", request->event ? request->event : "");
    scene.done = done;
    scene.done_argument = done_argument;
    if (!scene.deferred)
        done(done_argument, &scene.outcome);
}

static void stub_tell(void *argument, const char *conversation_sid, enum spool_joins_news news, int64_t made_ms)
{
    (void)made_ms;
    assert_ptr_equal(argument, &scene);
    assert_string_equal(conversation_sid, CH);
    scene.news++;
    scene.last_news = news;
}

static int set_up(void)
{
    static char account[] = AC, identity[] = "bot", token[] = "primary";
    static const char *const tokens[] = {"primary", "secondary"};

    scene = (struct scene){
        .config = {.account_sid = account, .auth_token = token, .identity = identity, .enabled = true,
                   .events = SETTING_ON_CONVERSATION_ADDED, .deadline_ms = 4000,
                   .max_body = 65536},
        .log = {.format = LOG_FORMAT_LOGFMT, .level = LOG_LEVEL_INFO},
        .exchange = {.reply = on_reply},
    };
    scene.handler = (struct handler){.config = &scene.config,
                                     .log = &scene.log,
                                     .keys = signature_keys_new(tokens, 2),
                                     .join = stub_join,
                                     .tell = stub_tell,
                                     .spooled = &scene};
    buffer_init(&scene.exchange.log, 16 * 1024);
    return scene.handler.keys ? 0 : -1;
}

static void tear_down(void)
{
    signature_keys_free(scene.handler.keys);
    buffer_free(&scene.exchange.log);
}

/* Signs what Twilio would: the URL and, of a form, its parameters. */
static void sign_by(size_t key, enum signature_algorithm algorithm, const char *url, bool form_body,
                    char signature[SIGNATURE_SIZE])
{
    static struct form form;
    static struct signature_parameters parameters;
    struct public_url_candidates candidates;
    char copy[sizeof scene.body];

    memcpy(copy, scene.body, sizeof copy);
    form.count = 0;
    if (form_body)
        form_parse(&form, copy, strlen(scene.body));
    signature_sort(&parameters, &form);
    assert_true(public_url_vary_port(&candidates, url, strlen(url)));
    assert_true(signature_compute(scene.handler.keys, key, algorithm, &candidates.urls[0], &parameters,
        signature));
}

static void sign(size_t key, const char *url, bool form_body, char signature[SIGNATURE_SIZE])
{
    sign_by(key, SIGNATURE_SHA1, url, form_body, signature);
}

static void serve(const char *const *variables, enum request_body state, const char *signature)
{
    struct request *request = &scene.exchange.request;

    variables_read(request, variables);
    if (signature) {
        request->values[VARIABLE_HTTP_X_TWILIO_SIGNATURE] = signature;
        request->counts[VARIABLE_HTTP_X_TWILIO_SIGNATURE]++;
    }
    request->body = scene.body;
    request->body_length = strlen(scene.body);
    request->body_state = state;
    request->begun_us = clock_monotonic_us();
    handler_serve(&scene.handler, &scene.exchange);
}

enum signing { SIGNED, SIGNED_BY_SECONDARY, FORGED, UNSIGNED };

#define FORM "CONTENT_TYPE=application/x-www-form-urlencoded"
#define JSON "CONTENT_TYPE=application/json"
#define HERE "HTTPS=on", "HTTP_HOST=h.example"
#define URL "https://h.example/webhooks/twilio"
#define TARGET "REQUEST_URI=/webhooks/twilio"
#define POST "REQUEST_METHOD=POST", FORM, HERE, TARGET

static const struct row {
    const char *name;
    const char *variables[12];
    const char *body;
    const char *url; /* that is signed */
    enum signing signing;
    enum request_body state;
    int status;
    const char *answer;
    const char *result;
    unsigned joins;
} rows[] = {
    {"a new conversation", {POST}, ADDED, URL, SIGNED, REQUEST_BODY_WHOLE, 200,
     "{\"result\":\"joined\"}", "joined", 1},
    {"signed with the secondary token", {POST}, ADDED, URL, SIGNED_BY_SECONDARY, REQUEST_BODY_WHOLE,
     200, "{\"result\":\"joined\"}", "joined", 1},
    {"a content type with a parameter",
     {"REQUEST_METHOD=POST", "CONTENT_TYPE=Application/X-WWW-Form-URLEncoded; charset=UTF-8", HERE,
      TARGET},
     ADDED, URL, SIGNED, REQUEST_BODY_WHOLE, 200, "{\"result\":\"joined\"}", "joined", 1},
    {"signed with the standard port", {POST}, ADDED, "https://h.example:443/webhooks/twilio",
     SIGNED, REQUEST_BODY_WHOLE, 200, "{\"result\":\"joined\"}", "joined", 1},
    {"another event", {POST}, "AccountSid=" AC "&EventType=onDeliveryUpdated", URL, SIGNED,
     REQUEST_BODY_WHOLE, 200, "{\"result\":\"ignored\"}", "ignored", 0},
    {"an empty form", {POST}, "", URL, SIGNED, REQUEST_BODY_WHOLE, 200, "{\"result\":\"ignored\"}",
     "ignored", 0},
    {"a pre-event", {POST}, "AccountSid=" AC "&EventType=onConversationAdd", URL, SIGNED,
     REQUEST_BODY_WHOLE, 200, "{}", "ignored", 0},
    {"validly signed JSON",
     {"REQUEST_METHOD=POST", JSON, HERE, TARGET "?bodySHA256=" HASH_OF_BRACES}, "{}",
     URL "?bodySHA256=" HASH_OF_BRACES, SIGNED, REQUEST_BODY_WHOLE, 200, "{\"result\":\"ignored\"}",
     "ignored", 0},

    {"no signature", {POST}, ADDED, URL, UNSIGNED, REQUEST_BODY_WHOLE, 403, "{}", "forbidden", 0},
    {"a forged signature", {POST}, ADDED, URL, FORGED, REQUEST_BODY_WHOLE, 403, "{}", "forbidden",
     0},
    {"signed for another URL", {POST}, ADDED, "https://h.example/other", SIGNED,
     REQUEST_BODY_WHOLE, 403, "{}", "forbidden", 0},
    {"a pre-event, unsigned, is not answered 200", {POST},
     "AccountSid=" AC "&EventType=onMessageAdd", URL, UNSIGNED, REQUEST_BODY_WHOLE, 403, "{}",
     "forbidden", 0},
    {"JSON of which only the URL is signed",
     {"REQUEST_METHOD=POST", JSON, HERE, TARGET "?bodySHA256=" HASH_OF_BRACES}, "{ }",
     URL "?bodySHA256=" HASH_OF_BRACES, SIGNED, REQUEST_BODY_WHOLE, 403, "{}", "forbidden", 0},
    {"JSON of which only the body is proved",
     {"REQUEST_METHOD=POST", JSON, HERE, TARGET "?bodySHA256=" HASH_OF_BRACES}, "{}",
     URL "?bodySHA256=" HASH_OF_BRACES, FORGED, REQUEST_BODY_WHOLE, 403, "{}", "forbidden", 0},
    {"another account", {POST}, "AccountSid=AC00000000000000000000000000000002"
     "&EventType=onConversationAdded&ConversationSid=" CH, URL, SIGNED, REQUEST_BODY_WHOLE, 403,
     "{}", "forbidden", 0},
    {"no account", {POST}, "EventType=onConversationAdded&ConversationSid=" CH, URL, SIGNED,
     REQUEST_BODY_WHOLE, 403, "{}", "forbidden", 0},
    {"no conversation", {POST}, "AccountSid=" AC "&EventType=onConversationAdded", URL, SIGNED,
     REQUEST_BODY_WHOLE, 400, "{}", "bad-request", 0},
    {"a service that is none", {POST}, ADDED "&ChatServiceSid=x", URL, SIGNED, REQUEST_BODY_WHOLE,
     400, "{}", "bad-request", 0},

    {"GET", {"REQUEST_METHOD=GET", HERE, TARGET}, "", URL, SIGNED, REQUEST_BODY_WHOLE, 405, "{}",
     "method-not-allowed", 0},
    {"PUT, signed and whole", {"REQUEST_METHOD=PUT", FORM, HERE, TARGET}, ADDED, URL, SIGNED,
     REQUEST_BODY_WHOLE, 405, "{}", "method-not-allowed", 0},
    {"post in lower case (Apache passes it on)", {"REQUEST_METHOD=post", FORM, HERE, TARGET}, ADDED,
     URL, SIGNED, REQUEST_BODY_WHOLE, 405, "{}", "method-not-allowed", 0},
    {"no method at all", {FORM, HERE, TARGET}, ADDED, URL, SIGNED, REQUEST_BODY_WHOLE, 405, "{}",
     "method-not-allowed", 0},
    {"no content type", {"REQUEST_METHOD=POST", HERE, TARGET}, ADDED, URL, SIGNED,
     REQUEST_BODY_WHOLE, 415, "{}", "unsupported-type", 0},
    {"text", {"REQUEST_METHOD=POST", "CONTENT_TYPE=text/plain", HERE, TARGET}, ADDED, URL, SIGNED,
     REQUEST_BODY_WHOLE, 415, "{}", "unsupported-type", 0},
    {"a multipart form",
     {"REQUEST_METHOD=POST", "CONTENT_TYPE=multipart/form-data; boundary=x", HERE, TARGET}, ADDED,
      URL, SIGNED, REQUEST_BODY_WHOLE, 415, "{}", "unsupported-type", 0},
    {"a type that begins like a form",
     {"REQUEST_METHOD=POST", "CONTENT_TYPE=application/x-www-form-urlencodedx", HERE, TARGET},
      ADDED,
     URL, SIGNED, REQUEST_BODY_WHOLE, 415, "{}", "unsupported-type", 0},
    {"JSON without bodySHA256", {"REQUEST_METHOD=POST", JSON, HERE, TARGET "?a=1"}, "{}",
     URL "?a=1", SIGNED, REQUEST_BODY_WHOLE, 415, "{}", "unsupported-type", 0},
    {"too large", {POST}, "", URL, SIGNED, REQUEST_BODY_TOO_LARGE, 413, "{}", "too-large", 0},
    {"a short body", {POST}, ADDED, URL, SIGNED, REQUEST_BODY_SHORT, 400, "{}", "bad-request", 0},
    {"a long body", {POST}, ADDED, URL, SIGNED, REQUEST_BODY_LONG, 400, "{}", "bad-request", 0},
    {"a length that is none", {POST}, ADDED, URL, SIGNED, REQUEST_BODY_BAD_LENGTH, 400, "{}",
     "bad-request", 0},
    {"a target that is none", {"REQUEST_METHOD=POST", FORM, HERE, "REQUEST_URI=*"}, ADDED, URL,
     SIGNED, REQUEST_BODY_WHOLE, 400, "{}", "bad-request", 0},
    {"no host", {"REQUEST_METHOD=POST", FORM, "HTTPS=on", TARGET}, ADDED, URL, SIGNED,
     REQUEST_BODY_WHOLE, 400, "{}", "bad-request", 0},

    /* The order: method, content type, length and body, signature, account, event, SIDs. */
    {"method before type", {"REQUEST_METHOD=GET", "CONTENT_TYPE=text/plain", HERE, TARGET}, "", URL,
     UNSIGNED, REQUEST_BODY_TOO_LARGE, 405, "{}", "method-not-allowed", 0},
    {"type before length", {"REQUEST_METHOD=POST", "CONTENT_TYPE=text/plain", HERE, TARGET}, "",
     URL, UNSIGNED, REQUEST_BODY_TOO_LARGE, 415, "{}", "unsupported-type", 0},
    {"length before signature", {POST}, "", URL, UNSIGNED, REQUEST_BODY_TOO_LARGE, 413, "{}",
     "too-large", 0},
    {"body before signature", {POST}, ADDED, URL, UNSIGNED, REQUEST_BODY_SHORT, 400, "{}",
     "bad-request", 0},
    {"signature before account", {POST}, "AccountSid=other&EventType=onConversationAdded", URL,
     FORGED, REQUEST_BODY_WHOLE, 403, "{}", "forbidden", 0},
    {"signature before SIDs", {POST}, "AccountSid=" AC "&EventType=onConversationAdded", URL,
     FORGED, REQUEST_BODY_WHOLE, 403, "{}", "forbidden", 0},
    {"account before SIDs", {POST}, "AccountSid=other&EventType=onConversationAdded", URL, SIGNED,
     REQUEST_BODY_WHOLE, 403, "{}", "forbidden", 0},
};

static void is_answered(void **state)
{
    const struct row *row = *state;
    char signature[SIGNATURE_SIZE] = "AAAAAAAAAAAAAAAAAAAAAAAAAAA=", result[64];
    const char *type = "";
    size_t i;

    assert_int_equal(set_up(), 0);
    snprintf(scene.body, sizeof scene.body, "%s", row->body);
    for (i = 0; row->variables[i]; i++)
        if (strcmp(row->variables[i], JSON) == 0)
            type = JSON;
    if (row->signing == SIGNED || row->signing == SIGNED_BY_SECONDARY)
        sign(row->signing == SIGNED_BY_SECONDARY, row->url, *type == '\0', signature);
    serve(row->variables, row->state, row->signing == UNSIGNED ? NULL : signature);
    assert_int_equal(scene.replies, 1);
    assert_int_equal(scene.exchange.response.status, row->status);
    assert_string_equal(scene.exchange.response.body, row->answer);
    assert_int_equal(scene.joins, row->joins);
    snprintf(result, sizeof result, " result=%s status=%d ", row->result, row->status);
    assert_non_null(strstr(buffer_string(&scene.exchange.log), result));
    assert_null(strstr(buffer_string(&scene.exchange.log), "primary"));
    assert_null(strstr(buffer_string(&scene.exchange.log), signature));
    tear_down();
}

#define SETTINGS "HTTP_X_TWILIO_WEBHOOKS_SIGNATURE_SETTINGS="

static const struct twice {
    const char *name;
    const char *first, *second;
    const char *public_url;
    enum setting_forwarded forwarded;
    const char *peer; /* 192.0.2.1 is the one that is trusted */
    int status;
} twices[] = {
    {"two signatures", "HTTP_X_TWILIO_SIGNATURE=a", NULL, NULL, FORWARDED_NO, NULL, 400}, /* besides the right one */
    {"two settings headers", "HTTP_X_TWILIO_WEBHOOKS_SIGNATURE_SETTINGS=x", "HTTP_X_TWILIO_WEBHOOKS_SIGNATURE_SETTINGS=x", NULL, FORWARDED_NO, NULL, 400},
    {"two settings headers, and the URL is configured", "HTTP_X_TWILIO_WEBHOOKS_SIGNATURE_SETTINGS=x", "HTTP_X_TWILIO_WEBHOOKS_SIGNATURE_SETTINGS=y", URL, FORWARDED_NO, NULL, 400},
    {"two key SIDs", "HTTP_X_TWILIO_SIGNATURE_KEY_SID=x", "HTTP_X_TWILIO_SIGNATURE_KEY_SID=x", NULL, FORWARDED_NO, NULL, 400},
    {"two Content-Length", "CONTENT_LENGTH=1", "CONTENT_LENGTH=2", NULL, FORWARDED_NO, NULL, 400},
    {"two Content-Type", "CONTENT_TYPE=application/x-www-form-urlencoded", NULL, NULL, FORWARDED_NO, NULL, 400},
    {"two targets", "REQUEST_URI=/webhooks/twilio", NULL, NULL, FORWARDED_NO, NULL, 400},
    {"two HTTPS", "HTTPS=on", NULL, NULL, FORWARDED_NO, NULL, 400},
    {"two Hosts", "HTTP_HOST=h.example", NULL, NULL, FORWARDED_NO, NULL, 400},
    {"two signatures, and the URL is configured", "HTTP_X_TWILIO_SIGNATURE=a", NULL, URL, FORWARDED_NO, NULL, 400},
    {"two targets, and the URL is configured", "REQUEST_URI=/webhooks/twilio", NULL, URL, FORWARDED_NO, NULL, 400},
    {"two Hosts, but the URL is configured", "HTTP_HOST=h.example", NULL, URL, FORWARDED_NO, NULL, 200},
    {"two HTTPS, but the URL is configured", "HTTPS=on", NULL, URL, FORWARDED_NO, NULL, 200},
    {"two X-Forwarded-Proto, not read", "HTTP_X_FORWARDED_PROTO=a", "HTTP_X_FORWARDED_PROTO=a", NULL, FORWARDED_NO, NULL, 200},
    {"two X-Forwarded-Host, not read", "HTTP_X_FORWARDED_HOST=a", "HTTP_X_FORWARDED_HOST=b", NULL, FORWARDED_NO, NULL, 200},
    {"two X-Forwarded-Port, not read", "HTTP_X_FORWARDED_PORT=1", "HTTP_X_FORWARDED_PORT=1", NULL, FORWARDED_NO, NULL, 200},
    {"two Forwarded, not read", "HTTP_FORWARDED=a", "HTTP_FORWARDED=b", NULL, FORWARDED_NO, NULL, 200},
    {"two X-Forwarded-For", "HTTP_X_FORWARDED_FOR=1", "HTTP_X_FORWARDED_FOR=1", NULL, FORWARDED_NO, NULL, 200},
    {"two X-Forwarded-For, and the URL is configured", "HTTP_X_FORWARDED_FOR=1", "HTTP_X_FORWARDED_FOR=1", URL, FORWARDED_NO, NULL, 200},
    {"two X-Forwarded-For, and x-forwarded is read", "HTTP_X_FORWARDED_FOR=1", "HTTP_X_FORWARDED_FOR=1", NULL, FORWARDED_X, "REMOTE_ADDR=192.0.2.1", 200},
    {"two X-Forwarded-Proto, read", "HTTP_X_FORWARDED_PROTO=https", "HTTP_X_FORWARDED_PROTO=https", NULL, FORWARDED_X, "REMOTE_ADDR=192.0.2.1", 400},
    {"two X-Forwarded-Host, read", "HTTP_X_FORWARDED_HOST=h.example", "HTTP_X_FORWARDED_HOST=h.example", NULL, FORWARDED_X, "REMOTE_ADDR=192.0.2.1", 400},
    {"two X-Forwarded-Port, read", "HTTP_X_FORWARDED_PORT=443", "HTTP_X_FORWARDED_PORT=443", NULL, FORWARDED_X, "REMOTE_ADDR=192.0.2.1", 400},
    {"two X-Forwarded-Proto of a stranger", "HTTP_X_FORWARDED_PROTO=http", "HTTP_X_FORWARDED_PROTO=https", NULL, FORWARDED_X, "REMOTE_ADDR=192.0.2.2", 200},
    {"two X-Forwarded-Proto, read but for the configured URL", "HTTP_X_FORWARDED_PROTO=http", "HTTP_X_FORWARDED_PROTO=https", URL, FORWARDED_X, "REMOTE_ADDR=192.0.2.1", 200},
    {"two Forwarded where x-forwarded is read", "HTTP_FORWARDED=proto=http", "HTTP_FORWARDED=proto=https", NULL, FORWARDED_X, "REMOTE_ADDR=192.0.2.1", 200},
    {"two Forwarded, read", "HTTP_FORWARDED=proto=https", "HTTP_FORWARDED=proto=https", NULL, FORWARDED_RFC7239, "REMOTE_ADDR=192.0.2.1", 400},
    {"two X-Forwarded-Proto where Forwarded is read", "HTTP_X_FORWARDED_PROTO=http", "HTTP_X_FORWARDED_PROTO=https", NULL, FORWARDED_RFC7239, "REMOTE_ADDR=192.0.2.1", 200},
    {"two variables of no weight", "SERVER_NAME=a", "SERVER_NAME=b", NULL, FORWARDED_NO, NULL, 200},
};

static void given_twice(void **state)
{
    const struct twice *row = *state;
    const char *variables[12] = {POST};
    char signature[SIGNATURE_SIZE], url[] = URL;
    size_t at = 0;

    assert_int_equal(set_up(), 0);
    strcpy(scene.body, ADDED);
    sign(0, URL, true, signature);
    if (row->public_url)
        scene.config.public_url = url;
    scene.config.forwarded = row->forwarded;
    assert_true(cidr_parse(&scene.config.trusted_proxies.blocks[0], "192.0.2.1"));
    scene.config.trusted_proxies.count = 1;
    while (variables[at])
        at++;
    variables[at++] = row->first;
    if (row->second)
        variables[at++] = row->second;
    variables[at] = row->peer;
    serve(variables, REQUEST_BODY_WHOLE, signature);
    assert_int_equal(scene.exchange.response.status, row->status);
    assert_int_equal(scene.joins, row->status == 200 ? 1 : 0);
    tear_down();
}

static const struct signer {
    const char *name;
    size_t key; /* that signs: the tokens, then the SharedKeys */
    enum signature_algorithm algorithm;
    const char *variables[2];
    int status;
    const char *said; /* in the log's line */
} signers[] = {
    {"the auth token", 0, SIGNATURE_SHA1, {NULL}, 200, " signed_by=auth-token algorithm=HMAC_SHA1"},
    {"the secondary token", 1, SIGNATURE_SHA1, {NULL}, 200, " signed_by=auth-token-secondary algorithm=HMAC_SHA1"},
    {"a SharedKey by HMAC_SHA256", 2, SIGNATURE_SHA256, {SETTINGS "key=wk1,algorithm=HMAC_SHA256"}, 200,
     " signed_by=shared-key key=wk1 algorithm=HMAC_SHA256 key_header=X-Twilio-Webhooks-Signature-Settings"},
    {"another by HMAC_SHA1", 3, SIGNATURE_SHA1, {SETTINGS "key=wk2"}, 200, " signed_by=shared-key key=wk2 algorithm=HMAC_SHA1"},
    {"a SharedKey, known by the length alone", 3, SIGNATURE_SHA256, {NULL}, 200, " signed_by=shared-key key=wk2 algorithm=HMAC_SHA256"},
    {"a SharedKey, under the beta's header", 3, SIGNATURE_SHA1, {"HTTP_X_TWILIO_SIGNATURE_KEY_SID=wk2"}, 200,
     " signed_by=shared-key key=wk2 algorithm=HMAC_SHA1 key_header=X-Twilio-Signature-Key-Sid"},
    {"a token by HMAC_SHA256, as the header says", 0, SIGNATURE_SHA256, {SETTINGS "algorithm=HMAC_SHA256"}, 200,
     " signed_by=auth-token algorithm=HMAC_SHA256"},
    {"a token by HMAC_SHA256 without a header", 0, SIGNATURE_SHA256, {NULL}, 403, " reason=\"the signature does not match\""},
    {"a SharedKey of 28 characters without a header", 2, SIGNATURE_SHA1, {NULL}, 403, " reason=\"the signature does not match\""},
    {"another key than the header names", 2, SIGNATURE_SHA256, {SETTINGS "key=wk2,algorithm=HMAC_SHA256"}, 403,
     " key=wk2 algorithm=HMAC_SHA256 key_header="},
    {"another algorithm than the header names", 2, SIGNATURE_SHA1, {SETTINGS "key=wk1,algorithm=HMAC_SHA256"}, 403,
     " key=wk1 algorithm=HMAC_SHA256 key_header="},
    {"the auth token where the header names a SharedKey", 0, SIGNATURE_SHA1, {SETTINGS "key=wk1"}, 403, " key=wk1 key_header="},
    {"a SharedKey where the header names none", 2, SIGNATURE_SHA256, {SETTINGS "algorithm=HMAC_SHA256"}, 403, " algorithm=HMAC_SHA256 key_header="},
    {"an unknown key", 2, SIGNATURE_SHA256, {SETTINGS "key=\x1b[2J,algorithm=HMAC_SHA256"}, 403,
     " reason=\"signed by a SharedKey that AUTOJOIN_SHARED_KEYS does not have\""},
    {"an unknown algorithm", 2, SIGNATURE_SHA256, {SETTINGS "key=wk1,algorithm=HMAC_SHA3"}, 403,
     " reason=\"signed by an algorithm that is neither HMAC_SHA1 nor HMAC_SHA256\""},
};

static void is_proved_by_its_signer(void **state)
{
    const struct signer *row = *state;
    const char *variables[12] = {POST};
    char signature[SIGNATURE_SIZE];
    const char *line;
    size_t at = 0;

    assert_int_equal(set_up(), 0);
    assert_true(signature_keys_add_shared(scene.handler.keys, "wk1", "first-secret") &&
                signature_keys_add_shared(scene.handler.keys, "wk2", "second-secret"));
    strcpy(scene.body, ADDED);
    sign_by(row->key, row->algorithm, URL, true, signature);
    while (variables[at])
        at++;
    variables[at] = row->variables[0];
    serve(variables, REQUEST_BODY_WHOLE, signature);
    assert_int_equal(scene.exchange.response.status, row->status);
    assert_int_equal(scene.joins, row->status == 200 ? 1 : 0);
    line = buffer_string(&scene.exchange.log);
    assert_non_null(strstr(line, row->said));
    assert_true(row->status == 200 || !strstr(line, "signed_by="));
    assert_null(strstr(line, "-secret"));
    assert_null(strstr(line, signature));
    assert_null(strchr(line, '\x1b'));
    tear_down();
}

/* By the key and the algorithm that the headers name. */
static void a_hint_is_found_by_a_shared_key(void **state)
{
    static const char *const variables[] = {POST, SETTINGS "key=wk1,algorithm=HMAC_SHA256", NULL};
    char signature[SIGNATURE_SIZE];

    (void)state;
    assert_int_equal(set_up(), 0);
    assert_true(signature_keys_add_shared(scene.handler.keys, "wk1", "first-secret"));
    strcpy(scene.body, ADDED);
    sign_by(2, SIGNATURE_SHA256, URL "/", true, signature);
    serve(variables, REQUEST_BODY_WHOLE, signature);
    assert_int_equal(scene.exchange.response.status, 403);
    assert_non_null(strstr(buffer_string(&scene.exchange.log), "hint=\"the signature matches " URL "/: set AUTOJOIN_PUBLIC_URL to it\""));
    tear_down();
}

/* Asks for a join with the signed form in `body`. */
static void serve_signed(const char *body)
{
    static const char *const variables[] = {POST, NULL};
    static char signature[SIGNATURE_SIZE];

    snprintf(scene.body, sizeof scene.body, "%s", body);
    sign(0, URL, true, signature);
    serve(variables, REQUEST_BODY_WHOLE, signature);
}

static const struct verdict {
    const char *name;
    enum join_result verdict;
    int status;
    const char *body;
    unsigned retry_after;
} verdicts[] = {
    {"joined", JOIN_JOINED, 200, "{\"result\":\"joined\"}", 0},
    {"already joined", JOIN_ALREADY_JOINED, 200, "{\"result\":\"already-joined\"}", 0},
    {"left on purpose", JOIN_UNWANTED, 200, "{\"result\":\"ignored\"}", 0},
    {"gone", JOIN_GONE, 200, "{\"result\":\"gone\"}", 0},
    {"retry later", JOIN_RETRY_LATER, 503, "{\"result\":\"retry-later\"}", 2},
    {"refused", JOIN_REFUSED, 500, "{\"result\":\"refused\"}", 0},
};

static void a_verdict_is_answered(void **state)
{
    const struct verdict *row = *state;

    assert_int_equal(set_up(), 0);
    scene.outcome.result = row->verdict;
    serve_signed(ADDED);
    assert_int_equal(scene.replies, 1);
    assert_int_equal(scene.exchange.response.status, row->status);
    assert_string_equal(scene.exchange.response.body, row->body);
    assert_int_equal(scene.exchange.response.retry_after, row->retry_after);
    tear_down();
}

static void the_request_names_conversation_service_event_and_deadline(void **state)
{
    (void)state;
    assert_int_equal(set_up(), 0);
    serve_signed(ADDED "&ChatServiceSid=" IS "&DateCreated=2026-03-04T05%3A06%3A07.890Z");
    assert_string_equal(scene.conversation, CH);
    assert_string_equal(scene.service, IS);
    assert_string_equal(scene.event, "onConversationAdded");
    assert_int_equal(scene.request.event_ms, INT64_C(1772600767890));
    assert_int_equal(scene.request.deadline_us - scene.exchange.request.begun_us, 4000000);
    tear_down();
}

static void no_service_is_none(void **state)
{
    (void)state;
    assert_int_equal(set_up(), 0);
    serve_signed(ADDED);
    assert_null(scene.request.service_sid);
    tear_down();
}

static void the_answer_waits_for_the_join(void **state)
{
    (void)state;
    assert_int_equal(set_up(), 0);
    scene.deferred = true;
    serve_signed(ADDED);
    assert_int_equal(scene.joins, 1);
    assert_int_equal(scene.replies, 0);
    memset(scene.body, '#',
        sizeof scene.body - 1); /* nothing of it may be needed later but the log */
    scene.done(scene.done_argument, &scene.outcome);
    assert_int_equal(scene.replies, 1);
    assert_int_equal(scene.exchange.response.status, 200);
    assert_non_null(strstr(buffer_string(&scene.exchange.log), "conversation=" CH));
    tear_down();
}

static const struct news {
    const char *name;
    const char *body;
    enum spool_joins_news news;
} news_rows[] = {
    {"the bot left",
     "AccountSid=" AC "&EventType=onParticipantRemoved&Identity=bot&ConversationSid=" CH,
     SPOOL_JOINS_BOT_REMOVED},
    {"the bot came",
     "AccountSid=" AC "&EventType=onParticipantAdded&Identity=bot&ConversationSid=" CH,
     SPOOL_JOINS_BOT_ADDED},
    {"the end", "AccountSid=" AC "&EventType=onConversationRemoved&ConversationSid=" CH,
     SPOOL_JOINS_CONVERSATION_ENDED},
};

static void news_are_told_and_answered_as_ignored(void **state)
{
    const struct news *row = *state;

    assert_int_equal(set_up(), 0);
    serve_signed(row->body);
    assert_int_equal(scene.news, 1);
    assert_int_equal(scene.last_news, row->news);
    assert_int_equal(scene.joins, 0);
    assert_string_equal(scene.exchange.response.body, "{\"result\":\"ignored\"}");
    tear_down();
}

static void unsigned_news_are_not_told(void **state)
{
    static const char *const variables[] = {POST, NULL};

    (void)state;
    assert_int_equal(set_up(), 0);
    strcpy(scene.body, news_rows[0].body);
    serve(variables, REQUEST_BODY_WHOLE, "AAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    assert_int_equal(scene.news, 0);
    assert_int_equal(scene.exchange.response.status, 403);
    tear_down();
}

static const struct health {
    const char *name;
    const char *variables[5];
    bool faulty;
    int status;
} healths[] = {
    {"GET", {"REQUEST_METHOD=GET", "REQUEST_URI=/webhooks/twilio/healthz"}, false, 200},
    {"HEAD", {"REQUEST_METHOD=HEAD", "REQUEST_URI=/webhooks/twilio/healthz"}, false, 200},
    {"with a query", {"REQUEST_METHOD=GET", "REQUEST_URI=/healthz?a=1"}, false, 200},
    {"with faulty settings", {"REQUEST_METHOD=GET", "REQUEST_URI=/healthz"}, true, 500},
    {"POST is none", {"REQUEST_METHOD=POST", "REQUEST_URI=/healthz"}, false, 415},
    {"the ending of a name is none", {"REQUEST_METHOD=GET", "REQUEST_URI=/myhealthz"}, false, 405},
    {"in the query is none", {"REQUEST_METHOD=GET", "REQUEST_URI=/p?x=/healthz"}, false, 405},
    {"with a slash behind is none", {"REQUEST_METHOD=GET", "REQUEST_URI=/healthz/"}, false, 405},
    {"by PATH_INFO, where there is no REQUEST_URI",
     {"REQUEST_METHOD=GET", "SCRIPT_NAME=/webhooks/twilio", "PATH_INFO=/healthz"}, false, 200},
    {"by SCRIPT_NAME, where there is no REQUEST_URI",
     {"REQUEST_METHOD=GET", "SCRIPT_NAME=/webhooks/twilio/healthz"}, false, 200},
    {"by both, where there is no REQUEST_URI",
     {"REQUEST_METHOD=HEAD", "SCRIPT_NAME=/webhooks", "PATH_INFO=/twilio/healthz"}, false, 200},
    {"SCRIPT_NAME before another PATH_INFO is none",
     {"REQUEST_METHOD=GET", "SCRIPT_NAME=/healthz", "PATH_INFO=/x"}, false, 405},
    {"PATH_INFO beside another REQUEST_URI is none",
     {"REQUEST_METHOD=GET", "REQUEST_URI=/webhooks/twilio", "PATH_INFO=/healthz"}, false, 405},
};

static void health_is_told(void **state)
{
    const struct health *row = *state;
    struct signature_keys *keys;

    assert_int_equal(set_up(), 0);
    keys = scene.handler.keys;
    if (row->faulty)
        scene.handler.keys = NULL;
    serve(row->variables, REQUEST_BODY_WHOLE, NULL);
    scene.handler.keys = keys;
    assert_int_equal(scene.replies, 1);
    assert_int_equal(scene.exchange.response.status, row->status);
    if (row->status == 200)
        assert_non_null(strstr(scene.exchange.response.body, ",\"settings\":\""));
    assert_int_equal(scene.exchange.log.length > 0, row->status == 405 || row->status == 415);
    tear_down();
}

static void faulty_settings_answer_500_to_everything(void **state)
{
    static const char *const variables[] = {POST, NULL};
    struct signature_keys *keys;

    (void)state;
    assert_int_equal(set_up(), 0);
    keys = scene.handler.keys;
    scene.handler.keys = NULL;
    strcpy(scene.body, ADDED);
    serve(variables, REQUEST_BODY_WHOLE, NULL);
    scene.handler.keys = keys;
    assert_int_equal(scene.replies, 1);
    assert_int_equal(scene.exchange.response.status, 500);
    assert_int_equal(scene.joins, 0);
    tear_down();
}

/* TLS ends in front of us: signed for https, seen as http. */
static bool hinted(int64_t begun_us)
{
    static const char *const variables[] = {"REQUEST_METHOD=POST", FORM, "HTTP_HOST=h.example",
        TARGET,
                                            NULL};
    static char signature[SIGNATURE_SIZE];
    struct request *request = &scene.exchange.request;

    strcpy(scene.body, ADDED);
    sign(0, URL, true, signature);
    variables_read(request, variables);
    request->values[VARIABLE_HTTP_X_TWILIO_SIGNATURE] = signature;
    request->body = scene.body;
    request->body_length = strlen(scene.body);
    request->begun_us = begun_us;
    buffer_clear(&scene.exchange.log);
    handler_serve(&scene.handler, &scene.exchange);
    assert_int_equal(scene.exchange.response.status, 403);
    assert_string_equal(scene.exchange.response.body, "{}");
    return strstr(buffer_string(&scene.exchange.log), "hint=\"the signature matches " URL
                  ": set AUTOJOIN_PUBLIC_URL to it\"") != NULL;
}

static void a_hint_is_looked_for_once_a_second(void **state)
{
    (void)state;
    assert_int_equal(set_up(), 0);
    assert_true(hinted(10000000));
    assert_false(hinted(10000001));
    assert_false(hinted(10999999));
    assert_true(hinted(12000000));
    tear_down();
}

static void a_wrong_body_hash_gets_no_hint(void **state)
{
    static const char *const variables[] = {"REQUEST_METHOD=POST", JSON, HERE,
                                            TARGET "?bodySHA256=" HASH_OF_BRACES, NULL};
    char signature[SIGNATURE_SIZE];

    (void)state;
    assert_int_equal(set_up(), 0);
    strcpy(scene.body, "[]");
    sign(0, URL "?bodySHA256=" HASH_OF_BRACES, false, signature);
    serve(variables, REQUEST_BODY_WHOLE, signature);
    assert_int_equal(scene.exchange.response.status, 403);
    assert_null(strstr(buffer_string(&scene.exchange.log), "hint="));
    tear_down();
}

static void every_request_has_its_own_id(void **state)
{
    (void)state;
    assert_int_equal(set_up(), 0);
    scene.handler.id_next = 0xabc;
    serve_signed(ADDED);
    assert_non_null(strstr(buffer_string(&scene.exchange.log), "id=0000000000000abc"));
    serve_signed(ADDED);
    assert_non_null(strstr(buffer_string(&scene.exchange.log), "id=0000000000000abd"));
    tear_down();
}

int main(void)
{
    static struct cases cases;

    CASES_ADD_TABLE(&cases, is_answered, rows);
    CASES_ADD_TABLE(&cases, given_twice, twices);
    CASES_ADD_TABLE(&cases, is_proved_by_its_signer, signers);
    CASES_ADD(&cases, a_hint_is_found_by_a_shared_key);
    CASES_ADD_TABLE(&cases, a_verdict_is_answered, verdicts);
    CASES_ADD(&cases, the_request_names_conversation_service_event_and_deadline);
    CASES_ADD(&cases, no_service_is_none);
    CASES_ADD(&cases, the_answer_waits_for_the_join);
    CASES_ADD_TABLE(&cases, news_are_told_and_answered_as_ignored, news_rows);
    CASES_ADD(&cases, unsigned_news_are_not_told);
    CASES_ADD_TABLE(&cases, health_is_told, healths);
    CASES_ADD(&cases, faulty_settings_answer_500_to_everything);
    CASES_ADD(&cases, a_hint_is_looked_for_once_a_second);
    CASES_ADD(&cases, a_wrong_body_hash_gets_no_hint);
    CASES_ADD(&cases, every_request_has_its_own_id);
    return cases_run(&cases, "handler");
}
