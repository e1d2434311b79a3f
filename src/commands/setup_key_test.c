#include "build.h"

#include "commands/setup_key_test.h"

#include <stdio.h>
#include <string.h>

#include "commands/setup_operation.h"
#include "support/clock.h"

enum {
    BREAK_MS = 2000,
    SETTLING_MS = 90 * 1000, /* 30 to 60 s are usual for a Setting */
    RELOAD_MS = 120 * 1000,  /* somebody restarts the responders meanwhile */
    RELOAD_UNASKED_MS = 10 * 1000, /* nobody is there to do it (--yes) */
};

/* What one test brought. */
enum outcome { OUTCOME_TAKEN, OUTCOME_SETTLING, OUTCOME_REFUSED, OUTCOME_BAD };

struct trial {
    enum outcome outcome;
    long status; /* of our answer; 0: none came */
    char words[ASK_MESSAGE_SIZE];
};

static void read_result(struct trial *trial, const json_t *result)
{
    const json_t *response = json_object_get(result, "response");

    trial->status = (long)json_integer_value(json_object_get(response, "statusCode"));
    snprintf(trial->words, sizeof trial->words, "%s", setup_key_text(result, "error"));
    if (trial->status / 100 == 2 || (trial->status == 0 && strcmp(setup_key_text(result, "outcome"), "DELIVERED") == 0))
        trial->outcome = OUTCOME_TAKEN;
    else
        trial->outcome = trial->status == 403 ? OUTCOME_REFUSED : OUTCOME_BAD;
}

/* 422 is said of a Setting that is not in force yet; the others, that Twilio is busy. */
static bool may_pass(long status)
{
    return status == 422 || status == 429 || status == 503 || status == 504;
}

static struct trial try_once(struct setup_key *key)
{
    json_t *body = json_pack("{s:s, s:s, s:s}", "url", key->url, "settingId", key->setting, "method", "POST");
    struct trial trial = {.outcome = OUTCOME_BAD};
    struct ask_answer answer;

    if (webhooks_api_write(&key->api, REST_POST, "Tests", NULL, body, &answer)) {
        read_result(&trial, json_object_get(answer.json, "result"));
    } else {
        trial.outcome = may_pass(answer.http_status) ? OUTCOME_SETTLING : OUTCOME_BAD;
        snprintf(trial.words, sizeof trial.words, "%s", answer.message);
    }
    ask_forget(&answer);
    return trial;
}

static void print_failure(const struct trial *trial)
{
    struct ask_answer answer = {.message = ""};

    snprintf(answer.message, sizeof answer.message, "%s%s%.150s",
             trial->outcome == OUTCOME_SETTLING ? "the Setting has not come into force after 90 s: " : "",
             trial->outcome == OUTCOME_BAD && trial->status ? "what answers at our URL does not take it: " : "",
             *trial->words ? trial->words : "no reason told");
    setup_failed("test webhook", &answer);
}

/* Refused until the end: who said --yes wants it done, and hears what is left to do. */
static bool end_refused(const struct setup_key *key)
{
    if (key->setup->options.yes) {
        puts("test webhook: answered 403: the responders have not read the new key yet. RESTART THEM NOW: what Twilio\n"
             "signs by it is refused until then.");
        return true;
    }
    setup_failed("test webhook",
                 &(struct ask_answer){.message = "answered 403: the responders have not read the new key"});
    return false;
}

bool setup_key_test(struct setup_key *key)
{
    int64_t begun_ms = clock_monotonic_ms(), refused_ms = 0;
    int64_t reload_ms = key->setup->options.yes ? RELOAD_UNASKED_MS : RELOAD_MS;
    bool told = false;

    for (;;) {
        struct trial trial = try_once(key);
        int64_t now_ms = clock_monotonic_ms();

        if (trial.outcome == OUTCOME_TAKEN) {
            printf("test webhook: answered %ld, the key holds\n", trial.status ? trial.status : 200);
            return true;
        }
        if (trial.outcome == OUTCOME_REFUSED && refused_ms == 0) {
            refused_ms = now_ms;
            printf("test webhook: answered 403: the responders have not read the key yet; waiting for %lld s\n",
                   (long long)reload_ms / 1000);
        }
        if (trial.outcome == OUTCOME_SETTLING && !told)
            puts("test webhook: the Setting comes into force in a minute or so; waiting");
        told = told || trial.outcome == OUTCOME_SETTLING;
        fflush(stdout);
        if (trial.outcome == OUTCOME_REFUSED && now_ms - refused_ms >= reload_ms)
            return end_refused(key);
        if (trial.outcome == OUTCOME_BAD || (trial.outcome == OUTCOME_SETTLING && now_ms - begun_ms > SETTLING_MS)) {
            print_failure(&trial);
            return false;
        }
        if (!setup_operation_pause(key->setup, BREAK_MS))
            return false;
    }
}
