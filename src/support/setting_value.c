#include "build.h"

#include "support/setting_value.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>

#include "support/cidr.h"
#include "support/json_text.h"
#include "support/log.h"
#include "support/origin.h"
#include "support/quantity.h"
#include "support/sid.h"

static const char no_memory[] = "out of memory";

static const char *store_copy(void *member, const char *text)
{
    char **string = member;

    *string = strdup(text);
    return *string ? NULL : no_memory;
}

static bool has_control(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return true;
    return false;
}

static const char *store_string(void *member, const char *text)
{
    return has_control(text) ? "holds a control character" : store_copy(member, text);
}

/* A secret is one line: a control character in it is a slip of the editor, and would
 * only show as a wrong signature. */
static const char *store_secret(void *member, const char *text)
{
    char **secret = member;
    const char *at, *wrong;

    for (at = text; *at; at++)
        if ((unsigned char)*at <= ' ' || *at == 0x7f)
            return "holds a blank or a control character";
    wrong = store_copy(member, text);
    if (*secret)
        mlock(*secret, strlen(*secret)); /* not to swap; where that is not allowed, so be it */
    return wrong;
}

/* One pair, in place: the secret begins behind the first "=". */
static const char *store_shared_key(struct setting_shared_keys *keys, char *pair)
{
    char *equals = strchr(pair, '=');
    const unsigned char *at;
    size_t i;

    if (!equals || equals == pair || equals[1] == '\0' || memchr(pair, ',', (size_t)(equals - pair)))
        return "must be id=secret pairs";
    for (at = (const unsigned char *)pair; *at; at++)
        if (*at <= ' ' || *at == 0x7f)
            return "holds a blank or a control character within a pair";
    if (keys->count == SETTING_SHARED_KEYS_LIMIT)
        return "has more than 8 keys";
    *equals = '\0';
    for (i = 0; i < keys->count; i++)
        if (strcmp(keys->ids[i], pair) == 0)
            return "names a key twice";
    keys->ids[keys->count] = pair;
    keys->secrets[keys->count++] = equals + 1;
    return NULL;
}

/* Of several lines, as a file has them, each is a pair, whatever the secret is made of; in one line they are
 * separated by commas or blanks. */
static const char *store_shared_keys(struct setting_shared_keys *keys, const char *text)
{
    const char *separators = strchr(text, '\n') ? "\r\n" : ", \t", *wrong = NULL;
    char *at;

    keys->count = 0;
    keys->text = strdup(text);
    if (!keys->text)
        return no_memory;
    keys->size = strlen(text) + 1;
    mlock(keys->text, keys->size); /* as of every secret */
    for (at = keys->text; !wrong;) {
        char *end;

        at += strspn(at, separators);
        if (!*at)
            break;
        end = at + strcspn(at, separators);
        if (*end)
            *end++ = '\0';
        wrong = store_shared_key(keys, at);
        at = end;
    }
    return wrong || keys->count > 0 ? wrong : "is an empty list";
}

static const char *store_path(void *member, const char *text)
{
    if (text[0] != '/')
        return "must be an absolute path";
    return store_string(member, text);
}

/* "." and ".." cannot be told from path navigation when the identity is a path segment
 * of a lookup, percent-encoded or not (RFC 3986, 5.2.4). */
static const char *judge_identity(const char *text)
{
    size_t i, characters = 0;

    for (i = 0; text[i]; i++)
        characters += ((unsigned char)text[i] & 0xc0) != 0x80;
    if (characters > 256)
        return "must have 1 to 256 characters";
    if (strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
        return "\".\" and \"..\" cannot be an identity";
    if (sid_valid(text, strlen(text), "US"))
        return "looks like a user SID, which Twilio refuses (error 50206)";
    return has_control(text) ? "holds a control character" : NULL;
}

static const char *store_identity(void *member, const char *text)
{
    const char *wrong = judge_identity(text);

    return wrong ? wrong : store_copy(member, text);
}

/* Judges a URL. NULL, and how much of it is the value; or what is wrong, without the value. */
typedef const char *judge_url_fn(const char *text, size_t *length);

/* Printable ASCII without blanks, as a URL has to be (RFC 3986, section 2). */
static bool is_plain(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text <= ' ' || (unsigned char)*text >= 0x7f)
            return false;
    return true;
}

/* Bytes above ASCII stay: what counts is how the console has it. */
static bool has_blank_or_control(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text <= ' ' || *text == 0x7f)
            return true;
    return false;
}

static const char *judge_public_url(const char *text, size_t *length)
{
    struct origin origin;

    if (has_blank_or_control(text))
        return "holds a blank or a control character";
    if (!origin_parse(&origin, text, strlen(text)))
        return "must be http:// or https:// with a host";
    *length = strcspn(text, "#"); /* fragments are never signed */
    return NULL;
}

/* Credentials travel to this origin: plain http only where nothing crosses a wire. */
static const char *judge_api_url(const char *text, size_t *length)
{
    struct origin origin;

    *length = strlen(text);
    while (*length > 0 && text[*length - 1] == '/')
        --*length;
    if (!is_plain(text) || !origin_parse(&origin, text, *length) || origin.userinfo ||
        origin.length != *length)
        return "must be https:// with a host and perhaps a port, nothing more";
    if (!origin.https && !origin_is_loopback(&origin))
        return "must be https:// (http:// only for loopback addresses)";
    return NULL;
}

static const char *judge_proxy_url(const char *text, size_t *length)
{
    struct origin origin;

    *length = strlen(text);
    if (!is_plain(text) || !origin_parse(&origin, text, *length))
        return "must be http:// or https:// with a host and a port";
    return NULL;
}

static const char *store_url(void *member, const char *text, judge_url_fn *judge)
{
    char **url = member;
    size_t length = 0;
    const char *wrong = judge(text, &length);

    if (wrong)
        return wrong;
    *url = strndup(text, length);
    return *url ? NULL : no_memory;
}

static const char *store_json(void *member, const char *text)
{
    json_t *json;
    enum json_text_status status = json_text_load(text, strlen(text), JSON_REJECT_DUPLICATES, &json);
    bool object = json_is_object(json);

    json_decref(json);
    if (status == JSON_TEXT_NO_MEMORY)
        return no_memory;
    if (!object)
        return "must be a JSON object";
    if (strlen(text) > 4096)
        return "must have 4096 bytes at most (Twilio's limit)";
    return store_string(member, text);
}

static const char *store_boolean(void *member, const char *text)
{
    static const char *const yes[] = {"true", "yes", "on", "1"};
    static const char *const no[] = {"false", "no", "off", "0"};
    bool *truth = member;
    size_t i;

    for (i = 0; i < 4; i++) {
        if (strcasecmp(text, yes[i]) == 0 || strcasecmp(text, no[i]) == 0) {
            *truth = strcasecmp(text, yes[i]) == 0;
            return NULL;
        }
    }
    return "must be true or false";
}

static const char *store_number(const struct setting *setting, void *member, const char *text)
{
    uint64_t *number = member;

    if (!quantity_parse_number(text, setting->max, number) || *number < setting->min)
        return "must be a whole number";
    return NULL;
}

static const char *store_duration(const struct setting *setting, void *member, const char *text)
{
    uint64_t *duration = member;

    if (!quantity_parse_duration(text, setting->unit, setting->max, duration) ||
        *duration < setting->min)
        return "must be a duration, such as 250ms, 4s, 10m, 7d,";
    return NULL;
}

static const char *store_list(struct setting_list *list, const char *text)
{
    char *at;

    list->count = 0;
    list->text = strdup(text);
    if (!list->text)
        return no_memory;
    for (at = list->text; *at;) {
        char *end;

        at += strspn(at, ", \t");
        if (!*at)
            break;
        if (list->count == SETTING_LIST_LIMIT)
            return "has more than 32 entries";
        list->items[list->count++] = at;
        end = at + strcspn(at, ", \t");
        at = *end ? end + 1 : end;
        *end = '\0';
    }
    return list->count > 0 ? NULL : "is an empty list";
}

static const char *store_identities(struct setting_list *list, const char *text)
{
    const char *wrong = store_list(list, text);
    size_t i;

    for (i = 0; !wrong && i < list->count; i++)
        wrong = judge_identity(list->items[i]);
    return wrong;
}

static const struct {
    const char *name;
    unsigned bit;
} events[] = {
    {"onConversationAdded", SETTING_ON_CONVERSATION_ADDED},
    {"onMessageAdded", SETTING_ON_MESSAGE_ADDED},
    {"onParticipantAdded", SETTING_ON_PARTICIPANT_ADDED},
    {"onConversationStateUpdated", SETTING_ON_CONVERSATION_STATE_UPDATED},
};

size_t setting_value_events(const char *names[SETTING_EVENTS_LIMIT], unsigned bits)
{
    size_t i, count = 0;

    for (i = 0; i < sizeof events / sizeof events[0]; i++)
        if (bits & events[i].bit)
            names[count++] = events[i].name;
    return count;
}

static const char *store_events(void *member, const char *text)
{
    struct setting_list list;
    unsigned *bits = member;
    const char *wrong = store_list(&list, text);
    size_t i, j;

    *bits = 0;
    for (i = 0; !wrong && i < list.count; i++) {
        unsigned bit = 0;

        for (j = 0; j < sizeof events / sizeof events[0]; j++)
            if (strcmp(list.items[i], events[j].name) == 0)
                bit = events[j].bit;
        if (bit == 0)
            wrong = "only onConversationAdded, onMessageAdded, onParticipantAdded and "
                    "onConversationStateUpdated can call for a join";
        *bits |= bit;
    }
    free(list.text);
    return wrong;
}

static const char *store_cidrs(void *member, const char *text)
{
    struct cidr_list *cidrs = member;
    struct setting_list list;
    const char *wrong = store_list(&list, text);
    size_t i;

    cidrs->count = 0;
    for (i = 0; !wrong && i < list.count; i++)
        if (!cidr_parse(&cidrs->blocks[i], list.items[i]))
            wrong = "is not a list of IP addresses or blocks such as 10.0.0.0/8";
    if (!wrong)
        cidrs->count = list.count;
    free(list.text);
    return wrong;
}

static const char *store_choice(void *member, const char *text, const char *const *names,
                                const char *wrong)
{
    unsigned *choice = member, i;

    for (i = 0; names[i]; i++) {
        if (strcmp(text, names[i]) == 0) {
            *choice = i;
            return NULL;
        }
    }
    return wrong;
}

const char *setting_value_store(const struct setting *setting, void *member, const char *text)
{
    static const char *const forwarded[] = {"no", "x-forwarded", "forwarded", NULL};
    static const char *const places[] = {"auto", "front", "stderr", NULL};
    static const char *const formats[] = {"logfmt", "json", NULL};
    static const char *const levels[] = {"error", "warn", "info", "debug", NULL};

    switch (setting->kind) {
    case SETTING_STRING:
        return store_string(member, text);
    case SETTING_SECRET:
        return store_secret(member, text);
    case SETTING_SHARED_KEYS:
        return store_shared_keys(member, text);
    case SETTING_PATH:
        return store_path(member, text);
    case SETTING_SID:
        if (!sid_valid(text, strlen(text), setting->sid))
            return "must be a SID";
        return store_copy(member, text);
    case SETTING_IDENTITY:
        return store_identity(member, text);
    case SETTING_PUBLIC_URL:
        return store_url(member, text, judge_public_url);
    case SETTING_API_URL:
        return store_url(member, text, judge_api_url);
    case SETTING_PROXY:
        return store_url(member, text, judge_proxy_url);
    case SETTING_JSON:
        return store_json(member, text);
    case SETTING_BOOLEAN:
        return store_boolean(member, text);
    case SETTING_NUMBER:
        return store_number(setting, member, text);
    case SETTING_DURATION:
        return store_duration(setting, member, text);
    case SETTING_IDENTITIES:
        return store_identities(member, text);
    case SETTING_LIST:
        return store_list(member, text);
    case SETTING_EVENTS:
        return store_events(member, text);
    case SETTING_CIDRS:
        return store_cidrs(member, text);
    case SETTING_FORWARDED:
        return store_choice(member, text, forwarded, "must be no, x-forwarded or forwarded");
    case SETTING_LOG_TO:
        return store_choice(member, text, places, "must be auto, front or stderr");
    case SETTING_LOG_FORMAT:
        return store_choice(member, text, formats, "must be logfmt or json");
    case SETTING_LOG_LEVEL:
        return store_choice(member, text, levels, "must be error, warn, info or debug");
    }
    return "is of an unknown kind";
}

/* In the largest unit that makes a whole number of it. */
static void append_duration(struct buffer *out, uint64_t milliseconds)
{
    static const struct {
        uint64_t length;
        const char *name;
    } units[] = {{86400000, "d"}, {3600000, "h"}, {60000, "m"}, {1000, "s"}, {1, "ms"}};
    size_t i = 0;

    while (milliseconds % units[i].length != 0)
        i++;
    buffer_append_format(out, "%" PRIu64 "%s", milliseconds / units[i].length, units[i].name);
}

/* Of a SID no more is shown than its kind, and that only where it is one of Twilio's. */
static void append_sid(struct buffer *out, const char *wanted, const char *text)
{
    static const char *const kinds[][2] = {
        {"AC", "an account's, for TWILIO_ACCOUNT_SID"}, {"SK", "an API key's, for TWILIO_API_KEY"},
        {"IS", "a Conversations service's, for TWILIO_CHAT_SERVICE_SID"}, {"RL", "a role's, for AUTOJOIN_ROLE_SID"},
        {"US", "a user's"}, {"CH", "a conversation's"}, {"MB", "a participant's"}, {"PN", "a phone number's"},
        {"MG", "a Messaging service's"}, {"IG", "an address configuration's"}, {"FW", "a Studio flow's"}};
    size_t i;

    buffer_append_format(out, " of %s and 32 hex digits", wanted);
    if (strncmp(text, wanted, 2) == 0)
        buffer_append_format(out, ", and this one has %zu characters behind %s, or others than those", strlen(text) - 2, wanted);
    for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i][0], wanted) != 0 && sid_valid(text, strlen(text), kinds[i][0]))
            buffer_append_format(out, "; %s... is %s", kinds[i][0], kinds[i][1]);
}

void setting_value_allow(const struct setting *setting, const char *text, struct buffer *out)
{
    switch (setting->kind) {
    case SETTING_NUMBER:
        buffer_append_format(out, " from %" PRIu64 " to %" PRIu64, setting->min, setting->max);
        break;
    case SETTING_DURATION:
        buffer_append_string(out, " from ");
        append_duration(out, setting->min);
        buffer_append_string(out, " to ");
        append_duration(out, setting->max);
        break;
    case SETTING_SID:
        append_sid(out, setting->sid, text);
        break;
    default: /* the words of the fault have it all */
        break;
    }
}

bool setting_value_has_file(const struct setting *setting)
{
    return setting->kind == SETTING_SECRET || setting->kind == SETTING_SHARED_KEYS;
}

bool setting_value_is_secret(const struct setting *setting)
{
    return setting_value_has_file(setting) || setting->kind == SETTING_PROXY ||
           setting->kind == SETTING_PUBLIC_URL;
}

void setting_value_free(const struct setting *setting, void *member)
{
    char **string = member;
    struct setting_list *list = member;
    struct setting_shared_keys *keys = member;

    switch (setting->kind) {
    case SETTING_STRING:
    case SETTING_SECRET:
    case SETTING_PATH:
    case SETTING_SID:
    case SETTING_IDENTITY:
    case SETTING_PUBLIC_URL:
    case SETTING_API_URL:
    case SETTING_PROXY:
    case SETTING_JSON:
        if (*string && setting_value_is_secret(setting))
            explicit_bzero(*string, strlen(*string));
        free(*string);
        *string = NULL;
        break;
    case SETTING_SHARED_KEYS:
        if (keys->text)
            explicit_bzero(keys->text, keys->size);
        free(keys->text);
        keys->text = NULL;
        break;
    case SETTING_IDENTITIES:
    case SETTING_LIST:
        free(list->text);
        list->text = NULL;
        break;
    default:
        break;
    }
}
