/* webhook/signature: every signed request of the official libraries' tests, and the edges. */
#include "build.h"

#include "cases.h"

#include <stdio.h>
#include <string.h>

#include "vectors.h"
#include "webhook/signature.h"
#include "webhook/signature_claim.h"

static struct vector vectors[VECTORS_LIMIT];

/* As the handler does it: a raw body needs its hash, and no parameters are signed with it. */
static bool judge(const struct vector *vector)
{
    const char *const tokens[] = {vector->token};
    struct signature_keys *keys = signature_keys_new(tokens, 1);
    static struct form form;
    static struct signature_parameters parameters;
    struct public_url_candidates urls;
    struct request request = {.body_state = REQUEST_BODY_WHOLE};
    struct signature_claim claim;
    char *body = strdup(vector->body);
    bool judged;
    size_t i;

    assert_non_null(keys);
    for (i = 0; i < vector->keys_count; i++)
        assert_true(signature_keys_add_shared(keys, vector->keys[i].id, vector->keys[i].secret));
    request.values[VARIABLE_HTTP_X_TWILIO_SIGNATURE] = vector->signature;
    request.values[VARIABLE_HTTP_X_TWILIO_WEBHOOKS_SIGNATURE_SETTINGS] = vector->settings;
    signature_claim_read(&claim, &request, keys);
    assert_true(public_url_vary_port(&urls, vector->url, strlen(vector->url)));
    form.count = 0;
    if (!vector->raw)
        assert_true(form_parse(&form, body, vector->body_length));
    signature_sort(&parameters, &form);
    judged = signature_matches(keys, &claim.candidates, urls.urls, urls.count, &parameters,
                               vector->signature, NULL) &&
             (!vector->raw || signature_body_hash_matches(urls.query, urls.query_length,
                                                          vector->body, vector->body_length));
    signature_keys_free(keys);
    free(body);
    return judged;
}

static void is_judged_right(void **state)
{
    const struct vector *vector = *state;

    assert_int_equal(judge(vector), vector->valid);
}

/* A request to sign and judge piece by piece. */
static struct {
    struct form form;
    struct signature_parameters parameters;
    struct public_url_candidates urls;
    char body[256];
} signing;

static void prepare(const char *url, const char *body)
{
    assert_true(public_url_vary_port(&signing.urls, url, strlen(url)));
    snprintf(signing.body, sizeof signing.body, "%s", body);
    assert_true(form_parse(&signing.form, signing.body, strlen(signing.body)));
    signature_sort(&signing.parameters, &signing.form);
}

static bool matches(struct signature_keys *keys, const char *given, struct signature_match *match)
{
    const struct signature_candidates candidates = {signature_keys_tokens(keys), SIGNATURE_SHA1};

    return signature_matches(keys, &candidates, signing.urls.urls, signing.urls.count,
                             &signing.parameters, given, match);
}

static void either_key_is_accepted(void **state)
{
    static const char *const both[] = {"primary", "secondary"}, *const second[] = {"secondary"},
                             *const third[] = {"third"};
    struct signature_keys *keys = signature_keys_new(both, 2), *old = signature_keys_new(second, 1),
                          *other = signature_keys_new(third, 1);
    char signature[SIGNATURE_SIZE];

    (void)state;
    prepare("https://h.example/p", "A=1");
    assert_true(signature_compute(old, 0, SIGNATURE_SHA1, &signing.urls.urls[0], &signing.parameters, signature));
    assert_true(matches(keys, signature, NULL));
    assert_true(signature_compute(keys, 0, SIGNATURE_SHA1, &signing.urls.urls[0], &signing.parameters, signature));
    assert_true(matches(keys, signature, NULL));
    assert_false(matches(old, signature, NULL));
    assert_true(signature_compute(other, 0, SIGNATURE_SHA1, &signing.urls.urls[0], &signing.parameters, signature));
    assert_false(matches(keys, signature, NULL));
    assert_false(signature_compute(keys, 2, SIGNATURE_SHA1, &signing.urls.urls[0], &signing.parameters, signature));
    signature_keys_free(keys);
    signature_keys_free(old);
    signature_keys_free(other);
}

static void keys_that_are_not_set_are_left_out(void **state)
{
    static const char *const gap[] = {NULL, "secondary", NULL}, *const none[] = {NULL, NULL};
    struct signature_keys *keys = signature_keys_new(gap, 3);
    char signature[SIGNATURE_SIZE];

    (void)state;
    assert_non_null(keys);
    prepare("https://h.example/p", "");
    assert_true(signature_compute(keys, 0, SIGNATURE_SHA1, &signing.urls.urls[0], &signing.parameters, signature));
    assert_false(signature_compute(keys, 1, SIGNATURE_SHA1, &signing.urls.urls[0], &signing.parameters, signature));
    assert_null(signature_keys_new(none, 2));
    assert_null(signature_keys_new(NULL, 0));
    signature_keys_free(keys);
    signature_keys_free(NULL);
}

static void the_url_that_matched_is_named(void **state)
{
    static const char *const token[] = {"t"};
    struct signature_keys *keys = signature_keys_new(token, 1);
    char signature[SIGNATURE_SIZE];
    struct signature_match match;
    size_t i;

    (void)state;
    prepare("https://h.example/p", "A=1");
    for (i = 0; i < signing.urls.count; i++) {
        match.url = 99;
        assert_true(
            signature_compute(keys, 0, SIGNATURE_SHA1, &signing.urls.urls[i], &signing.parameters, signature));
        assert_true(matches(keys, signature, &match));
        assert_int_equal(match.url, i);
    }
    signature_keys_free(keys);
}

static void no_byte_of_a_signature_may_differ(void **state)
{
    static const char *const token[] = {"t"};
    struct signature_keys *keys = signature_keys_new(token, 1);
    char signature[SIGNATURE_SIZE + 1] = "";
    size_t i;

    (void)state;
    prepare("https://h.example/p", "A=1");
    assert_true(signature_compute(keys, 0, SIGNATURE_SHA1, &signing.urls.urls[0], &signing.parameters, signature));
    assert_true(matches(keys, signature, NULL));
    for (i = 0; i < SIGNATURE_SHA1_LENGTH; i++) {
        char kept = signature[i];

        signature[i] = kept == 'A' ? 'B' : 'A';
        assert_false(matches(keys, signature, NULL));
        signature[i] = '\0'; /* a prefix */
        assert_false(matches(keys, signature, NULL));
        signature[i] = kept;
    }
    signature[SIGNATURE_SHA1_LENGTH] = ' ';
    assert_false(matches(keys, signature, NULL));
    assert_false(matches(keys, "", NULL));
    assert_false(matches(keys, NULL, NULL));
    signature_keys_free(keys);
}

/* The time must tell nothing of which came near; a time is hard to test, the key's state is not:
 * a long series on the same keys gives the same answers as fresh ones. */
static void keys_serve_any_number_of_requests(void **state)
{
    static const char *const tokens[] = {"a", "b"};
    struct signature_keys *keys = signature_keys_new(tokens, 2);
    char first[SIGNATURE_SIZE], again[SIGNATURE_SIZE];
    unsigned i;

    (void)state;
    prepare("https://h.example/p", "A=1&B=2");
    assert_true(signature_compute(keys, 1, SIGNATURE_SHA1, &signing.urls.urls[0], &signing.parameters, first));
    for (i = 0; i < 1000; i++) {
        assert_false(matches(keys, "AAAAAAAAAAAAAAAAAAAAAAAAAAA=", NULL));
        assert_true(signature_compute(keys, 1, SIGNATURE_SHA1, &signing.urls.urls[0], &signing.parameters, again));
        assert_string_equal(again, first);
    }
    signature_keys_free(keys);
}

static const struct sorting {
    const char *name;
    const char *body;
    const char *sorted; /* names and values, a bar behind each pair */
} sortings[] = {
    {"by name", "b=1&a=2", "a2|b1|"},
    {"capitals come first", "a=1&B=2", "B2|a1|"},
    {"a shorter name before a longer one", "ReasonConferenceEnded=t&Reason=P",
     "ReasonP|ReasonConferenceEndedt|"},
    {"values of one name", "A=5678&A=1234", "A1234|A5678|"},
    {"equal pairs once", "A=1&B=2&A=1", "A1|B2|"},
    {"equal names with other values stay", "A=1&A=2&A=1", "A1|A2|"},
    {"an empty value first", "A=1&A=", "A|A1|"},
    {"a shorter value before a longer one", "A=12&A=1", "A1|A12|"},
    {"high bytes behind ASCII", "%C3=1&z=2", "z2|\xc3" "1|"},
    {"nothing", "", ""},
};

static void is_sorted(void **state)
{
    const struct sorting *row = *state;
    char text[256] = "";
    size_t i, at = 0;

    prepare("https://h.example/p", row->body);
    for (i = 0; i < signing.parameters.count; i++) {
        const struct form_parameter *parameter = signing.parameters.sorted[i];

        memcpy(text + at, parameter->name, parameter->name_length);
        at += parameter->name_length;
        memcpy(text + at, parameter->value, parameter->value_length);
        at += parameter->value_length;
        text[at++] = '|';
    }
    assert_string_equal(text, row->sorted);
}

/* An embedded NUL is data: a signature over "A=x" must not hold for "A=x%00y". */
static void what_follows_a_nul_is_signed(void **state)
{
    static const char *const token[] = {"t"};
    struct signature_keys *keys = signature_keys_new(token, 1);
    char signature[SIGNATURE_SIZE];

    (void)state;
    prepare("https://h.example/p", "A=x");
    assert_true(signature_compute(keys, 0, SIGNATURE_SHA1, &signing.urls.urls[0], &signing.parameters, signature));
    prepare("https://h.example/p", "A=x%00y");
    assert_false(matches(keys, signature, NULL));
    signature_keys_free(keys);
}

/* Every signature of three keys by two algorithms, against every set of candidates: what matches is that key by
 * that algorithm, if it is among them, and nothing else. */
static void only_a_candidate_matches(void **state)
{
    static const char *const tokens[] = {"primary", "secondary"};
    struct signature_keys *keys = signature_keys_new(tokens, 2);
    size_t key, algorithm, other;
    unsigned set;

    (void)state;
    assert_true(signature_keys_add_shared(keys, "k1", "shared"));
    assert_int_equal(signature_keys_tokens(keys), 3);
    assert_int_equal(signature_keys_shared(keys), 4);
    assert_int_equal(signature_keys_find(keys, "k1x", 2), 4);
    assert_int_equal(signature_keys_find(keys, "k1x", 3), 0);
    assert_int_equal(signature_keys_find(keys, "", 0), 0);
    assert_null(signature_keys_id(keys, 1));
    assert_string_equal(signature_keys_id(keys, 2), "k1");
    prepare("https://h.example/p", "A=1");
    for (key = 0; key < 3; key++) {
        for (algorithm = 0; algorithm < SIGNATURE_ALGORITHMS; algorithm++) {
            char signature[SIGNATURE_SIZE];

            assert_true(signature_compute(keys, key, (enum signature_algorithm)algorithm,
                                          &signing.urls.urls[0], &signing.parameters, signature));
            assert_int_equal(strlen(signature), algorithm == SIGNATURE_SHA1 ? 28 : 44);
            for (other = 0; other < SIGNATURE_ALGORITHMS; other++) {
                for (set = 0; set < 8; set++) {
                    const struct signature_candidates candidates = {set, (enum signature_algorithm)other};
                    struct signature_match match = {9, 9};
                    bool right = set >> key & 1 && other == algorithm;

                    assert_int_equal(signature_matches(keys, &candidates, signing.urls.urls,
                                                       signing.urls.count, &signing.parameters,
                                                       signature, &match),
                                     right);
                    assert_int_equal(match.key, right ? key : 9);
                }
            }
        }
    }
    signature_keys_free(keys);
}

static void no_byte_of_a_long_signature_may_differ(void **state)
{
    static const char *const token[] = {"t"};
    struct signature_keys *keys = signature_keys_new(token, 1);
    const struct signature_candidates candidates = {1, SIGNATURE_SHA256};
    char signature[SIGNATURE_SIZE + 1] = "";
    size_t i;

    (void)state;
    prepare("https://h.example/p", "A=1");
    assert_true(signature_compute(keys, 0, SIGNATURE_SHA256, &signing.urls.urls[0], &signing.parameters,
                                  signature));
    for (i = 0; i < SIGNATURE_SHA256_LENGTH; i++) {
        char kept = signature[i];

        signature[i] = kept == 'A' ? 'B' : 'A';
        assert_false(signature_matches(keys, &candidates, signing.urls.urls, 1, &signing.parameters,
                                       signature, NULL));
        signature[i] = '\0'; /* a prefix */
        assert_false(signature_matches(keys, &candidates, signing.urls.urls, 1, &signing.parameters,
                                       signature, NULL));
        signature[i] = kept;
    }
    assert_true(signature_matches(keys, &candidates, signing.urls.urls, 1, &signing.parameters,
                                  signature, NULL));
    signature[SIGNATURE_SHA256_LENGTH] = ' ';
    assert_false(signature_matches(keys, &candidates, signing.urls.urls, 1, &signing.parameters,
                                   signature, NULL));
    signature_keys_free(keys);
}

static void there_are_no_more_keys_than_fit(void **state)
{
    static const char *const token[] = {"t"};
    struct signature_keys *keys = signature_keys_new(token, 1);
    size_t i;

    (void)state;
    for (i = 1; i < SIGNATURE_KEYS_LIMIT; i++)
        assert_true(signature_keys_add_shared(keys, "k", "s"));
    assert_false(signature_keys_add_shared(keys, "k", "s"));
    signature_keys_free(keys);
}

/* SHA-256 of "{}" and of nothing. */
#define HASH "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
#define HASH_UPPER "44136FA355B3678A1146AD16F7E8649E94FB4FC21FE77E8310C060F61CAAFF8A"
#define HASH_EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static const struct hash {
    const char *name;
    const char *query;
    const char *body;
    bool there, matches;
} hashes[] = {
    {"alone", "bodySHA256=" HASH, "{}", true, true},
    {"behind another", "a=1&bodySHA256=" HASH, "{}", true, true},
    {"before another", "bodySHA256=" HASH "&a=1", "{}", true, true},
    {"digits in upper case", "bodySHA256=" HASH_UPPER, "{}", true, true},
    {"of an empty body", "bodySHA256=" HASH_EMPTY, "", true, true},
    {"of another body", "bodySHA256=" HASH_EMPTY, "{}", true, false},
    {"one digit short",
     "bodySHA256=44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8", "{}", true,
     false},
    {"one digit too many", "bodySHA256=" HASH "0", "{}", true, false},
    {"empty", "bodySHA256=", "{}", true, false},
    {"the end of a longer name", "xbodySHA256=" HASH, "{}", false, false},
    {"in lower case", "bodysha256=" HASH, "{}", false, false},
    {"within a value", "a=bodySHA256=" HASH, "{}", false, false},
    {"absent", "a=1", "{}", false, false},
    {"no query", "", "{}", false, false},
};

static void a_body_hash_is_judged(void **state)
{
    const struct hash *row = *state;

    assert_int_equal(signature_has_body_hash(row->query, strlen(row->query)), row->there);
    assert_int_equal(signature_body_hash_matches(row->query, strlen(row->query), row->body,
                                                 strlen(row->body)),
                     row->matches);
}

int main(void)
{
    static struct cases cases;
    size_t count = vectors_load(vectors), i;
    int failed;

    for (i = 0; i < count; i++)
        cases_add_row(&cases, vectors[i].name, is_judged_right, &vectors[i]);
    CASES_ADD(&cases, either_key_is_accepted);
    CASES_ADD(&cases, keys_that_are_not_set_are_left_out);
    CASES_ADD(&cases, the_url_that_matched_is_named);
    CASES_ADD(&cases, no_byte_of_a_signature_may_differ);
    CASES_ADD(&cases, only_a_candidate_matches);
    CASES_ADD(&cases, no_byte_of_a_long_signature_may_differ);
    CASES_ADD(&cases, there_are_no_more_keys_than_fit);
    CASES_ADD(&cases, keys_serve_any_number_of_requests);
    CASES_ADD_TABLE(&cases, is_sorted, sortings);
    CASES_ADD(&cases, what_follows_a_nul_is_signed);
    CASES_ADD_TABLE(&cases, a_body_hash_is_judged, hashes);
    failed = cases_run(&cases, "signature");
    vectors_free(vectors, count);
    return failed;
}
