#include "build.h"

#include "commands/check_responder.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "commands/responder_process.h"
#include "support/config_fingerprint.h"
#include "support/json_text.h"

enum { FIX_SIZE = 256, FOUND_LIMIT = 64 };

static const char subject[] = "responder";

/* Its healthz is any path below that ends so; a query is not its business. */
void check_responder_append_health(struct buffer *out, const char *url)
{
    size_t length = strcspn(url, "?#");

    buffer_append(out, url, length);
    buffer_append_string(out, length > 0 && url[length - 1] == '/' ? "healthz" : "/healthz");
}

enum check_responder_verdict check_responder_judge(const struct config *config, const struct buffer *body)
{
    enum check_responder_verdict verdict = CHECK_RESPONDER_UNKNOWN;
    char own[CONFIG_FINGERPRINT_SIZE];
    const char *status, *theirs;
    json_t *json;

    if (json_text_load(buffer_string(body), body->length, 0, &json) != JSON_TEXT_OK)
        return verdict;
    status = json_string_value(json_object_get(json, "status"));
    theirs = json_string_value(json_object_get(json, "settings"));
    if (status && strcmp(status, "ok") == 0 && !theirs)
        verdict = CHECK_RESPONDER_OLDER;
    else if (status && strcmp(status, "ok") == 0 && config_fingerprint(config, own))
        switch (config_fingerprint_compare(own, theirs)) {
        case CONFIG_FINGERPRINT_SAME:
        case CONFIG_FINGERPRINT_ENVIRONMENT: /* a web server's own variables are in force, as they should be */
            verdict = CHECK_RESPONDER_CURRENT;
            break;
        case CONFIG_FINGERPRINT_OTHER:
            verdict = CHECK_RESPONDER_OTHER_SETTINGS;
            break;
        case CONFIG_FINGERPRINT_UNKNOWN:
            break;
        }
    json_decref(json);
    return verdict;
}

enum check_responder_verdict check_responder_ask(const struct config *config, const char *url,
                                                 const struct signed_webhook_way *way)
{
    enum check_responder_verdict verdict = CHECK_RESPONDER_UNKNOWN;
    struct signed_webhook_answer answer = {.status = 0};
    struct buffer target;

    buffer_init(&target, PUBLIC_URL_LIMIT);
    check_responder_append_health(&target, url);
    if (buffer_status(&target) == BUFFER_OK) {
        signed_webhook_look(&answer, buffer_string(&target), way);
        if (answer.status == 200)
            verdict = check_responder_judge(config, &answer.body);
        buffer_free(&answer.body);
    }
    buffer_free(&target);
    return verdict;
}

/* Those that run by themselves read the settings anew on a SIGHUP, without a webhook lost; so does the unit's. */
static void describe_reload(char *text, size_t size, const struct responder_process *found, size_t count)
{
    size_t i;
    int length;

    if (strcmp(found->restart, "systemctl restart twilio-autojoin.service") == 0) {
        snprintf(text, size, "systemctl reload twilio-autojoin.service");
        return;
    }
    if (!found->by_itself) {
        snprintf(text, size, "%s", found->restart);
        return;
    }
    length = snprintf(text, size, "kill -HUP");
    for (i = 0; i < count && length > 0 && (size_t)length < size; i++)
        if (found[i].ours == found->ours)
            length += snprintf(text + length, size - (size_t)length, " %ld", (long)found[i].pid);
}

/* Nobody but root sees which settings a process has: then they are to be of one mind, or none is named. */
void check_responder_restart(char *text, size_t size, const char *settings, bool reload)
{
    struct responder_process found[FOUND_LIMIT];
    size_t count = responder_process_find(found, FOUND_LIMIT, settings), same = 0;

    while (same < count && strcmp(found[same].restart, found[0].restart) == 0)
        same++;
    if (count == 0 || (!found[0].ours && same < count))
        snprintf(text, size, "restart what runs it: systemctl restart twilio-autojoin.service, or lighttpd, or apache2");
    else if (reload)
        describe_reload(text, size, found, count);
    else
        snprintf(text, size, "%s", found[0].restart);
}

void check_responder_tell(struct findings *findings, enum check_responder_verdict verdict, const struct config *config,
                          const char *settings)
{
    const char *file = config->path ? config->path : "the environment";
    char fix[FIX_SIZE];

    check_responder_restart(fix, sizeof fix, settings, verdict != CHECK_RESPONDER_OLDER);
    switch (verdict) {
    case CHECK_RESPONDER_CURRENT:
        findings_add(findings, FINDING_PASS, subject, NULL, "runs with the settings of %s", file);
        break;
    case CHECK_RESPONDER_OTHER_SETTINGS:
        findings_add(findings, FINDING_FAIL, subject, fix,
                     "the running responder has other settings than %s: it was started before they were changed, or "
                     "with another file", file);
        break;
    case CHECK_RESPONDER_OLDER:
        findings_add(findings, FINDING_WARN, subject, fix,
                     "the running responder is of an older build, which does not tell its settings");
        break;
    case CHECK_RESPONDER_UNKNOWN:
        findings_add(findings, FINDING_PASS, subject, NULL,
                     "answers; whether it has the settings of %s cannot be told, for nothing of ours answers at its "
                     "healthz", file);
        break;
    }
}
