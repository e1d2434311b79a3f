#include "build.h"

#include "gateway/intake.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void intake_init(struct intake *intake, int descriptor, size_t *long_ones)
{
    *intake = (struct intake){.descriptor = descriptor, .long_ones = long_ones};
    buffer_init(&intake->taken, RECORDS_LONG_LIMIT);
}

/* Receives at most `room` bytes into the scratch area. INTAKE_PIECE if there is something. */
static enum intake_status receive(const struct intake *intake, unsigned char *scratch, int flags,
                                  size_t room, size_t *length)
{
    ssize_t count;

    do
        count = recv(intake->descriptor, scratch, room, flags | MSG_DONTWAIT);
    while (count < 0 && errno == EINTR);
    *length = count > 0 ? (size_t)count : 0;
    if (count > 0)
        return INTAKE_PIECE;
    return count < 0 && errno == EAGAIN ? INTAKE_EMPTY : INTAKE_ENDED;
}

static enum intake_status refuse(struct intake *intake, const char *wrong)
{
    intake->wrong = wrong;
    return INTAKE_BAD;
}

/* INTAKE_PIECE if more bytes are needed. */
static enum intake_status judge(struct intake *intake, const unsigned char *bytes, size_t length)
{
    switch (records_judge(&intake->records, bytes, length)) {
    case RECORDS_PARTIAL:
        return INTAKE_PIECE;
    case RECORDS_WHOLE:
        return INTAKE_WHOLE;
    case RECORDS_OVERSIZE:
        return INTAKE_OVERSIZE;
    case RECORDS_VALUES:
        return INTAKE_ASKED;
    case RECORDS_BAD:
        break;
    }
    return refuse(intake, intake->records.wrong);
}

/* Whether there is room for more than every request may have. Parameters that are not over by then lie in absurdly
 * small records. */
static enum intake_status admit(struct intake *intake)
{
    if (intake->is_long)
        return INTAKE_PIECE;
    if (intake->records.phase != RECORDS_STDIN)
        return refuse(intake, "a request in too many small records");
    if (*intake->long_ones == INTAKE_LONG_AT_ONCE)
        return INTAKE_CROWDED;
    intake->is_long = true;
    ++*intake->long_ones;
    return INTAKE_PIECE;
}

/* Takes the next piece of a request, and no more than fits: what lies behind an oversize body's
 * beginning is drained after the 413. */
static enum intake_status take(struct intake *intake, unsigned char *scratch)
{
    size_t room = RECORDS_LONG_LIMIT - intake->taken.length, length;
    enum intake_status status;

    if (room == 0)
        return refuse(intake, "a request in too many small records");
    if (room > RECORDS_REQUEST_LIMIT)
        room = RECORDS_REQUEST_LIMIT; /* the scratch area's size */
    status = receive(intake, scratch, 0, room, &length);
    if (status != INTAKE_PIECE)
        return status;
    buffer_append(&intake->taken, scratch, length);
    if (buffer_status(&intake->taken) != BUFFER_OK)
        return refuse(intake, "out of memory");
    status = judge(intake, (const unsigned char *)intake->taken.data, intake->taken.length);
    return status == INTAKE_PIECE && intake->taken.length >= RECORDS_REQUEST_LIMIT ? admit(intake) : status;
}

/* A request's beginning is looked at without taking it; it is taken unless it is whole. */
enum intake_status intake_look(struct intake *intake, unsigned char *scratch, size_t body_limit)
{
    enum intake_status status;
    size_t length;

    if (intake->unjudged) {
        intake->unjudged = false;
        records_begin(&intake->records, body_limit);
        return judge(intake, (const unsigned char *)intake->taken.data, intake->taken.length);
    }
    if (intake->taken.length > 0)
        return take(intake, scratch);
    status = receive(intake, scratch, MSG_PEEK, RECORDS_REQUEST_LIMIT, &length);
    if (status != INTAKE_PIECE)
        return status;
    records_begin(&intake->records, body_limit);
    status = judge(intake, scratch, length);
    if (status != INTAKE_PIECE)
        return status;
    records_begin(&intake->records, body_limit);
    return take(intake, scratch);
}

enum libfcgi_status intake_read(struct intake *intake, FCGX_Request *fcgi, bool oversize,
                                    char **body)
{
    enum libfcgi_status status;
    size_t body_length = intake->records.body_length;

    if (intake->taken.length == 0) {
        status = libfcgi_read(fcgi, intake->descriptor, body_length, oversize, body);
        if (status == LIBFCGI_FAILED)
            intake->descriptor = -1; /* libfcgi has closed it */
    } else {
        status = libfcgi_read_bytes(fcgi, intake->taken.data, intake->taken.length,
                                        body_length, oversize, body);
        buffer_free(&intake->taken);
    }
    return status;
}

bool intake_answer(struct intake *intake, unsigned char *scratch, uint64_t requests_limit,
                   struct buffer *out)
{
    size_t size = intake->records.at, length;
    struct buffer *taken = &intake->taken;

    if (taken->length == 0) {
        if (receive(intake, scratch, 0, size, &length) != INTAKE_PIECE || length != size)
            return false;
        records_values(out, scratch, requests_limit);
        return true;
    }
    records_values(out, (const unsigned char *)taken->data, requests_limit);
    memmove(taken->data, taken->data + size, taken->length - size);
    taken->length -= size;
    intake->unjudged = taken->length > 0;
    return true;
}

bool intake_discard(struct intake *intake, unsigned char *scratch, size_t *allowance)
{
    enum intake_status status;
    size_t length;

    while ((status = receive(intake, scratch, 0, RECORDS_REQUEST_LIMIT, &length)) == INTAKE_PIECE) {
        if (length > *allowance)
            return false;
        *allowance -= length;
    }
    return status == INTAKE_EMPTY;
}

void intake_forget(struct intake *intake)
{
    *intake->long_ones -= intake->is_long;
    intake->is_long = false;
}

void intake_close(struct intake *intake)
{
    intake_forget(intake);
    if (intake->descriptor >= 0)
        close(intake->descriptor);
    buffer_free(&intake->taken);
}
