#include "build.h"

#include "inputlines.h"

#include <stdlib.h>
#include <string.h>

void inputlines_read(struct inputlines *input, const uint8_t *data, size_t size)
{
    char *at, *end;

    *input = (struct inputlines){.text = malloc(size + 1)};
    if (!input->text)
        abort();
    memcpy(input->text, data, size);
    input->text[size] = '\0';
    at = input->text;
    end = input->text + size;
    input->body = end;
    while (at < end) {
        char *stop = memchr(at, '\n', (size_t)(end - at));

        if (stop)
            *stop = '\0';
        if (*at == '\0' && stop == at) {
            input->body = stop + 1;
            input->body_length = (size_t)(end - input->body);
            break;
        }
        if (input->count < INPUTLINES_LIMIT)
            input->lines[input->count++] = at;
        at = stop ? stop + 1 : end;
    }
}

char *inputlines_value(const struct inputlines *input, const char *name)
{
    size_t i, length = strlen(name);

    for (i = 0; i < input->count; i++)
        if (strncmp(input->lines[i], name, length) == 0 && input->lines[i][length] == '=')
            return input->lines[i] + length + 1;
    return NULL;
}

void inputlines_free(struct inputlines *input)
{
    free(input->text);
}
