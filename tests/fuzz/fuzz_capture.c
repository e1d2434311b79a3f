/* diagnosis/request_text: any bytes as a captured request. Read, written and read again it is the same
 * request, so that `explain` judges what was refused. */
#include "build.h"

#include "property.h"

#include <string.h>

#include "diagnosis/request_text.h"

static const char *text_of(const struct request *request, unsigned variable)
{
    return request->values[variable];
}

static void assert_same(const struct request *a, const struct request *b)
{
    unsigned i;

    for (i = 0; i < VARIABLE_COUNT; i++) {
        PROPERTY(!text_of(a, i) == !text_of(b, i), "the same variables");
        PROPERTY(!text_of(a, i) || strcmp(text_of(a, i), text_of(b, i)) == 0, "with the same values");
    }
    PROPERTY(a->body_length == b->body_length && memcmp(a->body, b->body, a->body_length) == 0,
             "and the same body");
}

static void assert_read_back(const struct request *request)
{
    struct request again;
    struct buffer text;

    buffer_init(&text, 64 * 1024 * 1024);
    request_text_write(&text, request, request->body, request->body_length);
    PROPERTY(buffer_status(&text) == BUFFER_OK, "it can be written");
    PROPERTY(request_text_read(&again, text.data, text.length), "what was written can be read");
    assert_same(request, &again);
    buffer_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct request request;
    char *text = malloc(size + 1);

    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    if (request_text_read(&request, text, size)) {
        PROPERTY(request.body >= text && request.body + request.body_length <= text + size,
                 "the body lies in the text");
        assert_read_back(&request);
    }
    free(text);
    return 0;
}
