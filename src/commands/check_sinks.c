#include "build.h"

#include "commands/check_sinks.h"

#include <stdio.h>
#include <string.h>

#include "commands/setup_change.h"
#include "twilio/event_streams.h"

#define SUBJECT "event stream"
#define SETUP "twilio-autojoin setup --event-stream"
#define UNDO "twilio-autojoin setup --event-stream --undo"

/* Of a sink that setup made, once, when AUTOJOIN_PUBLIC_URL was another, or by --url. */
static void judge_stray(struct findings *findings, const struct command_context *context,
                        const struct event_streams_sink *sink)
{
    char shown[256], own[300];

    setup_show_url(shown, sizeof shown, event_streams_destination(sink));
    if (!context->config.public_url) {
        snprintf(own, sizeof own, "AUTOJOIN_PUBLIC_URL=%.200s, if that is ours", shown);
        findings_add(findings, FINDING_WARN, SUBJECT, own,
                     "whether the sink %s that setup made leads to us cannot be told: AUTOJOIN_PUBLIC_URL is not set",
                     sink->sid.text);
        return;
    }
    findings_add(findings, FINDING_WARN, SUBJECT, "if that is no other installation's: " UNDO " --replace, then " SETUP,
                 "the sink %s that setup made leads to %.200s, which is not AUTOJOIN_PUBLIC_URL", sink->sid.text,
                 shown);
}

/* Of what AUTOJOIN_EVENTS waits for something is enough for joins, if later; nothing of it is a failure. True if
 * there is something. */
static bool judge_types(struct findings *findings, const struct command_context *context,
                        const struct event_streams_sink *sink)
{
    const char *wanted[EVENT_STREAMS_TYPES_LIMIT];
    size_t count = event_streams_wanted(wanted, context->config.events), i, found = 0, joining = 0;

    for (i = 0; i < count; i++) {
        bool has = event_streams_has_type(sink, wanted[i]);

        found += has;
        joining += has && i + 1 < count; /* the last one is the bot's removal */
    }
    for (i = 0; i < count; i++)
        if (!event_streams_has_type(sink, wanted[i]))
            findings_add(findings, joining > 0 ? FINDING_WARN : FINDING_FAIL, SUBJECT, SETUP,
                         "%s is not among what the sink %s is subscribed to", wanted[i], sink->sid.text);
    if (context->config.sources.count > 0) {
        findings_add(findings, FINDING_FAIL, SUBJECT, "take AUTOJOIN_SOURCES out; or " UNDO,
                     "the sink %s brings events, which name no source: by AUTOJOIN_SOURCES they join nothing",
                     sink->sid.text);
        return false;
    }
    if (found == count)
        findings_add(findings, FINDING_PASS, SUBJECT, NULL,
                     "the sink %s is active, and has what AUTOJOIN_EVENTS waits for", sink->sid.text);
    return joining > 0;
}

/* True if it brings us what calls for a join. */
static bool judge(struct findings *findings, const struct command_context *context,
                  const struct event_streams_sink *sink)
{
    const char *status = event_streams_status(sink), *method = event_streams_method(sink);

    if (!sink->leads_to_us) {
        judge_stray(findings, context, sink);
        return false;
    }
    if (strcmp(status, "active") != 0)
        findings_add(findings, FINDING_FAIL, SUBJECT, UNDO ", then " SETUP,
                     "the sink %s that leads to us is %.20s, not active: it delivers nothing", sink->sid.text,
                     *status ? status : "in no known state");
    else if (strcmp(method, "POST") != 0)
        findings_add(findings, FINDING_FAIL, SUBJECT, UNDO ", then " SETUP,
                     "the sink %s that leads to us is called by %.16s, not POST", sink->sid.text, method);
    else if (!*sink->subscription.text)
        findings_add(findings, FINDING_FAIL, SUBJECT, SETUP,
                     "the sink %s that leads to us has no subscription: it delivers nothing", sink->sid.text);
    else
        return judge_types(findings, context, sink);
    return false;
}

bool check_sinks(struct findings *findings, struct command_context *context)
{
    struct asker api = ask_at(&context->asker, context->config.events_api_url);
    const char *url = context->config.public_url ? context->config.public_url : "";
    struct event_streams_sinks sinks;
    struct ask_answer failure;
    bool brings = false;
    size_t i;

    if (event_streams_find(&api, url, &sinks, &failure)) {
        for (i = 0; i < sinks.count; i++)
            brings = judge(findings, context, &sinks.items[i]) || brings;
        if (sinks.more)
            findings_add(findings, FINDING_WARN, SUBJECT, UNDO " --dry-run shows them", "there are more than %d sinks of ours",
                         EVENT_STREAMS_SINKS_LIMIT);
    } else {
        findings_add(findings, FINDING_WARN, SUBJECT, NULL,
                     "whether Event Streams leads to us as it should cannot be told: %s", failure.message);
    }
    event_streams_forget(&sinks);
    return brings;
}
