#include "build.h"

#include "webhook/proof.h"

#include <string.h>
#include <strings.h>

#include "support/clock.h"
#include "webhook/hint.h"
#include "webhook/signature_claim.h"

enum { HINT_EVERY_US = 1000000 };

/* Where a variable is read: bits. */
enum reading {
    READ_ALWAYS = 1 << 0,
    READ_FOR_URL = 1 << 1,     /* without AUTOJOIN_PUBLIC_URL */
    READ_X_FORWARDED = 1 << 2, /* from a trusted proxy, with AUTOJOIN_FORWARDED=x-forwarded */
    READ_FORWARDED = 1 << 3,   /* the same with =forwarded */
};

/* What must be there once, where it is read. REMOTE_ADDR, SCRIPT_NAME and their like are the web server's own:
 * no header becomes one of them. X-Forwarded-For is nobody's: every second proxy in a row adds one. */
static const struct {
    enum variable variable;
    enum reading where;
} once[] = {
    {VARIABLE_HTTP_X_TWILIO_SIGNATURE, READ_ALWAYS},
    {VARIABLE_HTTP_X_TWILIO_SIGNATURE_KEY_SID, READ_ALWAYS},
    {VARIABLE_HTTP_X_TWILIO_WEBHOOKS_SIGNATURE_SETTINGS, READ_ALWAYS},
    {VARIABLE_CONTENT_LENGTH, READ_ALWAYS},
    {VARIABLE_CONTENT_TYPE, READ_ALWAYS},
    {VARIABLE_REQUEST_URI, READ_ALWAYS},
    {VARIABLE_HTTPS, READ_FOR_URL},
    {VARIABLE_HTTP_HOST, READ_FOR_URL},
    {VARIABLE_HTTP_X_FORWARDED_PROTO, READ_X_FORWARDED},
    {VARIABLE_HTTP_X_FORWARDED_HOST, READ_X_FORWARDED},
    {VARIABLE_HTTP_X_FORWARDED_PORT, READ_X_FORWARDED},
    {VARIABLE_HTTP_FORWARDED, READ_FORWARDED},
};

static unsigned what_is_read(const struct request *request, const struct config *config)
{
    unsigned where = READ_ALWAYS;

    if (!config->public_url)
        where |= READ_FOR_URL;
    switch (public_url_forwarded(config, request)) {
    case FORWARDED_X:
        return where | READ_X_FORWARDED;
    case FORWARDED_RFC7239:
        return where | READ_FORWARDED;
    case FORWARDED_NO:
        break;
    }
    return where;
}

/* A variable given twice is somebody's forgery or a front's misconfiguration, and gateways
 * differ in which one they mean. What is not read may be there as often as it likes. */
static const char *find_twice_given(const struct request *request, const struct config *config)
{
    unsigned where = what_is_read(request, config);
    size_t i;

    for (i = 0; i < sizeof once / sizeof once[0]; i++)
        if (request->counts[once[i].variable] > 1 && (once[i].where & where))
            return request_variable_name(once[i].variable);
    return NULL;
}

static enum answer build_urls(struct proof *proof, const struct config *config,
                              const struct request *request, const char **reason)
{
    switch (public_url_build(&proof->urls, &proof->url_text, config, request)) {
    case PUBLIC_URL_OK:
        return ANSWER_NONE;
    case PUBLIC_URL_BAD_TARGET:
        *reason = "REQUEST_URI is no plain path or URL";
        break;
    case PUBLIC_URL_NO_HOST:
        *reason = "no usable host in the request: set AUTOJOIN_PUBLIC_URL";
        break;
    case PUBLIC_URL_BAD_FORWARDED:
        *reason = "the proxy's forwarded header is not one plain value";
        break;
    case PUBLIC_URL_NO_MEMORY:
        *reason = "out of memory";
        return ANSWER_RETRY_LATER;
    }
    return ANSWER_BAD_REQUEST;
}

/* A JSON body is proved by its hash, which stands in the query that is signed. */
static bool is_body_proved(const struct proof *proof, const struct request *request)
{
    return !proof->json ||
           signature_body_hash_matches(proof->urls.query, proof->urls.query_length, request->body,
                                       request->body_length);
}

/* What the headers say, for the log of a signature that does not hold. */
static void tell_claim(struct answer_signer *signer, const struct signature_claim *claim)
{
    *signer = (struct answer_signer){
        .key = claim->key,
        .key_length = claim->key_length,
        .algorithm = claim->algorithm,
        .algorithm_length = claim->algorithm_length,
        .header = signature_claim_header_name(claim->header),
    };
}

/* What proved it. */
static void tell_signer(struct answer_signer *signer, const struct signature_claim *claim,
                        const struct signature_keys *keys, size_t key)
{
    static const struct {
        const char *kind;
        enum stats_counter counters[SIGNATURE_ALGORITHMS];
    } kinds[] = {
        {"auth-token", {STATS_TOKEN_SHA1, STATS_TOKEN_SHA256}},
        {"auth-token-secondary", {STATS_SECONDARY_SHA1, STATS_SECONDARY_SHA256}},
        {"shared-key", {STATS_SHARED_KEY_SHA1, STATS_SHARED_KEY_SHA256}},
    };
    const char *id = signature_keys_id(keys, key);
    const char *algorithm = signature_algorithm_name(claim->candidates.algorithm);
    size_t kind = id ? 2 : key > 0; /* the secondary token stands behind the other, which is required */

    *signer = (struct answer_signer){
        .proved = true,
        .counter = kinds[kind].counters[claim->candidates.algorithm],
        .kind = kinds[kind].kind,
        .key = id,
        .key_length = id ? strlen(id) : 0,
        .algorithm = algorithm,
        .algorithm_length = strlen(algorithm),
        .header = signature_claim_header_name(claim->header),
    };
}

static bool is_url_signed(const struct proof *proof, struct signature_keys *keys,
                          const struct request *request, const struct signature_claim *claim,
                          struct signature_match *match)
{
    return claim->status == SIGNATURE_CLAIM_OK &&
           signature_matches(keys, &claim->candidates, proof->urls.urls, proof->urls.count,
                             &proof->parameters,
                             request_variable(request, VARIABLE_HTTP_X_TWILIO_SIGNATURE), match);
}

/* At most once a second, so that a flood of forgeries costs no more than it must. */
static void look_for_hint(const struct proof *proof, const struct proof_means *means,
                          const struct request *request, const struct signature_claim *claim,
                          struct answer_facts *facts)
{
    int64_t now = request->begun_us, begun;

    if (!request_variable(request, VARIABLE_HTTP_X_TWILIO_SIGNATURE)) {
        facts->reason = "no X-Twilio-Signature (some CGI servers pass no such header on)";
        return;
    }
    if (claim->status != SIGNATURE_CLAIM_OK) {
        facts->reason = claim->status == SIGNATURE_CLAIM_UNKNOWN_KEY
                            ? "signed by a SharedKey that AUTOJOIN_SHARED_KEYS does not have"
                            : "signed by an algorithm that is neither HMAC_SHA1 nor HMAC_SHA256";
        return;
    }
    facts->reason = request_variable(request, VARIABLE_REQUEST_URI)
                        ? "the signature does not match"
                        : "the signature does not match (no REQUEST_URI: the URL is a guess)";
    if (*means->hinted_us != 0 && now - *means->hinted_us < HINT_EVERY_US)
        return;
    begun = clock_monotonic_us();
    hint_find(&facts->hint, &proof->urls, means->config, request, means->keys,
              &claim->candidates, &proof->parameters);
    /* From its end: the search itself takes a while. */
    *means->hinted_us = now + clock_monotonic_us() - begun;
}

static bool is_media_type(const char *content_type, const char *wanted)
{
    size_t length = strlen(wanted);

    content_type += strspn(content_type, " \t");
    return strncasecmp(content_type, wanted, length) == 0 &&
           strchr("; \t", content_type[length]) != NULL;
}

bool proof_is_form(const char *content_type)
{
    return is_media_type(content_type, "application/x-www-form-urlencoded");
}

/* Of the last two nobody has seen Twilio send one (CloudEvents 1.0, HTTP binding, 3.1.1 and 3.3.1). */
bool proof_is_json(const char *content_type)
{
    return is_media_type(content_type, "application/json") ||
           is_media_type(content_type, "application/cloudevents+json") ||
           is_media_type(content_type, "application/cloudevents-batch+json");
}

void proof_init(struct proof *proof)
{
    proof->json = false;
    proof->form.count = 0;
    buffer_init(&proof->url_text, PUBLIC_URL_LIMIT);
}

void proof_free(struct proof *proof)
{
    buffer_free(&proof->url_text);
}

enum answer proof_judge(struct proof *proof, const struct proof_means *means,
                        const struct request *request, struct answer_facts *facts)
{
    const char *twice = find_twice_given(request, means->config);
    struct signature_claim claim;
    struct signature_match match = {0, 0};
    enum answer answer;

    if (twice) {
        facts->reason = "given twice";
        facts->variable = twice;
        return ANSWER_BAD_REQUEST;
    }
    answer = build_urls(proof, means->config, request, &facts->reason);
    if (answer != ANSWER_NONE)
        return answer;
    if (!proof->json && !form_parse(&proof->form, request->body, request->body_length)) {
        facts->reason = "too many parameters";
        return ANSWER_BAD_REQUEST;
    }
    signature_sort(&proof->parameters, &proof->form);
    facts->url = &proof->urls.urls[0];
    facts->form = &proof->form;
    signature_claim_read(&claim, request, means->keys);
    tell_claim(&facts->signer, &claim);
    if (!is_url_signed(proof, means->keys, request, &claim, &match)) {
        look_for_hint(proof, means, request, &claim, facts);
        return ANSWER_FORBIDDEN;
    }
    if (!is_body_proved(proof, request)) {
        facts->reason = "the body is not the one of bodySHA256";
        return ANSWER_FORBIDDEN;
    }
    tell_signer(&facts->signer, &claim, means->keys, match.key);
    facts->url = NULL;
    facts->form = NULL;
    return ANSWER_NONE;
}
