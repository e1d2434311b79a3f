/*
 * support/config: every setting's name, default and range; file and environment; and faults, all
 * told at once, by name, never with a value.
 */
#include "build.h"

#include "cases.h"

#include <stdio.h>
#include <string.h>

#include "support/config.h"
#include "tempfolder.h"

#define AC "AC00000000000000000000000000000001"
#define IS "IS00000000000000000000000000000001"
#define RL "RL00000000000000000000000000000001"

enum { VARIABLES_LIMIT = 24 };

/* What is loaded, and from what. */
static struct {
    struct config config;
    struct buffer faults;
    char variables[VARIABLES_LIMIT][512];
    char *environment[VARIABLES_LIMIT + 1];
    unsigned count;
} loaded;

static void add_variable(const char *entry)
{
    assert_true(loaded.count < VARIABLES_LIMIT && strlen(entry) < sizeof loaded.variables[0]);
    strcpy(loaded.variables[loaded.count], entry);
    loaded.environment[loaded.count] = loaded.variables[loaded.count];
    loaded.environment[++loaded.count] = NULL;
}

/* Begins with a settings file of that content, so that the machine's own is never read. */
static void begin(const char *file)
{
    char entry[512];

    loaded.count = 0;
    buffer_init(&loaded.faults, 16 * 1024);
    snprintf(entry, sizeof entry, "AUTOJOIN_CONFIG=%s",
             tempfolder_write("settings", file, strlen(file), 0600));
    add_variable(entry);
}

#define REQUIRED \
    "TWILIO_ACCOUNT_SID=" AC "\nTWILIO_AUTH_TOKEN=token-from-file\nTWILIO_IDENTITY=bot-from-file\n"

static enum config_status load(void)
{
    return config_load(&loaded.config, loaded.environment, &loaded.faults);
}

static void end(void)
{
    config_free(&loaded.config);
    buffer_free(&loaded.faults);
}

static unsigned count_faults(void)
{
    const char *at = buffer_string(&loaded.faults);
    unsigned count = 0;

    while ((at = strchr(at, '\n'))) {
        count++;
        at++;
    }
    return count;
}

static void assert_loads(void)
{
    enum config_status status = load();

    if (status != CONFIG_OK)
        print_message("%s", buffer_string(&loaded.faults));
    assert_int_equal(status, CONFIG_OK);
    assert_int_equal(loaded.faults.length, 0);
}

enum shape { TEXT, NUMBER, TRUTH, CHOICE, ITEMS, BLOCKS, KEYS };

#define AT(member) offsetof(struct config, member)

/* The table of the contract: what each setting is if nothing is said, and what it takes. */
static const struct row {
    const char *name;
    size_t at;
    enum shape shape;
    const char *standard; /* NULL: none */
    uint64_t standard_number;
    const char *value;
    const char *text; /* TEXT: what is stored */
    uint64_t number;  /* of the other shapes; of lists, their length */
    const char *also; /* another setting that it needs */
} rows[] = {
    {"TWILIO_AUTH_TOKEN_SECONDARY", AT(auth_token_secondary), TEXT, NULL, 0, "old", "old", 0, NULL},
    {"AUTOJOIN_SHARED_KEYS", AT(shared_keys), KEYS, NULL, 0, "k1=s1, k2=s=2", NULL, 2, NULL},
    {"TWILIO_API_KEY", AT(api_key), TEXT, NULL, 0, "SK1", "SK1", 0, "TWILIO_API_SECRET=s"},
    {"TWILIO_API_SECRET", AT(api_secret), TEXT, NULL, 0, "secret", "secret", 0,
     "TWILIO_API_KEY=SK1"},
    {"TWILIO_CHAT_SERVICE_SID", AT(chat_service_sid), TEXT, NULL, 0, IS, IS, 0, NULL},
    {"TWILIO_ENABLED", AT(enabled), TRUTH, NULL, 1, "false", NULL, 0, NULL},
    {"AUTOJOIN_PUBLIC_URL", AT(public_url), TEXT, NULL, 0, "https://h/p", "https://h/p", 0, NULL},
    {"AUTOJOIN_FORWARDED", AT(forwarded), CHOICE, NULL, FORWARDED_NO, "x-forwarded", NULL,
     FORWARDED_X, "AUTOJOIN_TRUSTED_PROXIES=::1"},
    {"AUTOJOIN_TRUSTED_PROXIES", AT(trusted_proxies), BLOCKS, NULL, 0, "10.0.0.0/8, ::1", NULL, 2,
     NULL},
    {"AUTOJOIN_EVENTS", AT(events), CHOICE, NULL, SETTING_ON_CONVERSATION_ADDED,
     "onConversationAdded,onMessageAdded", NULL,
     SETTING_ON_CONVERSATION_ADDED | SETTING_ON_MESSAGE_ADDED, NULL},
    {"AUTOJOIN_SOURCES", AT(sources), ITEMS, NULL, 0, "SMS,API", NULL, 2, NULL},
    {"AUTOJOIN_ROLE_SID", AT(role_sid), TEXT, NULL, 0, RL, RL, 0, NULL},
    {"AUTOJOIN_ATTRIBUTES", AT(attributes), TEXT, NULL, 0, "{\"a\":1}", "{\"a\":1}", 0, NULL},
    {"AUTOJOIN_PROJECTED_ADDRESS", AT(projected_address), TEXT, NULL, 0, "+1415", "+1415", 0, NULL},
    {"AUTOJOIN_API_URL", AT(api_url), TEXT, "https://conversations.twilio.com", 0,
     "http://127.0.0.1:8080/", "http://127.0.0.1:8080", 0, NULL},
    {"AUTOJOIN_WEBHOOKS_API_URL", AT(webhooks_api_url), TEXT, "https://webhooks.twilio.com", 0,
     "http://127.0.0.1:8080/", "http://127.0.0.1:8080", 0, NULL},
    {"AUTOJOIN_EVENTS_API_URL", AT(events_api_url), TEXT, "https://events.twilio.com", 0,
     "http://[::1]:8080/", "http://[::1]:8080", 0, NULL},
    {"AUTOJOIN_CA_FILE", AT(ca_file), TEXT, NULL, 0, "/ca.pem", "/ca.pem", 0, NULL},
    {"AUTOJOIN_PROXY", AT(proxy), TEXT, NULL, 0, "http://p:3128", "http://p:3128", 0, NULL},
    {"AUTOJOIN_DEADLINE_MS", AT(deadline_ms), NUMBER, NULL, 4000, "4500", NULL, 4500, NULL},
    {"AUTOJOIN_CONNECT_TIMEOUT_MS", AT(connect_timeout_ms), NUMBER, NULL, 1500, "1s", NULL, 1000,
     NULL},
    {"AUTOJOIN_MAX_PENDING", AT(max_pending), NUMBER, NULL, 512, "1", NULL, 1, NULL},
    {"AUTOJOIN_MAX_BODY", AT(max_body), NUMBER, NULL, 65536, "4096", NULL, 4096, NULL},
    {"AUTOJOIN_SPOOL_DIR", AT(spool_dir), TEXT, NULL, 0, "/spool", "/spool", 0, NULL},
    {"AUTOJOIN_SPOOL_SYNC", AT(spool_sync), TRUTH, NULL, 0, "yes", NULL, 1, NULL},
    {"AUTOJOIN_SPOOL_MAX", AT(spool_max), NUMBER, NULL, 100000, "5", NULL, 5, NULL},
    {"AUTOJOIN_SPOOL_GIVE_UP", AT(spool_give_up_ms), NUMBER, NULL, 604800000, "2h", NULL, 7200000,
     NULL},
    {"AUTOJOIN_CAPTURE_DIR", AT(capture_dir), TEXT, NULL, 0, "/capture", "/capture", 0, NULL},
    {"AUTOJOIN_PRECONNECT", AT(preconnect), TRUTH, NULL, 1, "no", NULL, 0, NULL},
    {"AUTOJOIN_STATS_FILE", AT(stats_file), TEXT, NULL, 0, "/stats", "/stats", 0, NULL},
    {"AUTOJOIN_LANDLOCK", AT(landlock), TRUTH, NULL, 0, "yes", NULL, 1, NULL},
    {"AUTOJOIN_LOG_TO", AT(log_to), CHOICE, NULL, LOG_TO_AUTO, "stderr", NULL, LOG_TO_STDERR, NULL},
    {"AUTOJOIN_LOG_FORMAT", AT(log_format), CHOICE, NULL, LOG_FORMAT_LOGFMT, "json", NULL,
     LOG_FORMAT_JSON, NULL},
    {"AUTOJOIN_LOG_LEVEL", AT(log_level), CHOICE, NULL, LOG_LEVEL_INFO, "debug", NULL,
     LOG_LEVEL_DEBUG, NULL},
};

static void assert_member(const struct row *row, const char *text, uint64_t number)
{
    const void *member = (const char *)&loaded.config + row->at;

    switch (row->shape) {
    case TEXT:
        if (text)
            assert_string_equal(*(char *const *)member, text);
        else
            assert_null(*(char *const *)member);
        break;
    case NUMBER:
        assert_int_equal(*(const uint64_t *)member, number);
        break;
    case TRUTH:
        assert_int_equal(*(const bool *)member, number);
        break;
    case CHOICE:
        assert_int_equal(*(const unsigned *)member, number);
        break;
    case ITEMS:
        assert_int_equal(((const struct setting_list *)member)->count, number);
        break;
    case BLOCKS:
        assert_int_equal(((const struct cidr_list *)member)->count, number);
        break;
    case KEYS:
        assert_int_equal(((const struct setting_shared_keys *)member)->count, number);
        break;
    }
}

static void has_its_default(void **state)
{
    const struct row *row = *state;

    begin(REQUIRED);
    assert_loads();
    assert_member(row, row->standard, row->standard_number);
    end();
}

static void is_taken_from_the_environment(void **state)
{
    const struct row *row = *state;
    char entry[512];

    begin(REQUIRED);
    snprintf(entry, sizeof entry, "%s=%s", row->name, row->value);
    add_variable(entry);
    if (row->also)
        add_variable(row->also);
    assert_loads();
    assert_member(row, row->text, row->number);
    end();
}

static void is_taken_from_the_file(void **state)
{
    const struct row *row = *state;
    char file[1024];

    snprintf(file, sizeof file, REQUIRED "%s='%s'\n%s\n", row->name, row->value,
             row->also ? row->also : "");
    begin(file);
    assert_loads();
    assert_member(row, row->text, row->number);
    end();
}

static void an_empty_value_is_none(void **state)
{
    const struct row *row = *state;
    char entry[128];

    begin(REQUIRED);
    snprintf(entry, sizeof entry, "%s=", row->name);
    add_variable(entry);
    assert_loads();
    assert_member(row, row->standard, row->standard_number);
    end();
}

/* One fault each, that names the setting and does not show the value. */
static const struct fault {
    const char *name;
    const char *setting;
    const char *value;
} faults[] = {
    {"an account that is none", "TWILIO_ACCOUNT_SID", "ACshowme"},
    {"an account of another kind", "TWILIO_ACCOUNT_SID", IS},
    {"a token with a blank", "TWILIO_AUTH_TOKEN", "show me"},
    {"a secondary token with a blank", "TWILIO_AUTH_TOKEN_SECONDARY", "show me"},
    {"a SharedKey without its secret", "AUTOJOIN_SHARED_KEYS", "k=s,showme"},
    {"a dot for an identity", "TWILIO_IDENTITY", ".."},
    {"a service that is none", "TWILIO_CHAT_SERVICE_SID", "showme"},
    {"neither true nor false", "TWILIO_ENABLED", "showme"},
    {"a public URL that is none", "AUTOJOIN_PUBLIC_URL", "showme"},
    {"a family of headers that is none", "AUTOJOIN_FORWARDED", "showme"},
    {"a proxy that is no address", "AUTOJOIN_TRUSTED_PROXIES", "showme"},
    {"an event that calls for nothing", "AUTOJOIN_EVENTS", "showme"},
    {"a role that is none", "AUTOJOIN_ROLE_SID", "showme"},
    {"attributes that are no JSON", "AUTOJOIN_ATTRIBUTES", "showme"},
    {"an API URL over http", "AUTOJOIN_API_URL", "http://showme.example"},
    {"a Webhooks API URL over http", "AUTOJOIN_WEBHOOKS_API_URL", "http://showme.example"},
    {"an Events API URL over http", "AUTOJOIN_EVENTS_API_URL", "http://showme.example"},
    {"a relative CA file", "AUTOJOIN_CA_FILE", "showme"},
    {"a proxy that is no URL", "AUTOJOIN_PROXY", "showme"},
    {"a deadline too short", "AUTOJOIN_DEADLINE_MS", "499"},
    {"a deadline too long", "AUTOJOIN_DEADLINE_MS", "4501"},
    {"a deadline that is none", "AUTOJOIN_DEADLINE_MS", "showme"},
    {"a connect time-out that is none", "AUTOJOIN_CONNECT_TIMEOUT_MS", "showme"},
    {"no joins at all", "AUTOJOIN_MAX_PENDING", "0"},
    {"a body beyond 64 KiB", "AUTOJOIN_MAX_BODY", "65537"},
    {"a relative spool", "AUTOJOIN_SPOOL_DIR", "showme"},
    {"neither yes nor no for sync", "AUTOJOIN_SPOOL_SYNC", "showme"},
    {"no tickets at all", "AUTOJOIN_SPOOL_MAX", "0"},
    {"an age that is none", "AUTOJOIN_SPOOL_GIVE_UP", "showme"},
    {"a relative capture folder", "AUTOJOIN_CAPTURE_DIR", "showme"},
    {"neither yes nor no for preconnect", "AUTOJOIN_PRECONNECT", "showme"},
    {"neither yes nor no for Landlock", "AUTOJOIN_LANDLOCK", "showme"},
    {"a relative statistics file", "AUTOJOIN_STATS_FILE", "showme"},
    {"a place of the log that is none", "AUTOJOIN_LOG_TO", "showme"},
    {"a log format that is none", "AUTOJOIN_LOG_FORMAT", "showme"},
    {"a log level that is none", "AUTOJOIN_LOG_LEVEL", "showme"},
    {"an unknown setting", "AUTOJOIN_PUBLIC_URI", "showme"},
    {"an unknown secret file", "AUTOJOIN_PUBLIC_URL_FILE", "/showme"},
    {"a key without its secret", "TWILIO_API_KEY", "showme"},
    {"a secret without its key", "TWILIO_API_SECRET", "showme"},
    {"a secret given as its own file's path", "TWILIO_AUTH_TOKEN_SECONDARY_FILE", "showme"},
};

static void is_a_fault_by_name(void **state)
{
    const struct fault *row = *state;
    char entry[512];

    begin(REQUIRED);
    snprintf(entry, sizeof entry, "%s=%s", row->setting, row->value);
    add_variable(entry);
    assert_int_equal(load(), CONFIG_FAULTY);
    assert_int_equal(count_faults(), 1);
    assert_non_null(strstr(buffer_string(&loaded.faults), row->setting));
    if (strlen(row->value) > 5) /* "0" and ".." stand in many texts */
        assert_null(strstr(buffer_string(&loaded.faults), row->value));
    end();
}

static void all_faults_are_told_at_once(void **state)
{
    size_t i;

    (void)state;
    begin("rubbish\nAUTOJOIN_LOG_LEVEL=showme\nAUTOJOIN_NOVEL=showme\n");
    add_variable("AUTOJOIN_MAX_BODY=showme");
    assert_int_equal(load(), CONFIG_FAULTY);
    {
        static const char *const wanted[] = {
            "line 1", "AUTOJOIN_LOG_LEVEL", "AUTOJOIN_NOVEL", "AUTOJOIN_MAX_BODY",
            "TWILIO_ACCOUNT_SID is not set", "TWILIO_AUTH_TOKEN is not set",
                "TWILIO_IDENTITY is not set"};

        for (i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
            assert_non_null(strstr(buffer_string(&loaded.faults), wanted[i]));
    }
    assert_int_equal(count_faults(), 7);
    assert_null(strstr(buffer_string(&loaded.faults), "showme"));
    end();
}

static void an_empty_required_setting_is_not_set(void **state)
{
    (void)state;
    begin("TWILIO_ACCOUNT_SID=" AC "\nTWILIO_AUTH_TOKEN=t\nTWILIO_IDENTITY=\n");
    assert_int_equal(load(), CONFIG_FAULTY);
    assert_string_equal(buffer_string(&loaded.faults), "TWILIO_IDENTITY is not set\n");
    end();
}

static void the_environment_overrides_the_file(void **state)
{
    (void)state;
    begin(REQUIRED);
    add_variable("TWILIO_IDENTITY=bot-from-environment");
    assert_loads();
    assert_string_equal(loaded.config.identity, "bot-from-environment");
    assert_string_equal(loaded.config.auth_token, "token-from-file");
    assert_string_equal(loaded.config.path, tempfolder_path("settings"));
    end();
}

static void a_fault_in_the_file_is_overridden_by_the_environment(void **state)
{
    (void)state;
    begin(REQUIRED "AUTOJOIN_LOG_LEVEL=showme\n");
    add_variable("AUTOJOIN_LOG_LEVEL=warn");
    assert_loads();
    assert_int_equal(loaded.config.log_level, LOG_LEVEL_WARN);
    end();
}

static void others_names_are_left_alone(void **state)
{
    (void)state;
    begin(REQUIRED "TWILIO_MESSAGING_SERVICE=x\nBITBRAT=1\n");
    add_variable("TWILIO_PHONE_NUMBER=+1415");
    add_variable("PATH=/bin");
    add_variable("autojoin_public_url=x");
    add_variable("XAUTOJOIN_NOVEL=x");
    add_variable("nonsense");
    assert_loads();
    end();
}

static void set_twice_in_the_file_is_a_fault(void **state)
{
    (void)state;
    begin(REQUIRED "TWILIO_IDENTITY=other\n");
    assert_int_equal(load(), CONFIG_FAULTY);
    assert_string_equal(buffer_string(&loaded.faults), "TWILIO_IDENTITY: set twice\n");
    end();
}

static void twice_in_the_environment_the_first_counts(void **state)
{
    (void)state;
    begin(REQUIRED);
    add_variable("TWILIO_IDENTITY=first");
    add_variable("TWILIO_IDENTITY=second");
    assert_loads();
    assert_string_equal(loaded.config.identity, "first");
    end();
}

/* Any deadline that the contract allows must do alone: the connect time-out has a default. */
static void the_shortest_deadline_needs_no_other_setting(void **state)
{
    (void)state;
    begin(REQUIRED);
    add_variable("AUTOJOIN_DEADLINE_MS=500");
    assert_loads();
    assert_int_equal(loaded.config.deadline_ms, 500);
    end();
}

static void forwarded_headers_need_a_trusted_proxy(void **state)
{
    (void)state;
    begin(REQUIRED);
    add_variable("AUTOJOIN_FORWARDED=forwarded");
    assert_int_equal(load(), CONFIG_FAULTY);
    assert_non_null(strstr(buffer_string(&loaded.faults), "AUTOJOIN_TRUSTED_PROXIES"));
    end();
}

static const struct identities {
    const char *name, *value, *fault;
} identities[] = {
    {"an identity twice", "one,two,one", "names an identity twice"},
    {"TWILIO_IDENTITY again", "one,bot", "names an identity twice"},
    {"as many as there are bits", "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,"
                                  "25,26,27,28,29,30,31", NULL},
    {"one more", "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,"
                 "25,26,27,28,29,30,31,32", "more than 31 entries"},
};

static void identities_differ_and_are_counted(void **state)
{
    const struct identities *row = *state;
    char variable[512];

    begin(REQUIRED);
    add_variable("TWILIO_IDENTITY=bot");
    snprintf(variable, sizeof variable, "AUTOJOIN_IDENTITIES=%s", row->value);
    add_variable(variable);
    if (row->fault) {
        assert_int_equal(load(), CONFIG_FAULTY);
        assert_non_null(strstr(buffer_string(&loaded.faults), row->fault));
    } else {
        assert_loads();
    }
    end();
}

static const struct secret_file {
    const char *name;
    const char *content;
    mode_t mode;
    const char *token; /* NULL: a fault */
} secret_files[] = {
    {"one line", "from-secret-file\n", 0600, "from-secret-file"},
    {"no line end", "from-secret-file", 0400, "from-secret-file"},
    {"Windows' line end", "from-secret-file\r\n", 0600, "from-secret-file"},
    {"a private group may read it", "from-secret-file\n", 0640, "from-secret-file"},
    {"two lines", "from-secret-file\nshowme\n", 0600, NULL},
    {"a blank line first", "\nfrom-secret-file\n", 0600, NULL},
    {"a blank in it", "from secret-file\n", 0600, NULL},
    {"empty", "", 0600, NULL},
    {"a line end alone", "\n", 0600, NULL},
    {"the world may read it", "from-secret-file\n", 0644, NULL},
    {"the group may write it", "from-secret-file\n", 0660, NULL},
};

static void a_secret_is_read_from_its_file(void **state)
{
    const struct secret_file *row = *state;
    char entry[512];

    begin("TWILIO_ACCOUNT_SID=" AC "\nTWILIO_IDENTITY=bot\n");
    snprintf(entry, sizeof entry, "TWILIO_AUTH_TOKEN_FILE=%s",
             tempfolder_write("secret", row->content, strlen(row->content), row->mode));
    add_variable(entry);
    if (row->token) {
        assert_loads();
        assert_string_equal(loaded.config.auth_token, row->token);
    } else {
        assert_int_equal(load(), CONFIG_FAULTY);
        assert_non_null(strstr(buffer_string(&loaded.faults), "TWILIO_AUTH_TOKEN"));
        assert_null(strstr(buffer_string(&loaded.faults), "from-secret-file"));
        assert_null(strstr(buffer_string(&loaded.faults), "showme"));
    }
    end();
}

static void a_missing_secret_file_is_a_fault(void **state)
{
    (void)state;
    begin("TWILIO_ACCOUNT_SID=" AC "\nTWILIO_IDENTITY=bot\n"
          "TWILIO_AUTH_TOKEN_FILE=/nonexistent/x\n");
    assert_int_equal(load(), CONFIG_FAULTY);
    assert_int_equal(count_faults(), 1);
    assert_non_null(strstr(buffer_string(&loaded.faults), "TWILIO_AUTH_TOKEN_FILE"));
    end();
}

static void a_secret_and_its_file_are_a_fault(void **state)
{
    char entry[512];

    (void)state;
    begin(REQUIRED);
    snprintf(entry, sizeof entry, "TWILIO_API_SECRET_FILE=%s",
             tempfolder_write("secret", "s", 1, 0600));
    add_variable("TWILIO_API_KEY=SK1");
    add_variable("TWILIO_API_SECRET=s");
    add_variable(entry);
    assert_int_equal(load(), CONFIG_FAULTY);
    assert_non_null(strstr(buffer_string(&loaded.faults),
                           "TWILIO_API_SECRET and TWILIO_API_SECRET_FILE are both set"));
    end();
}

/* What a template leaves where it has no value: none, on either side or on both. */
static const struct empty_file {
    const char *name, *first, *second;
    bool path;         /* stands behind the second */
    const char *token; /* NULL: "not set" is the one fault */
} empty_files[] = {
    {"an empty path alone", "", "TWILIO_AUTH_TOKEN_FILE=", false, NULL},
    {"an empty path beside an empty secret", "TWILIO_AUTH_TOKEN=", "TWILIO_AUTH_TOKEN_FILE=", false, NULL},
    {"an empty path beside a secret", "TWILIO_AUTH_TOKEN=abc", "TWILIO_AUTH_TOKEN_FILE=", false, "abc"},
    {"a path beside an empty secret", "TWILIO_AUTH_TOKEN=", "TWILIO_AUTH_TOKEN_FILE=", true, "in-a-file"},
};

static void an_empty_path_of_a_secret_is_none(void **state)
{
    const struct empty_file *row = *state;
    const char *path = tempfolder_write("secret", "in-a-file", 9, 0600);
    char file[1024];

    snprintf(file, sizeof file, "TWILIO_ACCOUNT_SID=" AC "\nTWILIO_IDENTITY=bot\n%s\n%s%s\n", row->first,
             row->second, row->path ? path : "");
    begin(file);
    if (row->token) {
        assert_loads();
        assert_string_equal(loaded.config.auth_token, row->token);
    } else {
        assert_int_equal(load(), CONFIG_FAULTY);
        assert_string_equal(buffer_string(&loaded.faults), "TWILIO_AUTH_TOKEN is not set\n");
    }
    end();
}

static void an_empty_path_of_a_secret_that_may_be_missing_is_no_fault(void **state)
{
    (void)state;
    begin(REQUIRED "TWILIO_API_SECRET_FILE=\n");
    add_variable("TWILIO_AUTH_TOKEN_SECONDARY_FILE=");
    add_variable("TWILIO_AUTH_TOKEN_SECONDARY=");
    assert_loads();
    assert_null(loaded.config.auth_token_secondary);
    assert_null(loaded.config.api_secret);
    end();
}

/* The one way to unset what the file says, as with any other setting. */
static void an_empty_path_in_the_environment_unsets_the_files_secret(void **state)
{
    (void)state;
    begin(REQUIRED "TWILIO_AUTH_TOKEN_SECONDARY=old\n");
    add_variable("TWILIO_AUTH_TOKEN_SECONDARY_FILE=");
    assert_loads();
    assert_null(loaded.config.auth_token_secondary);
    end();
}

/* NAME and NAME_FILE are one setting: the environment's beats the file's, whichever it is. */
static void a_secret_of_the_environment_beats_the_files_path(void **state)
{
    (void)state;
    begin("TWILIO_ACCOUNT_SID=" AC "\nTWILIO_IDENTITY=bot\n"
          "TWILIO_AUTH_TOKEN_FILE=/nonexistent/x\n");
    add_variable("TWILIO_AUTH_TOKEN=from-environment");
    assert_loads();
    assert_string_equal(loaded.config.auth_token, "from-environment");
    end();
}

static const struct key_file {
    const char *name;
    const char *content;
    size_t count;
    const char *first_id, *first, *last; /* NULL: a fault */
} key_files[] = {
    {"one line", "k1=s1\n", 1, "k1", "s1", "s1"},
    {"one line without an end", "k1=s1", 1, "k1", "s1", "s1"},
    {"a line each, of whatever they are", "k1=a,b=c\nk2=q3Vt7Yx0=\n", 2, "k1", "a,b=c", "q3Vt7Yx0="},
    {"a comma in a single line", "k1=a,b", 1, "k1", "a,b", "a,b"},
    {"lines of another system, and empty ones", "\r\nk1=s1\r\n\r\nk2=s2\r\n", 2, "k1", "s1", "s2"},
    {"eight", "a=1\nb=2\nc=3\nd=4\ne=5\nf=6\ng=7\nh=8\n", 8, "a", "1", "8"},
    {"nine", "a=1\nb=2\nc=3\nd=4\ne=5\nf=6\ng=7\nh=8\ni=9\n", 0, NULL, NULL, NULL},
    {"a line with blanks", "k1=show me\n", 0, NULL, NULL, NULL},
    {"a line without a secret", "k1=\n", 0, NULL, NULL, NULL},
    {"nothing", "\n", 0, NULL, NULL, NULL},
};

static void shared_keys_are_read_from_their_file(void **state)
{
    const struct key_file *row = *state;
    const struct setting_shared_keys *keys = &loaded.config.shared_keys;
    char entry[512];

    begin(REQUIRED);
    snprintf(entry, sizeof entry, "AUTOJOIN_SHARED_KEYS_FILE=%s",
             tempfolder_write("keys", row->content, strlen(row->content), 0600));
    add_variable(entry);
    if (row->first_id) {
        assert_loads();
        assert_int_equal(keys->count, row->count);
        assert_string_equal(keys->ids[0], row->first_id);
        assert_string_equal(keys->secrets[0], row->first);
        assert_string_equal(keys->secrets[keys->count - 1], row->last);
    } else {
        assert_int_equal(load(), CONFIG_FAULTY);
        assert_int_equal(count_faults(), 1);
        assert_non_null(strstr(buffer_string(&loaded.faults), "AUTOJOIN_SHARED_KEYS"));
        assert_null(strstr(buffer_string(&loaded.faults), "show"));
    }
    end();
}

static void shared_keys_and_their_file_are_a_fault(void **state)
{
    (void)state;
    begin(REQUIRED "AUTOJOIN_SHARED_KEYS=k=s\nAUTOJOIN_SHARED_KEYS_FILE=/x\n");
    assert_int_equal(load(), CONFIG_FAULTY);
    assert_non_null(strstr(buffer_string(&loaded.faults), "AUTOJOIN_SHARED_KEYS and AUTOJOIN_SHARED_KEYS_FILE are both set"));
    end();
}

static void only_secrets_have_files(void **state)
{
    (void)state;
    begin(REQUIRED "TWILIO_IDENTITY_FILE=/x\n"); /* a TWILIO_ name of somebody else's, then */
    assert_loads();
    assert_string_equal(loaded.config.identity, "bot-from-file");
    end();
}

static const struct file_fault {
    const char *name;
    const char *content;
    mode_t mode;
} file_faults[] = {
    {"the world may read the settings", REQUIRED, 0644},
    {"the group may write the settings", REQUIRED, 0660},
    {"a quote is not closed", REQUIRED "AUTOJOIN_SOURCES=\"showme\n", 0600},
};

static void a_faulty_file_is_told_by_its_path(void **state)
{
    const struct file_fault *row = *state;

    begin("");
    tempfolder_write("settings", row->content, strlen(row->content), row->mode);
    assert_int_equal(load(), CONFIG_FAULTY);
    assert_non_null(strstr(buffer_string(&loaded.faults), tempfolder_path("settings")));
    assert_null(strstr(buffer_string(&loaded.faults), "showme"));
    end();
}

static void a_named_file_that_is_missing_is_a_fault(void **state)
{
    (void)state;
    begin("");
    loaded.count = 0;
    add_variable("AUTOJOIN_CONFIG=/nonexistent/twilio-autojoin.conf");
    assert_int_equal(load(), CONFIG_FAULTY);
    assert_non_null(strstr(buffer_string(&loaded.faults), "/nonexistent/twilio-autojoin.conf"));
    end();
}

static void the_null_device_is_an_empty_settings_file(void **state)
{
    (void)state;
    begin("");
    loaded.count = 0;
    add_variable("AUTOJOIN_CONFIG=/dev/null");
    add_variable("TWILIO_ACCOUNT_SID=" AC);
    add_variable("TWILIO_AUTH_TOKEN=t");
    add_variable("TWILIO_IDENTITY=bot");
    assert_loads();
    assert_string_equal(loaded.config.identity, "bot");
    assert_string_equal(loaded.config.path, "/dev/null");
    end();
}

/* As every empty value: the standard one is read, where it is. */
static void an_empty_name_of_the_settings_file_is_none(void **state)
{
    (void)state;
    begin("");
    loaded.count = 0;
    add_variable("AUTOJOIN_CONFIG=");
    add_variable("TWILIO_ACCOUNT_SID=" AC);
    add_variable("TWILIO_AUTH_TOKEN=t");
    add_variable("TWILIO_IDENTITY=bot");
    assert_loads();
    assert_string_equal(loaded.config.identity, "bot");
    end();
}

static void the_null_device_holds_no_secret(void **state)
{
    (void)state;
    begin("TWILIO_ACCOUNT_SID=" AC "\nTWILIO_IDENTITY=bot\nTWILIO_AUTH_TOKEN_FILE=/dev/null\n");
    assert_int_equal(load(), CONFIG_FAULTY);
    assert_string_equal(buffer_string(&loaded.faults), "TWILIO_AUTH_TOKEN_FILE: /dev/null is empty\n");
    end();
}

static const struct unknown {
    const char *name, *nearest;
} unknown[] = {
    {"AUTOJOIN_PUBLIC_URI", "AUTOJOIN_PUBLIC_URL"},
    {"AUTOJOIN_PUBLC_URL", "AUTOJOIN_PUBLIC_URL"},
    {"AUTOJOIN_PUBLIC_ULR", "AUTOJOIN_PUBLIC_URL"},
    {"AUTOJOIN_SPOOLDIR", "AUTOJOIN_SPOOL_DIR"},
    {"AUTOJOIN_LOGLEVEL", "AUTOJOIN_LOG_LEVEL"},
    {"AUTOJOIN_STATS", "AUTOJOIN_STATS_FILE"},
    {"AUTOJOIN_log_level", "AUTOJOIN_LOG_LEVEL"},
    {"AUTOJOIN_CONF", "AUTOJOIN_CONFIG"},
    /* Remembered with the other prefix. */
    {"AUTOJOIN_IDENTITY", "TWILIO_IDENTITY"},
    {"AUTOJOIN_AUTH_TOKEN", "TWILIO_AUTH_TOKEN"},
    {"AUTOJOIN_AUTH_TOKEN_FILE", "TWILIO_AUTH_TOKEN_FILE"},
    {"AUTOJOIN_API_SECRETFILE", "TWILIO_API_SECRET_FILE"},
    {"AUTOJOIN_", "AUTOJOIN_PROXY"},
};

static void an_unknown_name_is_refused_with_the_nearest_known_one(void **state)
{
    const struct unknown *row = *state;
    char text[256], file[256];

    snprintf(file, sizeof file, REQUIRED "%s=showme\n", row->name);
    begin(file);
    assert_int_equal(load(), CONFIG_FAULTY);
    snprintf(text, sizeof text, "%s: no such setting; the nearest is %s\n", row->name, row->nearest);
    assert_string_equal(buffer_string(&loaded.faults), text);
    end();
}

/* It is compared as far as it is shown. */
static void an_endless_unknown_name_is_cut(void **state)
{
    static char file[8192];
    const size_t length = strlen(REQUIRED "AUTOJOIN_LOG_LEVEL");

    (void)state;
    memcpy(file, REQUIRED "AUTOJOIN_LOG_LEVEL", length);
    memset(file + length, 'S', sizeof file - length - 3);
    memcpy(file + sizeof file - 3, "=1", 3);
    begin(file);
    assert_int_equal(load(), CONFIG_FAULTY);
    assert_int_equal(count_faults(), 1);
    assert_true(loaded.faults.length < 160);
    end();
}

static void log_settings_hold_even_if_others_are_faulty(void **state)
{
    (void)state;
    begin("AUTOJOIN_LOG_FORMAT=json\nAUTOJOIN_LOG_LEVEL=debug\n");
    assert_int_equal(load(), CONFIG_FAULTY);
    assert_int_equal(loaded.config.log_format, LOG_FORMAT_JSON);
    assert_int_equal(loaded.config.log_level, LOG_LEVEL_DEBUG);
    end();
}

static void secrets_are_wiped_from_the_environment(void **state)
{
    (void)state;
    begin(REQUIRED);
    add_variable("TWILIO_AUTH_TOKEN=wipe-me-1");
    add_variable("TWILIO_AUTH_TOKEN_SECONDARY=wipe-me-2");
    add_variable("TWILIO_API_SECRET=wipe-me-3");
    add_variable("TWILIO_API_KEY=SK1");
    add_variable("TWILIO_AUTH_TOKEN_OF_OTHERS=stays");
    add_variable("AUTOJOIN_SHARED_KEYS=k=wipe-me-4");
    assert_loads();
    config_scrub_environment(loaded.environment);
    assert_string_equal(loaded.environment[1], "TWILIO_AUTH_TOKEN=");
    assert_memory_equal(loaded.environment[1] + 18, "\0\0\0\0\0\0\0\0\0", 9);
    assert_string_equal(loaded.environment[2], "TWILIO_AUTH_TOKEN_SECONDARY=");
    assert_string_equal(loaded.environment[3], "TWILIO_API_SECRET=");
    assert_string_equal(loaded.environment[4], "TWILIO_API_KEY=SK1");
    assert_string_equal(loaded.environment[5], "TWILIO_AUTH_TOKEN_OF_OTHERS=stays");
    assert_string_equal(loaded.environment[6], "AUTOJOIN_SHARED_KEYS=");
    assert_string_equal(loaded.config.auth_token, "wipe-me-1");
    assert_string_equal(loaded.config.shared_keys.secrets[0], "wipe-me-4");
    end();
}

int main(void)
{
    static struct cases cases;
    int failed;

    tempfolder_make();
    CASES_ADD_TABLE(&cases, has_its_default, rows);
    CASES_ADD_TABLE(&cases, is_taken_from_the_environment, rows);
    CASES_ADD_TABLE(&cases, is_taken_from_the_file, rows);
    CASES_ADD_TABLE(&cases, an_empty_value_is_none, rows);
    CASES_ADD_TABLE(&cases, is_a_fault_by_name, faults);
    CASES_ADD(&cases, all_faults_are_told_at_once);
    CASES_ADD(&cases, an_empty_required_setting_is_not_set);
    CASES_ADD(&cases, the_environment_overrides_the_file);
    CASES_ADD(&cases, a_fault_in_the_file_is_overridden_by_the_environment);
    CASES_ADD(&cases, others_names_are_left_alone);
    CASES_ADD(&cases, set_twice_in_the_file_is_a_fault);
    CASES_ADD(&cases, twice_in_the_environment_the_first_counts);
    CASES_ADD(&cases, the_shortest_deadline_needs_no_other_setting);
    CASES_ADD(&cases, forwarded_headers_need_a_trusted_proxy);
    CASES_ADD_TABLE(&cases, identities_differ_and_are_counted, identities);
    CASES_ADD_TABLE(&cases, a_secret_is_read_from_its_file, secret_files);
    CASES_ADD(&cases, a_missing_secret_file_is_a_fault);
    CASES_ADD(&cases, a_secret_and_its_file_are_a_fault);
    CASES_ADD_TABLE(&cases, an_empty_path_of_a_secret_is_none, empty_files);
    CASES_ADD(&cases, an_empty_path_of_a_secret_that_may_be_missing_is_no_fault);
    CASES_ADD(&cases, an_empty_path_in_the_environment_unsets_the_files_secret);
    CASES_ADD(&cases, a_secret_of_the_environment_beats_the_files_path);
    CASES_ADD_TABLE(&cases, shared_keys_are_read_from_their_file, key_files);
    CASES_ADD(&cases, shared_keys_and_their_file_are_a_fault);
    CASES_ADD(&cases, only_secrets_have_files);
    CASES_ADD_TABLE(&cases, a_faulty_file_is_told_by_its_path, file_faults);
    CASES_ADD(&cases, a_named_file_that_is_missing_is_a_fault);
    CASES_ADD(&cases, the_null_device_is_an_empty_settings_file);
    CASES_ADD(&cases, an_empty_name_of_the_settings_file_is_none);
    CASES_ADD(&cases, the_null_device_holds_no_secret);
    CASES_ADD_TABLE(&cases, an_unknown_name_is_refused_with_the_nearest_known_one, unknown);
    CASES_ADD(&cases, an_endless_unknown_name_is_cut);
    CASES_ADD(&cases, log_settings_hold_even_if_others_are_faulty);
    CASES_ADD(&cases, secrets_are_wiped_from_the_environment);
    failed = cases_run(&cases, "config");
    tempfolder_remove();
    return failed;
}
