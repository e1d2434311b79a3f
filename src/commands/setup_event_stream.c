#include "build.h"

#include "commands/setup_event_stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/command.h"
#include "commands/command_line.h"
#include "support/percent.h"
#include "twilio/event_streams.h"
#include "twilio/resources.h"

/* What this run works on. */
struct stream {
    struct setup *setup;
    struct asker api;
    const char *url;
    struct event_streams_sinks sinks;
    struct event_streams_sink *sink; /* the one that leads to our URL; NULL for none */
    const char *wanted[EVENT_STREAMS_TYPES_LIMIT];
    size_t wanted_count;
    struct sid made_sink, made_subscription; /* in this run */
};

static int refuse(const char *what)
{
    fflush(stdout);
    fprintf(stderr, "twilio-autojoin: %s\n", what);
    return COMMAND_LEFT;
}

/* Finds what there is of ours. Returns the exit status. */
static int open_stream(struct stream *stream, struct setup *setup)
{
    const struct config *config = &setup->context.config;
    struct ask_answer failure;
    size_t i;

    *stream = (struct stream){.setup = setup, .url = setup->options.url ? setup->options.url : config->public_url};
    stream->api = ask_at(&setup->context.asker, config->events_api_url);
    stream->wanted_count = event_streams_wanted(stream->wanted, config->events);
    if (!stream->url || !*stream->url)
        return refuse("which URL? Give --url or set AUTOJOIN_PUBLIC_URL: a sink leads to one");
    if (!event_streams_find(&stream->api, stream->url, &stream->sinks, &failure))
        return setup_failed("Event Streams", &failure);
    for (i = 0; i < stream->sinks.count && !stream->sink; i++)
        if (stream->sinks.items[i].leads_to_us)
            stream->sink = &stream->sinks.items[i];
    return COMMAND_OK;
}

static bool post(struct stream *stream, const char *path, struct buffer *form, struct ask_answer *answer)
{
    const struct rest_request request = {.method = REST_POST, .path = path, .form = buffer_string(form)};

    if (buffer_status(form) == BUFFER_OK)
        return ask(&stream->api, &request, answer);
    *answer = (struct ask_answer){.retry_after_s = -1};
    ask_fail(answer, ASK_NO_MEMORY);
    return false;
}

/* A member of the form that is JSON by itself; the object is given up. */
static void append_json(struct buffer *form, const char *name, json_t *json)
{
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;

    if (text)
        percent_encode_pair(form, name, text);
    else
        form->status = BUFFER_NO_MEMORY;
    free(text);
    json_decref(json);
}

static bool keep_sid(struct sid *sid, struct ask_answer *answer, const char *kind, const char *what)
{
    const char *text = ask_text(answer, "sid");
    bool kept = sid_copy(sid, text, strlen(text), kind);

    if (!kept) {
        ask_fail(answer, ASK_OTHER_SHAPE);
        setup_failed(what, answer);
    }
    ask_forget(answer);
    return kept;
}

static bool make_sink(struct stream *stream)
{
    char path[REST_PATH_LIMIT];
    struct ask_answer answer;
    struct buffer form;
    bool made;

    buffer_init(&form, SETUP_FORM_LIMIT);
    percent_encode_pair(&form, "Description", EVENT_STREAMS_DESCRIPTION);
    percent_encode_pair(&form, "SinkType", "webhook");
    append_json(&form, "SinkConfiguration", json_pack("{s:s, s:s, s:b}", "destination", stream->url, "method", "POST",
                                                      "batch_events", 1));
    resources_sinks(path, sizeof path);
    made = post(stream, path, &form, &answer);
    buffer_free(&form);
    if (!made) {
        setup_failed("sink", &answer);
        return false;
    }
    if (!keep_sid(&stream->made_sink, &answer, "DG", "sink"))
        return false;
    printf("sink %s: made\n", stream->made_sink.text);
    return true;
}

/* Types is a repeated parameter, each a JSON object: one list of them is refused. */
static bool make_subscription(struct stream *stream, const char *sink)
{
    char path[REST_PATH_LIMIT];
    struct ask_answer answer;
    struct buffer form;
    size_t i;
    bool made;

    buffer_init(&form, SETUP_FORM_LIMIT);
    percent_encode_pair(&form, "Description", EVENT_STREAMS_DESCRIPTION);
    percent_encode_pair(&form, "SinkSid", sink);
    for (i = 0; i < stream->wanted_count; i++)
        append_json(&form, "Types", json_pack("{s:s, s:i}", "type", stream->wanted[i], "schema_version",
                                              EVENT_STREAMS_SCHEMA_VERSION));
    resources_subscriptions(path, sizeof path);
    made = post(stream, path, &form, &answer);
    buffer_free(&form);
    if (!made) {
        setup_failed("subscription", &answer);
        return false;
    }
    if (!keep_sid(&stream->made_subscription, &answer, "DF", "subscription"))
        return false;
    printf("subscription %s: made\n", stream->made_subscription.text);
    return true;
}

static bool add_type(struct stream *stream, const char *type)
{
    char path[REST_PATH_LIMIT], version[8];
    struct ask_answer answer;
    struct buffer form;
    bool added;

    snprintf(version, sizeof version, "%d", EVENT_STREAMS_SCHEMA_VERSION);
    buffer_init(&form, SETUP_FORM_LIMIT);
    percent_encode_pair(&form, "Type", type);
    percent_encode_pair(&form, "SchemaVersion", version);
    resources_subscribed_events(path, sizeof path, stream->sink->subscription.text, false);
    added = post(stream, path, &form, &answer);
    buffer_free(&form);
    if (added)
        printf("%s: added\n", type);
    else
        setup_failed(type, &answer);
    ask_forget(&answer);
    return added;
}

static bool complete_types(struct stream *stream)
{
    size_t i;

    for (i = 0; i < stream->wanted_count; i++)
        if (!event_streams_has_type(stream->sink, stream->wanted[i]) && !add_type(stream, stream->wanted[i]))
            return false;
    return true;
}

static bool delete_one(struct stream *stream, const char *path, const char *what, const char *sid)
{
    const struct rest_request request = {.method = REST_DELETE, .path = path};
    struct ask_answer answer;
    bool gone = ask(&stream->api, &request, &answer) || answer.status == ASK_NOT_FOUND;

    if (gone)
        printf("%s %s: deleted\n", what, sid);
    else
        setup_failed(sid, &answer);
    fflush(stdout);
    ask_forget(&answer);
    return gone;
}

static bool delete_subscription(struct stream *stream, const char *sid)
{
    char path[REST_PATH_LIMIT];

    resources_subscription(path, sizeof path, sid);
    return delete_one(stream, path, "subscription", sid);
}

static bool delete_sink(struct stream *stream, const char *sid)
{
    char path[REST_PATH_LIMIT];

    resources_sink(path, sizeof path, sid, "");
    return delete_one(stream, path, "sink", sid);
}

/* The subscription first: a sink that has one is in use. */
static void take_back(struct stream *stream)
{
    if (*stream->made_subscription.text)
        delete_subscription(stream, stream->made_subscription.text);
    if (*stream->made_sink.text)
        delete_sink(stream, stream->made_sink.text);
}

/* Twilio's test event, which the responder answers 200 and logs. Whether it came is not told here. */
static void send_test(struct stream *stream, const char *sink)
{
    char path[REST_PATH_LIMIT];
    struct ask_answer answer;
    struct buffer form;

    buffer_init(&form, SETUP_FORM_LIMIT);
    resources_sink(path, sizeof path, sink, "Test");
    if (post(stream, path, &form, &answer))
        puts("test event: asked for; the responder's log has it in some seconds");
    else
        printf("test event: cannot be asked for: %s\n", answer.message);
    buffer_free(&form);
    ask_forget(&answer);
}

static int carry_out(struct stream *stream)
{
    struct event_streams_sink *sink = stream->sink;
    const char *sid = sink ? sink->sid.text : stream->made_sink.text;
    bool done = sink || make_sink(stream);

    if (done && sink && *sink->subscription.text)
        done = complete_types(stream);
    else if (done)
        done = make_subscription(stream, sid);
    if (!done) {
        take_back(stream);
        return COMMAND_LEFT;
    }
    send_test(stream, sid);
    puts("Done. What reached nobody comes again for four hours; twilio-autojoin check looks at the sink.");
    return COMMAND_OK;
}

static void append_types(struct buffer *words, const struct stream *stream, bool wanted)
{
    const json_t *types = stream->sink ? stream->sink->types : NULL;
    size_t i;

    for (i = 0; i < json_array_size(types); i++)
        buffer_append_format(words, "%s%s", words->length ? "," : "",
                             json_string_value(json_object_get(json_array_get(types, i), "type")));
    for (i = 0; wanted && i < stream->wanted_count; i++)
        if (!stream->sink || !event_streams_has_type(stream->sink, stream->wanted[i]))
            buffer_append_format(words, "%s%s", words->length ? "," : "", stream->wanted[i]);
}

/* Before and after; true if there is something to do. */
static bool show(const struct stream *stream)
{
    const struct event_streams_sink *sink = stream->sink;
    struct buffer before, after;
    bool changes;

    buffer_init(&before, SETUP_FORM_LIMIT);
    buffer_init(&after, SETUP_FORM_LIMIT);
    append_types(&before, stream, false);
    append_types(&after, stream, true);
    changes = !sink || !*sink->subscription.text || strcmp(buffer_string(&before), buffer_string(&after)) != 0;
    puts("Event Streams, which repeats for four hours what reached nobody:");
    setup_print_url_change("sink", sink ? stream->url : "", stream->url);
    setup_print_change("types", buffer_string(&before), buffer_string(&after));
    if (changes)
        puts("  To undo: twilio-autojoin setup --event-stream --undo");
    if (stream->setup->context.config.sources.count > 0)
        puts("  AUTOJOIN_SOURCES is set, and an event names no source: with it they join nothing");
    buffer_free(&before);
    buffer_free(&after);
    return changes;
}

/* A sink that leads to us, and cannot deliver: its URL, method and state cannot be changed, so it is made anew. */
static const char *judge_sink(const struct event_streams_sink *sink)
{
    if (!sink)
        return NULL;
    if (strcmp(event_streams_status(sink), "active") != 0)
        return "the sink that leads to us is not active: setup --event-stream --undo removes it, then call this again";
    if (strcmp(event_streams_method(sink), "POST") != 0)
        return "the sink that leads to us is not called by POST, which cannot be changed: setup --event-stream --undo "
               "removes it, then call this again";
    return NULL;
}

int setup_event_stream(struct setup *setup)
{
    struct stream stream;
    int status = open_stream(&stream, setup);
    const char *wrong;

    if (status != COMMAND_OK)
        goto out;
    wrong = judge_sink(stream.sink);
    if (wrong) {
        status = refuse(wrong);
        goto out;
    }
    if (!show(&stream))
        puts("  nothing to change");
    else if (setup->options.dry_run)
        status = COMMAND_OK;
    else if (!command_line_confirm("event stream", setup->options.yes))
        status = COMMAND_LEFT;
    else
        status = carry_out(&stream);
out:
    event_streams_forget(&stream.sinks);
    return status;
}

/* A sink that bears our name and leads elsewhere may be another installation's on the same account. */
static bool is_to_go(const struct stream *stream, const struct event_streams_sink *sink)
{
    return sink->leads_to_us || stream->setup->options.replace;
}

static int delete_ours(struct stream *stream)
{
    size_t i;

    for (i = 0; i < stream->sinks.count; i++) {
        const struct event_streams_sink *sink = &stream->sinks.items[i];

        if (!is_to_go(stream, sink))
            continue;
        if ((*sink->subscription.text && !delete_subscription(stream, sink->subscription.text)) ||
            !delete_sink(stream, sink->sid.text))
            return COMMAND_LEFT;
    }
    return COMMAND_OK;
}

int setup_event_stream_undo(struct setup *setup)
{
    struct stream stream;
    int status = open_stream(&stream, setup);
    size_t i, going = 0;

    if (status != COMMAND_OK)
        goto out;
    puts("Event Streams that lead to us, or that setup made:");
    for (i = 0; i < stream.sinks.count; i++) {
        const struct event_streams_sink *sink = &stream.sinks.items[i];
        bool goes = is_to_go(&stream, sink);

        setup_print_url_change("sink", event_streams_destination(sink), goes ? "" : event_streams_destination(sink));
        printf("  %-10s %s %s\n", "", sink->sid.text, sink->subscription.text);
        if (!goes)
            puts("             stays: ours of before, or another installation's; --replace takes it, too");
        going += goes;
    }
    if (going == 0)
        puts("  nothing to undo");
    else if (setup->options.dry_run)
        status = COMMAND_OK;
    else
        status = command_line_confirm("event stream", setup->options.yes) ? delete_ours(&stream) : COMMAND_LEFT;
out:
    event_streams_forget(&stream.sinks);
    return status;
}
