/*
 * support/config_fingerprint: what changes it and what does not, that nobody without the token can try
 * secrets out on it, and what two of them say of each other.
 */
#include "build.h"

#include "cases.h"

#include <stdio.h>
#include <string.h>

#include "support/config_fingerprint.h"
#include "tempfolder.h"


#define REQUIRED                                               \
    "TWILIO_ACCOUNT_SID=AC00000000000000000000000000000001\n" \
    "TWILIO_AUTH_TOKEN=token\nTWILIO_IDENTITY=bot\n"

/* The fingerprint of that settings file and, at most, these variables. */
static void fingerprint(char text[CONFIG_FINGERPRINT_SIZE], const char *file, const char *variable)
{
    char name[512], other[512];
    char *environment[] = {name, other, NULL};
    struct buffer faults;
    struct config config;

    snprintf(name, sizeof name, "AUTOJOIN_CONFIG=%s", tempfolder_write("settings", file, strlen(file), 0600));
    snprintf(other, sizeof other, "%s", variable ? variable : "HOME=/");
    buffer_init(&faults, 4096);
    assert_int_equal(config_load(&config, environment, &faults), CONFIG_OK);
    assert_true(config_fingerprint(&config, text));
    assert_int_equal(strlen(text), CONFIG_FINGERPRINT_SIZE - 1);
    config_free(&config);
    buffer_free(&faults);
}

static const struct pair {
    const char *name;
    const char *file, *variable;
    const char *other_file, *other_variable;
    enum config_fingerprint_verdict verdict;
} pairs[] = {
    {"the same file", REQUIRED, NULL, REQUIRED, NULL, CONFIG_FINGERPRINT_SAME},
    {"other words for the same", REQUIRED "TWILIO_ENABLED=yes\nAUTOJOIN_DEADLINE_MS=4s\n", NULL,
     "# a remark\n" REQUIRED "AUTOJOIN_DEADLINE_MS='4000'\n", NULL, CONFIG_FINGERPRINT_SAME},
    {"another order", "AUTOJOIN_SPOOL_SYNC=yes\n" REQUIRED, NULL, REQUIRED "AUTOJOIN_SPOOL_SYNC=yes\n", NULL,
     CONFIG_FINGERPRINT_SAME},
    {"the file or the environment", REQUIRED "AUTOJOIN_SOURCES=SMS\n", NULL, REQUIRED, "AUTOJOIN_SOURCES=SMS",
     CONFIG_FINGERPRINT_SAME},
    {"another identity", REQUIRED, NULL, "TWILIO_IDENTITY=other\nTWILIO_AUTH_TOKEN=token\n"
     "TWILIO_ACCOUNT_SID=AC00000000000000000000000000000001\n", NULL, CONFIG_FINGERPRINT_OTHER},
    {"another token", REQUIRED, NULL, "TWILIO_IDENTITY=bot\nTWILIO_AUTH_TOKEN=token2\n"
     "TWILIO_ACCOUNT_SID=AC00000000000000000000000000000001\n", NULL, CONFIG_FINGERPRINT_OTHER},
    {"a second token", REQUIRED, NULL, REQUIRED "TWILIO_AUTH_TOKEN_SECONDARY=x\n", NULL,
     CONFIG_FINGERPRINT_OTHER},
    {"another secret of a key", REQUIRED "AUTOJOIN_SHARED_KEYS=a=b\n", NULL,
     REQUIRED "AUTOJOIN_SHARED_KEYS=a=c\n", NULL, CONFIG_FINGERPRINT_OTHER},
    {"a boolean", REQUIRED, NULL, REQUIRED "AUTOJOIN_LANDLOCK=yes\n", NULL, CONFIG_FINGERPRINT_OTHER},
    {"a number", REQUIRED, NULL, REQUIRED "AUTOJOIN_MAX_PENDING=511\n", NULL, CONFIG_FINGERPRINT_OTHER},
    {"a choice", REQUIRED, NULL, REQUIRED "AUTOJOIN_LOG_LEVEL=debug\n", NULL, CONFIG_FINGERPRINT_OTHER},
    {"an event", REQUIRED, NULL, REQUIRED "AUTOJOIN_EVENTS=onMessageAdded\n", NULL, CONFIG_FINGERPRINT_OTHER},
    {"a block", REQUIRED "AUTOJOIN_TRUSTED_PROXIES=10.0.0.0/8\n", NULL,
     REQUIRED "AUTOJOIN_TRUSTED_PROXIES=10.0.0.0/9\n", NULL, CONFIG_FINGERPRINT_OTHER},
    {"an entry that moved to the next one", REQUIRED "AUTOJOIN_IDENTITIES=ab,c\n", NULL,
     REQUIRED "AUTOJOIN_IDENTITIES=a,bc\n", NULL, CONFIG_FINGERPRINT_OTHER},
    {"a value that moved to the next setting", REQUIRED "AUTOJOIN_ATTRIBUTES={}\n", NULL,
     REQUIRED "AUTOJOIN_PROJECTED_ADDRESS={}\n", NULL, CONFIG_FINGERPRINT_OTHER},
    {"what only the operator's tool reads", REQUIRED, NULL,
     REQUIRED "AUTOJOIN_EVENTS_API_URL=https://e\nAUTOJOIN_WEBHOOKS_API_URL=https://w\n", NULL,
     CONFIG_FINGERPRINT_SAME},
    {"a variable of the web server's", REQUIRED, "AUTOJOIN_PUBLIC_URL=https://h/p", REQUIRED, NULL,
     CONFIG_FINGERPRINT_ENVIRONMENT},
    {"a variable that beats the file", REQUIRED "AUTOJOIN_SOURCES=SMS\n", "AUTOJOIN_SOURCES=API",
     REQUIRED "AUTOJOIN_SOURCES=SMS\n", NULL, CONFIG_FINGERPRINT_ENVIRONMENT},
    {"a variable, and a file that was changed", REQUIRED, "AUTOJOIN_SOURCES=API",
     REQUIRED "AUTOJOIN_LANDLOCK=yes\n", NULL, CONFIG_FINGERPRINT_OTHER},
};

static void two_say(void **state)
{
    const struct pair *row = *state;
    char ours[CONFIG_FINGERPRINT_SIZE], theirs[CONFIG_FINGERPRINT_SIZE];

    fingerprint(ours, row->file, row->variable);
    fingerprint(theirs, row->other_file, row->other_variable);
    assert_int_equal(config_fingerprint_compare(ours, theirs), row->verdict);
    assert_int_equal(config_fingerprint_compare(theirs, ours), row->verdict);
}

static void what_is_none_is_unknown(void **state)
{
    static const char *const others[] = {"", "0123456789abcdef", "0123456789abcdef0123456789abcdeF",
                                         "0123456789abcdef0123456789abcdef0", "<html>"};
    char ours[CONFIG_FINGERPRINT_SIZE];
    size_t i;

    (void)state;
    fingerprint(ours, REQUIRED, NULL);
    for (i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_int_equal(config_fingerprint_compare(ours, others[i]), CONFIG_FINGERPRINT_UNKNOWN);
    assert_int_equal(config_fingerprint_compare("", ours), CONFIG_FINGERPRINT_UNKNOWN);
}

/* Both halves: the token is the key of either, or a wordlist could be tried on them. */
static void without_the_token_nothing_is_told(void **state)
{
    char ours[CONFIG_FINGERPRINT_SIZE], theirs[CONFIG_FINGERPRINT_SIZE];
    struct config config = {.identity = NULL};

    (void)state;
    assert_false(config_fingerprint(&config, ours));
    assert_string_equal(ours, "");
    fingerprint(ours, REQUIRED, NULL);
    fingerprint(theirs, REQUIRED, "TWILIO_AUTH_TOKEN=token2"); /* the same file */
    assert_memory_not_equal(ours, theirs, 16);
    assert_memory_not_equal(ours + 16, theirs + 16, 16);
}

int main(void)
{
    static struct cases cases;
    int failed;

    tempfolder_make();
    CASES_ADD_TABLE(&cases, two_say, pairs);
    CASES_ADD(&cases, what_is_none_is_unknown);
    CASES_ADD(&cases, without_the_token_nothing_is_told);
    failed = cases_run(&cases, "config_fingerprint");
    tempfolder_remove();
    return failed;
}
