#include "build.h"

#include "commands/explain_request.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands/webhook_body.h"
#include "diagnosis/diagnosis_words.h"
#include "diagnosis/request_text.h"

bool explain_request_complain(const char *path, const char *why)
{
    struct buffer plain;

    buffer_init(&plain, DIAGNOSIS_WORDS_LIMIT);
    diagnosis_words_plain(&plain, path);
    fprintf(stderr, "twilio-autojoin: %s: %s\n", buffer_string(&plain), why);
    buffer_free(&plain);
    return false;
}

/* A FIFO that somebody put there has no end, and opening it waits for whoever writes. */
static int open_file(const char *path)
{
    struct stat status;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (descriptor < 0) {
        explain_request_complain(path, strerror(errno));
        return -1;
    }
    if (fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode))
        return descriptor;
    close(descriptor);
    explain_request_complain(path, "not a regular file");
    return -1;
}

bool explain_request_read(struct explain_request *asked, const char *path)
{
    int descriptor = open_file(path);
    bool whole;

    *asked = (struct explain_request){.request = {.body = NULL}};
    buffer_init(&asked->text, REQUEST_TEXT_LIMIT);
    if (descriptor < 0)
        return false;
    errno = 0;
    whole = webhook_body_read(&asked->text, descriptor);
    close(descriptor);
    if (!whole)
        return explain_request_complain(path, errno ? strerror(errno)
                                                    : "too large for a captured request");
    if (asked->text.length == 0 ||
        !request_text_read(&asked->request, asked->text.data, asked->text.length))
        return explain_request_complain(path, "not a request that AUTOJOIN_CAPTURE_DIR had kept");
    return true;
}

bool explain_request_make(struct explain_request *asked, const struct explain_parts *parts)
{
    struct request *request = &asked->request;

    *asked = (struct explain_request){.request = {.body_state = REQUEST_BODY_WHOLE}};
    buffer_init(&asked->text, REQUEST_TEXT_LIMIT);
    if (strncmp(parts->url, "https://", 8) != 0 && strncmp(parts->url, "http://", 7) != 0)
        return explain_request_complain(parts->url, "not an http(s) URL");
    if (!webhook_body_make(&asked->text, parts->body, parts->parameters, parts->parameters_count))
        return false;
    request->values[VARIABLE_HTTP_X_TWILIO_SIGNATURE] = parts->signature;
    request->values[VARIABLE_HTTP_X_TWILIO_WEBHOOKS_SIGNATURE_SETTINGS] = parts->settings_header;
    request->values[VARIABLE_CONTENT_TYPE] = parts->content_type;
    request->body = asked->text.data;
    request->body_length = asked->text.length;
    return true;
}

void explain_request_free(struct explain_request *asked)
{
    buffer_free(&asked->text);
}
