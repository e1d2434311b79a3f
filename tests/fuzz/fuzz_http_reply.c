/*
 * twilio/http_reply: any bytes as a connection's. The first byte says whether the request was HEAD, how the bytes
 * are split, and whether the connection ends with them.
 *
 * However they are split, the same comes of them. What is whole is followed by nothing of its own: the same
 * bytes, and only these, are whole again.
 */
#include "build.h"

#include "property.h"

#include <string.h>

#include "twilio/http_reply.h"

enum { BODY_LIMIT = 512, HEAD = 1, ENDS = 2, PIECE_SHIFT = 2 };

/* In a block of its own size: nothing is read behind the end. */
static size_t feed(struct http_reply *reply, const uint8_t *bytes, size_t length)
{
    char *copy = malloc(length > 0 ? length : 1);
    enum http_reply_status before = reply->status, status;
    size_t taken;

    if (!copy)
        abort();
    memcpy(copy, bytes, length);
    status = http_reply_feed(reply, copy, length, &taken);
    PROPERTY(status == reply->status, "it tells its status");
    PROPERTY(taken <= length, "no more is taken than was given");
    PROPERTY(status != HTTP_REPLY_MORE || taken == length, "whoever wants more has taken all");
    PROPERTY(before == HTTP_REPLY_MORE || (status == before && taken == 0), "what is over stays over");
    free(copy);
    return taken;
}

/* Pieces of a length that is never 0. */
static size_t read_in_pieces(struct http_reply *reply, unsigned how, const uint8_t *bytes, size_t length, size_t piece)
{
    size_t taken = 0, at;

    http_reply_init(reply);
    http_reply_begin(reply, (how & HEAD) != 0, BODY_LIMIT);
    for (at = 0; at < length; at += piece)
        taken += feed(reply, bytes + at, length - at < piece ? length - at : piece);
    if (how & ENDS)
        http_reply_end(reply);
    return taken;
}

static void judge(const struct http_reply *reply)
{
    bool sound = reply->status == HTTP_REPLY_WHOLE || reply->status == HTTP_REPLY_MORE;

    PROPERTY(sound == !reply->reason, "trouble has a reason");
    PROPERTY(!reply->keeps || reply->status == HTTP_REPLY_WHOLE, "only what is whole is followed by another");
    PROPERTY(reply->body.length <= BODY_LIMIT, "the body has its limit");
    PROPERTY(strlen(reply->date) < HTTP_REPLY_FIELD_SIZE && strlen(reply->request_id) < HTTP_REPLY_FIELD_SIZE &&
                 strlen(reply->retry_after) < HTTP_REPLY_FIELD_SIZE, "fields end");
    if (reply->status != HTTP_REPLY_WHOLE)
        return;
    PROPERTY(reply->code >= 200 && reply->code <= 599, "a status that is one");
    PROPERTY(reply->body.length == 0 || (!reply->head && reply->code != 204 && reply->code != 304),
             "a body only where there may be one");
}

static void compare(const struct http_reply *one, const struct http_reply *other)
{
    PROPERTY(one->status == other->status && one->code == other->code && one->keeps == other->keeps,
             "the same status however it is split");
    PROPERTY(one->body.length == other->body.length &&
                 strcmp(buffer_string(&one->body), buffer_string(&other->body)) == 0,
             "the same body however it is split");
    PROPERTY(strcmp(one->date, other->date) == 0 && strcmp(one->retry_after, other->retry_after) == 0 &&
                 strcmp(one->request_id, other->request_id) == 0,
             "the same fields however it is split");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_reply whole, split, again;
    size_t taken, taken_split;
    unsigned how;

    if (size < 1)
        return 0;
    how = data[0];
    taken = read_in_pieces(&whole, how, data + 1, size - 1, size);
    taken_split = read_in_pieces(&split, how, data + 1, size - 1, (how >> PIECE_SHIFT) + 1);
    judge(&whole);
    compare(&whole, &split);
    if (whole.status == HTTP_REPLY_WHOLE) {
        PROPERTY(taken == taken_split, "it ends at the same byte however it is split");
        PROPERTY(read_in_pieces(&again, how, data + 1, taken, size) == taken, "it is whole without what follows");
        compare(&whole, &again);
        http_reply_free(&again);
    }
    http_reply_free(&whole);
    http_reply_free(&split);
    return 0;
}
