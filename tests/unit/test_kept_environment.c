/*
 * support/kept_environment: what is a setting is kept, in its order, and survives that the environment is scrubbed.
 */
#include "build.h"

#include "cases.h"

#include "support/config_fingerprint.h"
#include "support/kept_environment.h"

#define REQUIRED "TWILIO_ACCOUNT_SID=AC00000000000000000000000000000001"

static void settings_are_kept_and_nothing_else(void **state)
{
    char no_file[] = "AUTOJOIN_CONFIG=/dev/null", account[] = REQUIRED, token[] = "TWILIO_AUTH_TOKEN=secret";
    char keys[] = "AUTOJOIN_SHARED_KEYS=a=b, c=d=e", identity[] = "TWILIO_IDENTITY=bot", other[] = "HOME=/root";
    char odd[] = "XTWILIO_IDENTITY=x", again[] = "TWILIO_AUTH_TOKEN=second", url[] = "AUTOJOIN_PUBLIC_URL=https://u:p@h/";
    char *const environment[] = {other, no_file, token, odd, account, keys, identity, again, url, NULL};
    struct kept_environment *kept = kept_environment_new(environment);
    char first[CONFIG_FINGERPRINT_SIZE], second[CONFIG_FINGERPRINT_SIZE];
    struct config config, next;
    struct buffer faults;
    char *const *variables;
    size_t count = 0;

    (void)state;
    assert_non_null(kept);
    buffer_init(&faults, 4096);
    assert_int_equal(config_load(&config, environment, &faults), CONFIG_OK);
    config_scrub_environment(environment);
    variables = kept_environment_variables(kept, &config);
    while (variables[count])
        count++;
    assert_int_equal(count, 6);
    assert_int_equal(config_load(&next, variables, &faults), CONFIG_OK);
    kept_environment_forget(kept);
    assert_true(config_fingerprint(&config, first) && config_fingerprint(&next, second));
    assert_string_equal(first, second);
    assert_string_equal(next.auth_token, "secret");
    assert_string_equal(next.shared_keys.secrets[1], "d=e");
    config_free(&config);
    config_free(&next);
    kept_environment_free(kept);
    buffer_free(&faults);
}

static void of_nothing_nothing_is_kept(void **state)
{
    char other[] = "HOME=/root";
    char *const environment[] = {other, NULL};
    struct kept_environment *kept = kept_environment_new(environment);
    struct config config = {.auth_token = NULL};

    (void)state;
    assert_non_null(kept);
    assert_null(kept_environment_variables(kept, &config)[0]);
    kept_environment_free(kept);
    kept_environment_free(NULL);
}

int main(void)
{
    static struct cases cases;

    CASES_ADD(&cases, settings_are_kept_and_nothing_else);
    CASES_ADD(&cases, of_nothing_nothing_is_kept);
    return cases_run(&cases, "kept_environment");
}
