#include "build.h"

#include "diagnosis/diagnosis_words.h"

#include <string.h>

#include "support/origin.h"

#define PASS_ON \
    "let the front hand the request itself to the responder (FastCGI, proxy_pass, ProxyPass) " \
    "instead of a program that reads the form and sends another"
#define NOT_TWILIO \
    "this was not signed by Twilio itself: correct the program that signs, by " \
    "`twilio-autojoin sign`"

#define SETTINGS_HEADER "X-Twilio-Webhooks-Signature-Settings"

/* What an alteration or a fault is called, what it means, what fixes it. */
struct words {
    const char *step;  /* for programs */
    const char *cause; /* for a person */
    const char *fix;
};

static const struct words form_words[FORM_CHANGES] = {
    [FORM_CHANGE_NONE] = {"", "", ""},
    [FORM_CHANGE_NAMES] = {"names", "\".\" in parameter names became \"_\" on the way, as PHP does",
                           PASS_ON},
    [FORM_CHANGE_BRACKETS] = {"brackets",
                              "repeated parameters got \"[...]\" behind their names on the way",
                              PASS_ON},
    [FORM_CHANGE_PLUS] = {"plus", "\"+\" and blanks in values were confused on the way", PASS_ON},
    [FORM_CHANGE_TWICE] = {"encoded-twice", "values were encoded or escaped twice on the way",
                           PASS_ON},
    [FORM_CHANGE_CHARSET] = {"charset", "UTF-8 in values was taken for Latin-1, or turned into it, on the way",
                             PASS_ON},
    [FORM_CHANGE_LINES] = {"line-ends", "line ends in values were changed on the way", PASS_ON},
    [FORM_CHANGE_JOINED] = {"joined", "repeated parameters were joined by commas on the way",
                            PASS_ON},
    [FORM_CHANGE_REPEATS] = {"repeats", "of repeated parameters only one was passed on", PASS_ON},
    [FORM_CHANGE_TRIMMED] = {"trimmed", "blanks around a value were trimmed on the way", PASS_ON},
    [FORM_CHANGE_ADDED] = {"parameter-added", "a parameter was added on the way", PASS_ON},
    [FORM_CHANGE_LOST] = {"parameter-lost", "a parameter was dropped on the way", PASS_ON},
    [FORM_CHANGE_EMPTY] = {"empty", "empty parameters were dropped or added on the way", PASS_ON},
    [FORM_CHANGE_UNSIGNED] = {"unsigned",
                              "only the URL was signed, not the body: as of a GET or of JSON",
                              "set the webhook's method to POST at Twilio, and let nothing on the "
                              "way change the method or the Content-Type"},
    [FORM_CHANGE_SIGNED_FIRST] = {"signed-first",
                                  "of repeated parameters only the first was signed", NOT_TWILIO},
    [FORM_CHANGE_SIGNED_LAST] = {"signed-last", "of repeated parameters only the last was signed",
                                 NOT_TWILIO},
    [FORM_CHANGE_SIGNED_JOINED] = {"signed-joined",
                                   "repeated parameters were signed as one with commas",
                                   NOT_TWILIO},
    [FORM_CHANGE_SIGNED_ONCE] = {"signed-once",
                                 "a repeated parameter's name was signed only once", NOT_TWILIO},
    [FORM_CHANGE_SIGNED_EQUALS] = {"signed-equals",
                                   "equal parameters were signed as often as they are there",
                                   NOT_TWILIO},
    [FORM_CHANGE_SIGNED_ORDER] = {"signed-order",
                                  "the parameters were signed in another order than by name and "
                                  "then value, byte by byte",
                                  NOT_TWILIO},
    [FORM_CHANGE_SIGNED_NAMES] = {"signed-names",
                                  "the parameters were signed with \"_\" for \".\" in their names",
                                  NOT_TWILIO},
    [FORM_CHANGE_SIGNED_TRIMMED] = {"signed-trimmed", "the values were signed trimmed",
                                    NOT_TWILIO},
    [FORM_CHANGE_SIGNED_ENCODED] = {"signed-encoded",
                                    "the values were signed percent-encoded instead of decoded",
                                    NOT_TWILIO},
};

static const struct words fault_words[] = {
    [DIAGNOSIS_FAULT_NONE] =
        {"unknown",
         "no known alteration explains it: the body was altered in some other way, or "
         "it was signed with a token or for a URL that nothing here tells of, or it is "
         "forged: sent by somebody who has no key",
         "compare the URL at Twilio byte for byte with the one above, give it by "
         "AUTOJOIN_PUBLIC_URL with user and password if it has them, and try the "
         "account's other token by --token-file"},
    [DIAGNOSIS_FAULT_URL] =
        {"no-url", "the request names no usable URL",
         "set AUTOJOIN_PUBLIC_URL to the webhook's URL as it stands at Twilio"},
    [DIAGNOSIS_FAULT_NO_SIGNATURE] =
        {"no-signature", "there is no X-Twilio-Signature",
         "let the front pass the header on; without it the request is not "
         "Twilio's"},
    [DIAGNOSIS_FAULT_BODY_MISSING] =
        {"body-missing",
         "the body is missing: it was lost on the way, as by a redirect that "
         "turns POST into GET",
         "set the URL at Twilio to where the redirect leads, and the method "
         "to POST"},
    [DIAGNOSIS_FAULT_ACCOUNT] =
        {"account",
         "the AccountSid in it is not TWILIO_ACCOUNT_SID: every account and "
         "subaccount signs with its own auth token",
         "set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN to those of the account "
         "that the webhook is set up in"},
    [DIAGNOSIS_FAULT_SHARED_KEY] =
        {"unknown-key",
         "it says that a SharedKey signed it which AUTOJOIN_SHARED_KEYS does not have",
         "add that key, as id=secret, to AUTOJOIN_SHARED_KEYS (Twilio shows a secret once, when the "
         "key is made: where it is lost, make another and let the webhook Setting sign with that), or "
         "take the webhook's URL out of the Webhook Rule that signs with it"},
    [DIAGNOSIS_FAULT_ALGORITHM] =
        {"unknown-algorithm",
         "it says that an algorithm made the signature which is neither HMAC_SHA1 nor HMAC_SHA256",
         "give the webhook Setting at Twilio one of these two, or let the front pass "
         SETTINGS_HEADER " on as it came"},
    [DIAGNOSIS_FAULT_TOKEN_SHAPE] =
        {"token-shape",
         "TWILIO_AUTH_TOKEN is not 32 hex digits, so it is no auth token: an "
         "API key's secret cannot verify webhooks",
         "set TWILIO_AUTH_TOKEN to the account's auth token from the Twilio "
         "Console, and give the API key as TWILIO_API_KEY and "
         "TWILIO_API_SECRET"},
    [DIAGNOSIS_FAULT_NAMES] =
        {"names-and-more",
         "names with \"_\" for \".\" show that a program such as PHP wrote the form "
         "anew, and more was lost with that",
         PASS_ON},
    [DIAGNOSIS_FAULT_SIGNATURE_SHAPE] =
        {"signature-shape",
         "X-Twilio-Signature is not 28 or 44 characters of base64, so it was cut "
         "or rewritten, or made by another algorithm",
         "let the front pass the header on as it is"},
    [DIAGNOSIS_FAULT_FORGED] =
        {"forged",
         "it is forged: it names neither an account nor an event, or carries JSON that its URL "
         "does not hash, as every webhook of Twilio's does",
         "nothing is to be done: it was refused. If it is one of yours, sign it by "
         "`twilio-autojoin sign`"},
    [DIAGNOSIS_FAULT_HASHED_BODY] =
        {"body-altered",
         "URL and token are right, and the body is not the one of bodySHA256: "
         "it was altered on the way",
         "let the front hand the JSON body on byte for byte"},
};

static void separate(struct buffer *out)
{
    if (out->length > 0)
        buffer_append_string(out, "; ");
}

/* What came from outside must not move a terminal's cursor. */
static void append_plain(struct buffer *out, const char *bytes, size_t length)
{
    size_t i;

    for (i = 0; i < length; i++)
        buffer_append_char(out, bytes[i] >= ' ' && bytes[i] < 0x7f ? bytes[i] : '?');
}

void diagnosis_words_plain(struct buffer *out, const char *text)
{
    append_plain(out, text, strlen(text));
}

/* A URL's parts: those that are compared with the other URL's. */
struct parts {
    struct origin origin;
    const char *path, *query;
    size_t path_length, query_length;
};

static void take_apart(struct parts *parts, const struct buffer *url)
{
    const char *rest, *end = buffer_string(url) + url->length;

    *parts = (struct parts){.path = end, .query = end};
    if (!origin_parse(&parts->origin, buffer_string(url), url->length))
        return;
    rest = buffer_string(url) + parts->origin.length;
    parts->path = rest;
    parts->query = memchr(rest, '?', (size_t)(end - rest));
    if (!parts->query)
        parts->query = end;
    parts->path_length = (size_t)(parts->query - rest);
    parts->query_length = (size_t)(end - parts->query);
}

static void say_pair(struct buffer *out, const char *what, const char *ours, size_t ours_length,
                     const char *theirs, size_t theirs_length)
{
    separate(out);
    buffer_append_format(out, "Twilio signed %s \"", what);
    append_plain(out, theirs, theirs_length);
    buffer_append_string(out, "\" where \"");
    append_plain(out, ours, ours_length);
    buffer_append_string(out, "\" arrived");
}

static void say_origin(struct buffer *out, unsigned changes, const struct origin *ours,
                       const struct origin *theirs)
{
    if (changes & URL_CHANGE_SCHEME)
        buffer_append_string(out, theirs->https
                                      ? "Twilio signed https:// where http:// arrived: TLS ends in "
                                        "front of the web server"
                                      : "Twilio signed http:// where https:// arrived");
    if (changes & URL_CHANGE_HOST)
        say_pair(out, "the host", ours->host, ours->host_length, theirs->host,
                 theirs->host_length);
    if (changes & URL_CHANGE_PORT)
        say_pair(out, "the port", ours->port, ours->port_length, theirs->port,
                 theirs->port_length);
}

static void say_path(struct buffer *out, unsigned changes, const struct parts *ours,
                     const struct parts *theirs)
{
    if (changes & (URL_CHANGE_PATH | URL_CHANGE_PATH_ENCODING)) {
        say_pair(out, changes & URL_CHANGE_PATH ? "the path" : "the path, encoded otherwise,",
                 ours->path, ours->path_length, theirs->path, theirs->path_length);
    } else if (changes & URL_CHANGE_SLASH) {
        separate(out);
        buffer_append_string(out,
                             theirs->path_length > ours->path_length
                                 ? "Twilio signed a slash at the path's end that did not arrive"
                                 : "a slash arrived at the path's end that Twilio did not sign");
    }
}

static void say_query(struct buffer *out, unsigned changes, const struct parts *ours,
                      const struct parts *theirs)
{
    const char *what = changes & URL_CHANGE_QUERY_ADDED      ? "a shorter query"
                       : changes & URL_CHANGE_QUERY_LOST     ? "another query"
                       : changes & URL_CHANGE_QUERY_ENCODING ? "the query, encoded otherwise,"
                       : changes & URL_CHANGE_QUERY_ORDER    ? "the query in another order"
                                                             : NULL;

    if (what)
        say_pair(out, what, ours->query, ours->query_length, theirs->query, theirs->query_length);
}

static void say_form(struct buffer *out, const struct diagnosis *diagnosis)
{
    unsigned i;

    for (i = 0; i < 2; i++) {
        if (diagnosis->form_changes[i] == FORM_CHANGE_NONE)
            continue;
        separate(out);
        if (diagnosis->form_changes[i] == FORM_CHANGE_UNSIGNED && diagnosis->hashed)
            buffer_append_string(out, "JSON arrived as a form: its Content-Type was changed");
        else
            buffer_append_string(out, form_words[diagnosis->form_changes[i]].cause);
        if (diagnosis->names[i][0]) {
            buffer_append_string(out, " (");
            append_plain(out, diagnosis->names[i], strlen(diagnosis->names[i]));
            buffer_append_char(out, ')');
        }
    }
}

static bool is_foreign(enum diagnosis_key key)
{
    return key == DIAGNOSIS_KEY_API_SECRET || key == DIAGNOSIS_KEY_GIVEN;
}

/* The account's own key or algorithm, and not what the headers say. */
static bool is_misnamed(const struct diagnosis *diagnosis)
{
    return diagnosis->status == DIAGNOSIS_PROVED && !diagnosis->key_claimed &&
           !is_foreign(diagnosis->key);
}

static bool is_same_key(const struct diagnosis *diagnosis)
{
    const struct signature_claim *claim = &diagnosis->claim;

    if (!diagnosis->key_id)
        return claim->key_length == 0;
    return strlen(diagnosis->key_id) == claim->key_length &&
           memcmp(diagnosis->key_id, claim->key, claim->key_length) == 0;
}

/* Which key of the settings, by which algorithm. */
static void say_key(struct buffer *out, const struct diagnosis *diagnosis)
{
    if (diagnosis->key == DIAGNOSIS_KEY_SHARED) {
        buffer_append_string(out, "the SharedKey ");
        append_plain(out, diagnosis->key_id, strlen(diagnosis->key_id));
    } else {
        buffer_append_string(out, diagnosis->key == DIAGNOSIS_KEY_SECONDARY
                                      ? "TWILIO_AUTH_TOKEN_SECONDARY"
                                      : "TWILIO_AUTH_TOKEN");
    }
    buffer_append_format(out, " and %s", signature_algorithm_name(diagnosis->algorithm));
}

/* What the headers named. */
static void say_claim(struct buffer *out, const struct signature_claim *claim)
{
    const char *header = signature_claim_header_name(claim->header);

    if (!header) {
        buffer_append_string(out, "no header names a SharedKey");
        return;
    }
    buffer_append_format(out, "%s names ", header);
    if (claim->key_length > 0)
        append_plain(out, claim->key, claim->key_length);
    else
        buffer_append_string(out, "no key");
    if (claim->header != SIGNATURE_CLAIM_BY_SETTINGS)
        return;
    buffer_append_string(out, " and ");
    if (claim->algorithm_length > 0)
        append_plain(out, claim->algorithm, claim->algorithm_length);
    else
        buffer_append_string(out, "no algorithm, which is HMAC_SHA1");
}

static void say_rest(struct buffer *out, const struct diagnosis *diagnosis)
{
    if (diagnosis->json_form) {
        separate(out);
        buffer_append_string(out, "a form arrived with Content-Type application/json");
    }
    if (diagnosis->signature_altered) {
        separate(out);
        buffer_append_string(out, "X-Twilio-Signature was rewritten on the way: encoded, quoted, "
                                  "cut or put in a list");
    }
    if (is_misnamed(diagnosis)) {
        separate(out);
        buffer_append_string(out, "it was signed by ");
        say_key(out, diagnosis);
        buffer_append_string(out, ", where ");
        say_claim(out, &diagnosis->claim);
    }
    if (is_foreign(diagnosis->key)) {
        separate(out);
        buffer_append_string(out, diagnosis->key == DIAGNOSIS_KEY_GIVEN
                                      ? "it was signed with the token of --token-file, which is "
                                        "none of those in the settings"
                                      : "it was signed with what stands in TWILIO_API_SECRET, so "
                                        "that is the auth token");
    }
}

void diagnosis_words_cause(struct buffer *out, const struct diagnosis *diagnosis)
{
    struct parts ours, theirs;
    unsigned changes = diagnosis->url_changes;

    if (diagnosis->status == DIAGNOSIS_HOLDS) {
        buffer_append_string(out, "the signature holds");
        if (diagnosis->key == DIAGNOSIS_KEY_SECONDARY)
            buffer_append_string(out, ", by TWILIO_AUTH_TOKEN_SECONDARY");
        if (diagnosis->key != DIAGNOSIS_KEY_SHARED)
            return;
        buffer_append_string(out, ", by ");
        say_key(out, diagnosis);
        return;
    }
    if (diagnosis->status == DIAGNOSIS_PROVED) {
        take_apart(&ours, &diagnosis->base);
        take_apart(&theirs, &diagnosis->url);
        say_origin(out, changes, &ours.origin, &theirs.origin);
        say_path(out, changes, &ours, &theirs);
        say_query(out, changes, &ours, &theirs);
        say_form(out, diagnosis);
        say_rest(out, diagnosis);
        if (diagnosis->fault == DIAGNOSIS_FAULT_NONE)
            return;
        separate(out);
    }
    /* What is forged shows it itself, however long it is tried. */
    if (diagnosis->out_of_time && diagnosis->fault != DIAGNOSIS_FAULT_FORGED)
        buffer_append_string(out, "time ran out before all was tried; so far ");
    buffer_append_string(out, fault_words[diagnosis->fault].cause);
    if (diagnosis->fault == DIAGNOSIS_FAULT_SHARED_KEY || diagnosis->fault == DIAGNOSIS_FAULT_ALGORITHM) {
        buffer_append_string(out, " (");
        say_claim(out, &diagnosis->claim);
        buffer_append_char(out, ')');
    }
}

/* The setting takes its query from each request, unless it has one of its own. A query that
 * hashes the body is another one each time, so only the front can fix it. */
static void fix_url(struct buffer *out, const struct diagnosis *diagnosis,
                    const struct diagnosis_input *input)
{
    const unsigned query = URL_CHANGE_QUERY_LOST | URL_CHANGE_QUERY_ADDED |
                           URL_CHANGE_QUERY_ENCODING | URL_CHANGE_QUERY_ORDER;
    const char *url = buffer_string(&diagnosis->url), *configured = input->config->public_url;
    size_t length = diagnosis->url.length, path = strcspn(url, "?");
    bool whole = diagnosis->url_changes & query || (configured && strchr(configured, '?'));

    if (diagnosis->url_changes == 0)
        return;
    if (diagnosis->url_changes & query && (path == length || strstr(url, "bodySHA256="))) {
        buffer_append_string(out, "let the front pass the query on as it came (nginx: proxy_pass "
                                  "without a path; Apache: ProxyPass ... nocanon)");
        if (!(diagnosis->url_changes & ~query))
            return;
        separate(out);
        whole = false;
    }
    buffer_append_string(out, "set AUTOJOIN_PUBLIC_URL=");
    append_plain(out, url, whole ? length : path);
    if (strstr(url, "***@"))
        buffer_append_string(out, " (with the user and password that it has at Twilio)");
}

static void fix_form(struct buffer *out, const struct diagnosis *diagnosis)
{
    const char *said = NULL;
    unsigned i;

    for (i = 0; i < 2; i++) {
        const char *fix = form_words[diagnosis->form_changes[i]].fix;

        if (!*fix || (said && strcmp(said, fix) == 0))
            continue;
        separate(out);
        buffer_append_string(out, fix);
        said = fix;
    }
}

static void fix_rest(struct buffer *out, const struct diagnosis *diagnosis)
{
    if (diagnosis->json_form) {
        separate(out);
        buffer_append_string(out, "let the front pass Content-Type on as it came");
    }
    if (diagnosis->signature_altered) {
        separate(out);
        buffer_append_string(out, "let the front pass X-Twilio-Signature on as it came, once");
    }
    if (is_misnamed(diagnosis)) {
        separate(out);
        buffer_append_string(out, "let the front pass " SETTINGS_HEADER " on as Twilio sent it, and "
                                  "neither drop nor add one");
    }
    if (diagnosis->key == DIAGNOSIS_KEY_GIVEN) {
        separate(out);
        buffer_append_string(out, "set TWILIO_AUTH_TOKEN_SECONDARY_FILE to that file, until the "
                                  "token is promoted, or TWILIO_AUTH_TOKEN_FILE");
    }
    if (diagnosis->key == DIAGNOSIS_KEY_API_SECRET) {
        separate(out);
        buffer_append_string(out, "set TWILIO_AUTH_TOKEN to what stands in TWILIO_API_SECRET, and "
                                  "TWILIO_API_SECRET to the API key's own");
    }
}

void diagnosis_words_fix(struct buffer *out, const struct diagnosis *diagnosis,
                         const struct diagnosis_input *input)
{
    if (diagnosis->status == DIAGNOSIS_HOLDS)
        return;
    if (diagnosis->status == DIAGNOSIS_PROVED) {
        fix_url(out, diagnosis, input);
        fix_form(out, diagnosis);
        fix_rest(out, diagnosis);
        if (diagnosis->fault == DIAGNOSIS_FAULT_NONE)
            return;
        separate(out);
    }
    buffer_append_string(out, fault_words[diagnosis->fault].fix);
}

size_t diagnosis_words_steps(const char *steps[DIAGNOSIS_WORDS_STEPS],
                             const struct diagnosis *diagnosis)
{
    /* In the order of enum url_change's bits. */
    static const char *const urls[] = {"scheme", "host", "port", "slash", "path", "path-encoding",
                                       "query-lost", "query-added", "query-encoding",
                                       "query-order"};
    size_t count = 0, i;

    if (diagnosis->status == DIAGNOSIS_HOLDS)
        return 0;
    for (i = 0; i < sizeof urls / sizeof urls[0] && count < DIAGNOSIS_WORDS_STEPS - 6; i++)
        if (diagnosis->url_changes >> i & 1)
            steps[count++] = urls[i];
    for (i = 0; i < 2; i++)
        if (diagnosis->form_changes[i] != FORM_CHANGE_NONE)
            steps[count++] = form_words[diagnosis->form_changes[i]].step;
    if (diagnosis->json_form)
        steps[count++] = "json-type";
    if (diagnosis->signature_altered)
        steps[count++] = "signature";
    if (is_misnamed(diagnosis))
        steps[count++] = is_same_key(diagnosis) ? "algorithm" : "key";
    if (is_foreign(diagnosis->key))
        steps[count++] = "token";
    if (diagnosis->fault != DIAGNOSIS_FAULT_NONE)
        steps[count++] = fault_words[diagnosis->fault].step;
    return count;
}
