/* webhook/signature_claim: which keys and which algorithm the headers leave. */
#include "build.h"

#include "cases.h"

#include <stdio.h>
#include <string.h>

#include "variables.h"
#include "webhook/signature_claim.h"

#define SETTINGS "HTTP_X_TWILIO_WEBHOOKS_SIGNATURE_SETTINGS="
#define KEY_SID "HTTP_X_TWILIO_SIGNATURE_KEY_SID="
#define SHORT "HTTP_X_TWILIO_SIGNATURE=AAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define LONG "HTTP_X_TWILIO_SIGNATURE=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

/* Keys 0 and 1 are auth tokens, 2 and 3 SharedKeys. */
enum { TOKENS = 3, A = 4, B = 8, NONE = 0 };

static const struct row {
    const char *name;
    const char *variables[4];
    enum signature_claim_status status;
    unsigned keys;
    enum signature_algorithm algorithm;
    const char *key, *said; /* as they are named */
} rows[] = {
    /* Without a settings header. */
    {"no header, 28 characters", {SHORT}, SIGNATURE_CLAIM_OK, TOKENS, SIGNATURE_SHA1, "", ""},
    {"no header, 44 characters", {LONG}, SIGNATURE_CLAIM_OK, A | B, SIGNATURE_SHA256, "", ""},
    {"no header, no signature", {NULL}, SIGNATURE_CLAIM_OK, TOKENS, SIGNATURE_SHA1, "", ""},
    {"an empty header is none", {SHORT, SETTINGS, KEY_SID}, SIGNATURE_CLAIM_OK, TOKENS, SIGNATURE_SHA1, "", ""},
    {"a key SID, 28 characters", {SHORT, KEY_SID "a"}, SIGNATURE_CLAIM_OK, TOKENS | A | B, SIGNATURE_SHA1, "a", ""},
    {"a key SID, 44 characters", {LONG, KEY_SID "a"}, SIGNATURE_CLAIM_OK, A | B, SIGNATURE_SHA256, "a", ""},
    {"a key SID that nobody knows", {LONG, KEY_SID "z"}, SIGNATURE_CLAIM_OK, A | B, SIGNATURE_SHA256, "z", ""},
    {"a settings header beats a key SID", {LONG, KEY_SID "b", SETTINGS "key=a,algorithm=HMAC_SHA256"},
     SIGNATURE_CLAIM_OK, A, SIGNATURE_SHA256, "a", "HMAC_SHA256"},
    /* The grammar, as twilio-node 6.3.1 reads it. */
    {"key and algorithm", {LONG, SETTINGS "key=a,algorithm=HMAC_SHA256"}, SIGNATURE_CLAIM_OK, A, SIGNATURE_SHA256, "a", "HMAC_SHA256"},
    {"swapped", {LONG, SETTINGS "algorithm=HMAC_SHA256,key=b"}, SIGNATURE_CLAIM_OK, B, SIGNATURE_SHA256, "b", "HMAC_SHA256"},
    {"HMAC_SHA1", {SHORT, SETTINGS "key=a,algorithm=HMAC_SHA1"}, SIGNATURE_CLAIM_OK, A, SIGNATURE_SHA1, "a", "HMAC_SHA1"},
    {"small letters", {LONG, SETTINGS "key=a,algorithm=hmac_sha256"}, SIGNATURE_CLAIM_OK, A, SIGNATURE_SHA256, "a", "hmac_sha256"},
    {"blanks and tabs", {LONG, SETTINGS " key\t= a , algorithm =\tHMAC_SHA256 "}, SIGNATURE_CLAIM_OK, A, SIGNATURE_SHA256, "a", "HMAC_SHA256"},
    {"unknown members", {LONG, SETTINGS "v=1,key=a,x,algorithm=HMAC_SHA256,=,"}, SIGNATURE_CLAIM_OK, A, SIGNATURE_SHA256, "a", "HMAC_SHA256"},
    {"a name in capitals is another", {SHORT, SETTINGS "key=a,Algorithm=HMAC_SHA256"}, SIGNATURE_CLAIM_OK, A, SIGNATURE_SHA1, "a", ""},
    {"no algorithm is HMAC_SHA1", {SHORT, SETTINGS "key=a"}, SIGNATURE_CLAIM_OK, A, SIGNATURE_SHA1, "a", ""},
    {"an algorithm without a value", {SHORT, SETTINGS "key=a,algorithm=,algorithm"}, SIGNATURE_CLAIM_OK, A, SIGNATURE_SHA1, "a", ""},
    {"the first that is not empty", {LONG, SETTINGS "algorithm=,key=a,algorithm=HMAC_SHA256"}, SIGNATURE_CLAIM_OK, A, SIGNATURE_SHA256, "a", "HMAC_SHA256"},
    {"the first of two", {SHORT, SETTINGS "key=a,algorithm=HMAC_SHA1, key=b,algorithm=HMAC_SHA256"}, SIGNATURE_CLAIM_OK, A, SIGNATURE_SHA1, "a", "HMAC_SHA1"},
    {"no key is the auth tokens", {SHORT, SETTINGS "algorithm=HMAC_SHA1"}, SIGNATURE_CLAIM_OK, TOKENS, SIGNATURE_SHA1, "", "HMAC_SHA1"},
    {"no key, HMAC_SHA256", {LONG, SETTINGS "algorithm=HMAC_SHA256"}, SIGNATURE_CLAIM_OK, TOKENS, SIGNATURE_SHA256, "", "HMAC_SHA256"},
    {"no members at all", {SHORT, SETTINGS "x"}, SIGNATURE_CLAIM_OK, TOKENS, SIGNATURE_SHA1, "", ""},
    {"semicolons separate nothing", {SHORT, SETTINGS "key=a;algorithm=HMAC_SHA256"}, SIGNATURE_CLAIM_UNKNOWN_KEY, NONE, SIGNATURE_SHA1, "a;algorithm=HMAC_SHA256", ""},
    {"an unknown key", {LONG, SETTINGS "key=z,algorithm=HMAC_SHA256"}, SIGNATURE_CLAIM_UNKNOWN_KEY, NONE, SIGNATURE_SHA1, "z", "HMAC_SHA256"},
    {"an unknown key of 28 characters", {SHORT, SETTINGS "key=z"}, SIGNATURE_CLAIM_UNKNOWN_KEY, NONE, SIGNATURE_SHA1, "z", ""},
    {"a key's beginning", {LONG, SETTINGS "key=aa,algorithm=HMAC_SHA256"}, SIGNATURE_CLAIM_UNKNOWN_KEY, NONE, SIGNATURE_SHA1, "aa", "HMAC_SHA256"},
    {"a key in capitals", {LONG, SETTINGS "key=A,algorithm=HMAC_SHA256"}, SIGNATURE_CLAIM_UNKNOWN_KEY, NONE, SIGNATURE_SHA1, "A", "HMAC_SHA256"},
    {"an unknown algorithm", {LONG, SETTINGS "key=a,algorithm=HMAC_SHA512"}, SIGNATURE_CLAIM_UNKNOWN_ALGORITHM, NONE, SIGNATURE_SHA256, "a", "HMAC_SHA512"},
    {"a quoted algorithm", {LONG, SETTINGS "key=a,algorithm=\"HMAC_SHA256\""}, SIGNATURE_CLAIM_UNKNOWN_ALGORITHM, NONE, SIGNATURE_SHA256, "a", "\"HMAC_SHA256\""},
    {"more behind the algorithm", {LONG, SETTINGS "key=a,algorithm=HMAC_SHA256=x"}, SIGNATURE_CLAIM_UNKNOWN_ALGORITHM, NONE, SIGNATURE_SHA256, "a", "HMAC_SHA256=x"},
    {"an algorithm's beginning", {LONG, SETTINGS "key=a,algorithm=HMAC_SHA2"}, SIGNATURE_CLAIM_UNKNOWN_ALGORITHM, NONE, SIGNATURE_SHA256, "a", "HMAC_SHA2"},
};

static void is_read(void **state)
{
    static const char *const tokens[] = {"t1", "t2"};
    const struct row *row = *state;
    struct signature_keys *keys = signature_keys_new(tokens, 2);
    struct signature_claim claim;
    struct request request;

    assert_true(signature_keys_add_shared(keys, "a", "s1") && signature_keys_add_shared(keys, "b", "s2"));
    variables_read(&request, row->variables);
    signature_claim_read(&claim, &request, keys);
    assert_int_equal(claim.status, row->status);
    assert_int_equal(claim.candidates.keys, row->keys);
    if (claim.status == SIGNATURE_CLAIM_OK)
        assert_int_equal(claim.candidates.algorithm, row->algorithm);
    assert_int_equal(claim.key_length, strlen(row->key));
    assert_memory_equal(claim.key, row->key, claim.key_length);
    assert_int_equal(claim.algorithm_length, strlen(row->said));
    assert_memory_equal(claim.algorithm, row->said, claim.algorithm_length);
    signature_keys_free(keys);
}

/* Whatever the headers say: without SharedKeys none is tried, and HMAC_SHA256 only where it is said. */
static void without_shared_keys_there_are_the_tokens(void **state)
{
    static const char *const token[] = {"t"};
    const struct row *row = *state;
    struct signature_keys *keys = signature_keys_new(token, 1);
    struct signature_claim claim;
    struct request request;

    variables_read(&request, row->variables);
    signature_claim_read(&claim, &request, keys);
    assert_true(claim.candidates.keys <= 1);
    assert_true(claim.candidates.keys == 0 || row->key[0] == '\0' || claim.header == SIGNATURE_CLAIM_BY_KEY_SID);
    signature_keys_free(keys);
}

int main(void)
{
    static struct cases cases;

    CASES_ADD_TABLE(&cases, is_read, rows);
    CASES_ADD_TABLE(&cases, without_shared_keys_there_are_the_tokens, rows);
    return cases_run(&cases, "webhook/signature_claim");
}
