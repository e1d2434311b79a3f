#include "build.h"

#include "commands/explain_request.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands/webhook_body.h"
#include "diagnosis/request_text.h"

static bool complain(const char *path, const char *why)
{
    fprintf(stderr, "twilio-autojoin: %s: %s\n", path, why);
    return false;
}

bool explainorder_read_file(struct explainorder *order, const char *path)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    bool whole;

    *order = (struct explainorder){.request = {.body = NULL}};
    buffer_init(&order->text, REQUESTTEXT_LIMIT);
    if (descriptor < 0)
        return complain(path, strerror(errno));
    errno = 0;
    whole = webhookbody_read(&order->text, descriptor);
    close(descriptor);
    if (!whole)
        return complain(path, errno ? strerror(errno) : "too large for a captured request");
    if (!requesttext_read(&order->request, order->text.data, order->text.length))
        return complain(path, "not a request that AUTOJOIN_CAPTURE_DIR had kept");
    return true;
}

bool explainorder_make(struct explainorder *order, const struct explain_options *options)
{
    struct request *request = &order->request;

    *order = (struct explainorder){.request = {.body_state = REQUEST_BODY_WHOLE}};
    buffer_init(&order->text, REQUESTTEXT_LIMIT);
    if (strncmp(options->url, "https://", 8) != 0 && strncmp(options->url, "http://", 7) != 0)
        return complain(options->url, "not an http(s) URL");
    if (!webhookbody_make(&order->text, options->body, options->arguments,
                          options->arguments_count))
        return false;
    request->values[VARIABLE_HTTP_X_TWILIO_SIGNATURE] = options->signature;
    request->values[VARIABLE_CONTENT_TYPE] = options->content_type;
    request->body = order->text.data;
    request->body_length = order->text.length;
    return true;
}

void explainorder_free(struct explainorder *order)
{
    buffer_free(&order->text);
}
