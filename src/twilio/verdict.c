#include "build.h"

#include "twilio/verdict.h"

#include <stddef.h>

#include "twilio/reply.h"

static const struct {
    long code;
    enum verdict verdict;
    const char *reason;
} codes[] = {
    {50433, VERDICT_ALREADY_JOINED, NULL},
    {50437, VERDICT_ALREADY_JOINED, NULL},
    {50404, VERDICT_ALREADY_JOINED, NULL}, /* Programmable Chat's "Member already exists" */

    {50419, VERDICT_TRY_AGAIN, "conflicting modification of the participant"},
    {50391, VERDICT_TRY_AGAIN, "conflicting modification of the conversation"},
    {50349, VERDICT_TRY_AGAIN, "conflicting modification of the conversation"},
    {50449, VERDICT_TRY_AGAIN, "conflicting modification of the conversation"},
    {50213, VERDICT_TRY_AGAIN, "conflicting modification of the user"},
    {50386, VERDICT_INITIALIZING, "the conversation is still initializing"},
    {50002, VERDICT_TRY_AGAIN, "something of it is being deleted"},
    {20429, VERDICT_TRY_AGAIN, "too many concurrent requests"},
    {50063, VERDICT_TRY_AGAIN, "too many actions a second"},
    {50074, VERDICT_TRY_AGAIN, "too many actions a second"},

    {50334, VERDICT_GONE, "the conversation is being deleted"},
    {50377, VERDICT_GONE, "the conversation is closed"},
    {50350, VERDICT_NOT_FOUND, "no such conversation"},
    {20404, VERDICT_NOT_FOUND, "not found"},

    {50434, VERDICT_NEEDS_ADDRESS, "the group text takes an identity only with a number of the account's"},
    {50444, VERDICT_TAKEN, "the participant takes no identity: it has one, or is no number of the account's"},

    {50214, VERDICT_FULL,
     "TWILIO_IDENTITY is in too many conversations (Twilio's limit is 1000): let old ones close"},
    {50208, VERDICT_FULL,
     "TWILIO_IDENTITY is in too many conversations (Twilio's limit is 1000): let old ones close"},
    {50417, VERDICT_REFUSED, "the conversation has as many participants as it may have"},
    {50403, VERDICT_REFUSED, "the conversation has as many participants as it may have"},
    {50436, VERDICT_REFUSED, "the group conversation has as many participants as it may have"},
    {50416, VERDICT_REFUSED, "the binding is in use by another conversation"},
    {50438, VERDICT_REFUSED, "the group exists in another conversation"},
    {50407, VERDICT_REFUSED, "AUTOJOIN_PROJECTED_ADDRESS is no number of the account's that a group text takes"},
    {50442, VERDICT_REFUSED, "the participant has no projected address"},
    {50443, VERDICT_REFUSED, "the participant has an address, and takes no projected one"},
    {50211, VERDICT_REFUSED, "Identity and address cannot go together"},
    {50203, VERDICT_REFUSED, "TWILIO_IDENTITY is a reserved name"},
    {50204, VERDICT_REFUSED, "TWILIO_IDENTITY is missing"},
    {50206, VERDICT_REFUSED, "TWILIO_IDENTITY looks like a user SID"},
    {50207, VERDICT_REFUSED, "TWILIO_IDENTITY is too long"},
    {50100, VERDICT_REFUSED, "AUTOJOIN_ROLE_SID is not a role of this service"},
    {50101, VERDICT_REFUSED, "AUTOJOIN_ROLE_SID is not a role of this service"},
    {50109, VERDICT_REFUSED, "AUTOJOIN_ROLE_SID is not a role of this service"},
    {50050, VERDICT_REFUSED, "no such service: check TWILIO_CHAT_SERVICE_SID and the account"},
    {50107, VERDICT_REFUSED, "not authorised for this"},
    {50385, VERDICT_REFUSED, "Conversations is disabled in this region"},
    {20003, VERDICT_REFUSED, "the REST credentials are wrong"},
    {20403, VERDICT_REFUSED, "the account is suspended or closed"},
    {70051, VERDICT_REFUSED, "the API key lacks the permission to create participants"},
};

bool verdict_is_account_wide(long http_status, long code)
{
    static const long wide[] = {20003, 20403, 70051, 50214, 50208, 50203, 50204,
                                50206, 50207, 50107, 50385, 50100, 50101, 50109};
    size_t i;

    for (i = 0; i < sizeof wide / sizeof wide[0]; i++)
        if (wide[i] == code)
            return true;
    return http_status == 401 || (http_status == 403 && code == 0);
}

bool verdict_is_permission(long http_status, long code)
{
    return code == 70051 || code == 50107 || (http_status == 403 && code == 0);
}

static enum verdict judge_transport(const struct rest_result *result)
{
    switch (result->status) {
    case REST_TIMEOUT:
    case REST_TLS:
    case REST_NO_MEMORY:
        return VERDICT_LATER;
    case REST_OK:
    case REST_UNREACHABLE:
    case REST_TOO_LARGE:
    case REST_BAD_REPLY:
        break;
    }
    return VERDICT_TRY_AGAIN;
}

/* An answer without a code that we know. */
static enum verdict judge_http(long status, const char **reason)
{
    if (status == 401 || status == 403) {
        *reason = "the REST credentials are refused";
        return VERDICT_REFUSED;
    }
    if (status == 404) {
        *reason = "not found";
        return VERDICT_NOT_FOUND;
    }
    if (status == 408 || status == 429 || status >= 500) {
        *reason = status == 429 ? "too many requests" : "Twilio is in trouble";
        return VERDICT_TRY_AGAIN;
    }
    if (status == 409) {
        *reason = "a conflict of unknown kind";
        return VERDICT_TRY_AGAIN;
    }
    *reason = status >= 300 && status < 400 ? "an unexpected redirect: check AUTOJOIN_API_URL"
                                            : "Twilio refused the request";
    return VERDICT_REFUSED;
}

static bool is_about_permission(long http_status, long code)
{
    return code == 70051 || code == 20003 || code == 50107 ||
           (code != 20403 && (http_status == 401 || http_status == 403));
}

static enum verdict look_up(const struct rest_result *result, long code, const char **reason)
{
    size_t i;

    for (i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (codes[i].code == code) {
            *reason = codes[i].reason;
            return codes[i].verdict;
        }
    }
    return judge_http(result->http_status, reason);
}

/* An error of adding a participant, in an answer to something else, is nonsense. */
static enum verdict judge_answer(enum resources_call call, const struct rest_result *result,
                                 long code, const char **reason)
{
    enum verdict verdict = look_up(result, code, reason);

    switch (verdict) {
    case VERDICT_REFUSED:
        if (call != CALL_ADD && is_about_permission(result->http_status, code))
            *reason = resources_request(call)->denied;
        break;
    case VERDICT_ALREADY_JOINED:
    case VERDICT_FULL:
    case VERDICT_NEEDS_ADDRESS:
    case VERDICT_TAKEN:
        if (call == CALL_ADD || call == CALL_UPDATE)
            break;
        *reason = "an answer that does not belong to the request";
        return VERDICT_TRY_AGAIN;
    default:
        break;
    }
    return verdict;
}

static bool is_done(enum resources_call call, const struct rest_result *result)
{
    const struct resources_request *request = resources_request(call);
    struct sid sid;

    if (request->names)
        return reply_sid(&sid, result->body, result->body_length, request->names);
    return request->method != REST_GET || result->http_status == 200;
}

enum verdict verdict_judge(enum resources_call call, const struct rest_result *result, long *code,
                           const char **reason)
{
    *code = 0;
    *reason = result->reason;
    if (result->status != REST_OK)
        return judge_transport(result);
    *reason = NULL;
    if (result->http_status >= 200 && result->http_status < 300) {
        if (is_done(call, result))
            return VERDICT_DONE;
        /* A proxy's page, perhaps: asking again tells; of adding by 50433, whether it was done. */
        *reason = "the answer is not what was asked for";
        return VERDICT_TRY_AGAIN;
    }
    *code = reply_error_code(result->body, result->body_length);
    return judge_answer(call, result, *code, reason);
}
