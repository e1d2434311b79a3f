#include "build.h"

#include "commands/webhook_command.h"

#include <string.h>

#include "commands/command_line.h"
#include "support/origin.h"

static void append_header(struct buffer *out, const char *name, const char *value)
{
    struct buffer header;

    buffer_init(&header, WEBHOOK_COMMAND_LIMIT);
    buffer_append_format(&header, "%s: %s", name, value);
    buffer_append_string(out, " -H ");
    command_line_append(out, buffer_string(&header));
    buffer_free(&header);
}

/* -g: a URL with brackets is one URL. --path-as-is: signed are the bytes, dots and all. */
void webhook_command_curl(struct buffer *out, const struct signed_webhook *webhook)
{
    const struct buffer *body = &webhook->body;
    bool plain = command_line_is_plain(buffer_string(body), body->length);

    if (!plain) {
        command_line_append_printf(out, buffer_string(body), body->length);
        buffer_append_string(out, " | ");
    }
    buffer_append_string(out, "curl -sS -i -g --path-as-is");
    append_header(out, "Content-Type", webhook->content_type);
    append_header(out, "X-Twilio-Signature", webhook->signature);
    if (plain) {
        buffer_append_string(out, " --data-raw ");
        command_line_append(out, buffer_string(body));
    } else {
        buffer_append_string(out, " --data-binary @-");
    }
    buffer_append_char(out, ' ');
    command_line_append(out, buffer_string(&webhook->url));
}

static void append_variable(struct buffer *out, const char *name, const char *value, size_t length)
{
    struct buffer word;

    buffer_init(&word, WEBHOOK_COMMAND_LIMIT);
    buffer_append_format(&word, "%s=", name);
    buffer_append(&word, value, length);
    buffer_append_char(out, ' ');
    command_line_append(out, buffer_string(&word));
    buffer_free(&word);
}

static void append_text_variable(struct buffer *out, const char *name, const char *value)
{
    append_variable(out, name, value, strlen(value));
}

static void append_url_variables(struct buffer *out, const char *url, size_t length)
{
    struct origin origin;
    const char *target, *query;
    size_t target_length;

    if (!origin_parse(&origin, url, length))
        return;
    target = url + origin.length;
    target_length = length - origin.length;
    query = memchr(target, '?', target_length);
    append_text_variable(out, "REQUEST_SCHEME", origin.https ? "https" : "http");
    if (origin.https)
        append_text_variable(out, "HTTPS", "on");
    append_variable(out, "HTTP_HOST", origin.host, origin.length - (size_t)(origin.host - url));
    append_variable(out, "SERVER_NAME", origin.host, origin.host_length);
    if (origin.port_length > 0)
        append_variable(out, "SERVER_PORT", origin.port, origin.port_length);
    else
        append_text_variable(out, "SERVER_PORT", origin.https ? "443" : "80");
    append_variable(out, "REQUEST_URI", *target == '/' ? target : "/",
                    *target == '/' ? target_length : 1);
    append_variable(out, "SCRIPT_NAME", target, query ? (size_t)(query - target) : target_length);
    append_variable(out, "QUERY_STRING", query ? query + 1 : "",
                    query ? target_length - (size_t)(query + 1 - target) : 0);
}

void webhook_command_cgi(struct buffer *out, const struct signed_webhook *webhook,
                         const char *program, const char *settings_file)
{
    command_line_append_printf(out, buffer_string(&webhook->body), webhook->body.length);
    buffer_append_string(out, " | env -i");
    if (settings_file)
        append_text_variable(out, "AUTOJOIN_CONFIG", settings_file);
    append_text_variable(out, "GATEWAY_INTERFACE", "CGI/1.1");
    append_text_variable(out, "SERVER_PROTOCOL", "HTTP/1.1");
    append_text_variable(out, "REQUEST_METHOD", "POST");
    append_text_variable(out, "REMOTE_ADDR", "127.0.0.1");
    append_url_variables(out, buffer_string(&webhook->url), webhook->url.length);
    append_text_variable(out, "CONTENT_TYPE", webhook->content_type);
    buffer_append_format(out, " CONTENT_LENGTH=%zu", webhook->body.length);
    append_text_variable(out, "HTTP_X_TWILIO_SIGNATURE", webhook->signature);
    buffer_append_char(out, ' ');
    command_line_append(out, program);
}
