#include "build.h"

#include "cgianswer.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "property.h"

enum { HEADERS_LIMIT = 16 };

struct header {
    const char *name;
    size_t name_length;
    const char *value; /* up to the line's end */
};

struct headers {
    struct header items[HEADERS_LIMIT];
    size_t count;
};

static void take_header(struct headers *headers, const char *line, size_t length)
{
    struct header *header = &headers->items[headers->count];
    const char *colon = memchr(line, ':', length);
    size_t i;

    PROPERTY(headers->count++ < HEADERS_LIMIT, "a few headers");
    PROPERTY(colon && colon > line && colon[1] == ' ', "a header's name, a colon, a blank");
    *header = (struct header){line, (size_t)(colon - line), colon + 2};
    for (i = 0; i < header->name_length; i++)
        PROPERTY(isalpha((unsigned char)line[i]) || line[i] == '-', "a name of letters");
    for (; i < length; i++)
        PROPERTY(line[i] >= ' ' && line[i] < 0x7f, "a value of plain characters");
    for (i = 0; i + 1 < headers->count; i++)
        PROPERTY(headers->items[i].name_length != header->name_length ||
                     strncasecmp(headers->items[i].name, line, header->name_length) != 0,
                 "no header twice");
}

/* What follows the empty line. */
static const char *take_headers(struct headers *headers, const char *text)
{
    const char *end;

    for (;; text = end + 2) {
        end = strchr(text, '\n');
        PROPERTY(end && end > text && end[-1] == '\r', "a line ends with CR and LF");
        end--;
        if (end == text)
            return end + 2;
        take_header(headers, text, (size_t)(end - text));
    }
}

static const char *value_of(const struct headers *headers, const char *name)
{
    size_t i, length = strlen(name);

    for (i = 0; i < headers->count; i++)
        if (headers->items[i].name_length == length &&
            strncasecmp(headers->items[i].name, name, length) == 0)
            return headers->items[i].value;
    PROPERTY(false, "a header is missing");
    return "";
}

void cgianswer_assert(struct cgianswer *answer, const char *text, size_t length, bool head)
{
    struct headers headers = {.count = 0};
    const char *status = text + strlen("Status: ");
    size_t promised;

    PROPERTY(strlen(text) == length, "no NUL in an answer");
    PROPERTY(strncmp(text, "Status: ", strlen("Status: ")) == 0, "it begins with the status line");
    answer->body = take_headers(&headers, text);
    PROPERTY(isdigit((unsigned char)status[0]) && isdigit((unsigned char)status[1]) &&
                 isdigit((unsigned char)status[2]) && status[3] == ' ' &&
                 isupper((unsigned char)status[4]),
             "a number and its phrase");
    answer->status = atoi(status);
    PROPERTY(answer->status == 200 || (answer->status >= 400 && answer->status < 600),
             "a status of ours");
    PROPERTY(strncmp(value_of(&headers, "Content-Type"), "application/json\r", 17) == 0, "JSON");
    PROPERTY(strncmp(value_of(&headers, "Cache-Control"), "no-store\r", 9) == 0, "not to be kept");
    promised = (size_t)atoi(value_of(&headers, "Content-Length"));
    /* RFC 3875, 4.3.3: none to HEAD. */
    PROPERTY(length - (size_t)(answer->body - text) == (head ? 0 : promised),
             "a body of that length and nothing behind it");
    PROPERTY(head || (answer->body[0] == '{' && answer->body[promised - 1] == '}'), "which is JSON");
    PROPERTY((answer->status == 405) == (strstr(text, "\r\nAllow: POST\r\n") != NULL), "405 and Allow");
}
