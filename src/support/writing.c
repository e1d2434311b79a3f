#include "build.h"

#include "support/writing.h"

#include <errno.h>
#include <unistd.h>

bool writing_all(int descriptor, const struct buffer *text)
{
    size_t at = 0;

    while (at < text->length) {
        ssize_t count = write(descriptor, text->data + at, text->length - at);

        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return false;
        at += (size_t)count;
    }
    return true;
}
