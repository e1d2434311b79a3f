/*
 * twilio/http_reply beside libcurl: replies made up at random, sound and damaged, cut and split anywhere. Both read
 * the same status and body, or both refuse; every difference has its name and reason in replydifference.c. What is
 * sound, both read as it was meant; however it is split, we read the same; and what we read keeps the rules that
 * libcurl is not so strict about.
 *
 * HTTP_REPLIES is how many (`make check-http-reply`: 100,000), HTTP_REPLY_SEED which ones.
 */
#include "build.h"

#include "cases.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "curlreply.h"
#include "generatedreply.h"
#include "replydifference.h"
#include "strictreply.h"
#include "twilio/http_reply.h"

enum {
    REPLIES = 5000,
    PIECES_LIMIT = 256,
    EVERYWHERE = 100,       /* one of so many is cut and split at each of its bytes */
    EVERYWHERE_LIMIT = 1000 /* of these */
};

struct split {
    size_t pieces[PIECES_LIMIT];
    size_t count;
};

static struct {
    size_t replies; /* of each kind */
    uint64_t seed;
    struct curl_reader *libcurl;
    struct generated_reply reply;
    struct http_reply ours, again;
    struct curl_reply theirs;
    size_t read, whole, refused; /* by both */
    size_t *differences;         /* how many, by name */
} all;

/* ---- splitting */

static void split_at(struct split *split, size_t at, size_t length)
{
    split->count = 0;
    if (at > 0)
        split->pieces[split->count++] = at;
    if (length > at)
        split->pieces[split->count++] = length - at;
}

/* In large pieces, in two, in many, or in single bytes as far as there are pieces enough. */
static void split_anyhow(struct split *split, size_t length)
{
    size_t most = CURL_REPLY_PIECE_LIMIT, least = length / (PIECES_LIMIT - 2) + 1, piece;

    switch (draw(&all.reply, 4)) {
    case 0: break;
    case 1: most = 1 + draw(&all.reply, length < most ? length + 1 : most); break;
    case 2: most = 1 + draw(&all.reply, 20); break;
    default: most = 1;
    }
    most = most > least ? most : least;
    for (split->count = 0; length > 0; length -= piece) {
        piece = draw(&all.reply, 2) ? most : least + draw(&all.reply, most - least + 1);
        piece = piece < length ? piece : length;
        split->pieces[split->count++] = piece;
    }
}

/* ---- what is wrong */

static void print_bytes(const char *name, const char *bytes, size_t length)
{
    size_t i;

    print_error("%s \"", name);
    for (i = 0; i < length; i++)
        if (bytes[i] == '\r' || bytes[i] == '\n')
            print_error(bytes[i] == '\r' ? "\\r" : "\\n\n");
        else
            print_error(bytes[i] >= ' ' && bytes[i] <= '~' && bytes[i] != '\\' ? "%c" : "\\x%02x", (unsigned char)bytes[i]);
    print_error("\"\n");
}

static void print_ours(const char *name, const struct http_reply *ours)
{
    print_error("%s: %s; status %d, keeps %d, \"%s\", \"%s\", \"%s\"\n", name, ours->reason ? ours->reason : "read",
                ours->code, ours->keeps, ours->date, ours->retry_after, ours->request_id);
    print_bytes(" ", buffer_string(&ours->body), ours->body.length);
}

static void fail_with(const char *what, const struct read_reply *read)
{
    const struct curl_reply *theirs = read->theirs;

    print_error("%s; HTTP_REPLY_SEED=%llu\n", what, (unsigned long long)all.seed);
    print_bytes(all.reply.head ? "of HEAD:" : "of GET:", read->bytes, read->length);
    print_error("meant: status %d, keeps %d\n", all.reply.code, all.reply.keeps);
    print_bytes(" ", buffer_string(&all.reply.body), all.reply.body.length);
    print_ours("ours", read->ours);
    print_error("libcurl's: %d; status %d, keeps %d, \"%s\", \"%s\", \"%s\"\n", theirs->result, theirs->code, theirs->keeps,
                theirs->date, theirs->retry_after, theirs->request_id);
    print_bytes(" ", buffer_string(&theirs->body), theirs->body.length);
    fail();
}

/* ---- reading */

/* Each piece in a block of its own size, so that a sanitizer sees a read behind its end. How many bytes were taken. */
static size_t read_ours(struct http_reply *ours, const char *bytes, const struct split *split)
{
    size_t i, taken, all_taken = 0;

    http_reply_begin(ours, all.reply.head, GENERATED_BODY_LIMIT);
    for (i = 0; i < split->count; bytes += split->pieces[i++]) {
        char *copy = malloc(split->pieces[i]);

        assert_non_null(copy);
        memcpy(copy, bytes, split->pieces[i]);
        http_reply_feed(ours, copy, split->pieces[i], &taken);
        all_taken += taken;
        free(copy);
    }
    http_reply_end(ours);
    return all_taken;
}

static bool is_same(const struct http_reply *one, const struct http_reply *other)
{
    return one->status == other->status && one->code == other->code && one->keeps == other->keeps &&
           one->reason == other->reason && one->body.length == other->body.length &&
           memcmp(buffer_string(&one->body), buffer_string(&other->body), one->body.length) == 0 &&
           strcmp(one->date, other->date) == 0 && strcmp(one->retry_after, other->retry_after) == 0 &&
           strcmp(one->request_id, other->request_id) == 0;
}

static void read_unsplit(const struct read_reply *read)
{
    struct split unsplit;
    size_t taken;

    split_at(&unsplit, 0, read->length);
    taken = read_ours(&all.again, read->bytes, &unsplit);
    if (is_same(&all.ours, &all.again) && (all.ours.status != HTTP_REPLY_WHOLE || read->taken == taken))
        return;
    print_ours("in one piece", &all.again);
    fail_with("split otherwise we read something else", read);
}

static void read_strictly(const struct read_reply *read)
{
    const char *fault = all.ours.status == HTTP_REPLY_WHOLE ? strict_reply_fault(read->bytes, read->taken) : NULL;

    if (fault)
        fail_with(fault, read);
}

static void compare(const struct read_reply *read)
{
    enum difference_way way = difference_way(read);
    const struct difference *difference;

    all.read++;
    all.whole += read->ours->status == HTTP_REPLY_WHOLE && way == ALIKE;
    all.refused += read->ours->status != HTTP_REPLY_WHOLE && way == ALIKE;
    if (way == ALIKE)
        return;
    difference = difference_find(read, way);
    if (difference)
        all.differences[difference - differences]++;
    else
        fail_with("a difference without a name", read);
}

/* So many of the reply's bytes, and then the connection ends. */
static struct read_reply read_both(size_t length, const struct split *split)
{
    const char *bytes = buffer_string(&all.reply.bytes);
    struct read_reply read = {bytes, length, 0, &all.ours, &all.theirs};

    read.taken = read_ours(&all.ours, bytes, split);
    read_unsplit(&read);
    read_strictly(&read);
    curl_reader_read(all.libcurl, all.reply.head, bytes, split->pieces, split->count, &all.theirs);
    compare(&read);
    return read;
}

static void cut_and_split_everywhere(void)
{
    size_t length = all.reply.bytes.length, at;
    struct split split;

    for (at = 0; at < length && at < EVERYWHERE_LIMIT; at++) {
        split_anyhow(&split, at);
        read_both(at, &split);
        if (length - at > CURL_REPLY_PIECE_LIMIT)
            continue;
        split_at(&split, at, length);
        read_both(length, &split);
    }
}

static bool is_as_meant(void)
{
    const struct http_reply *ours = &all.ours;
    const struct generated_reply *meant = &all.reply;

    return ours->status == HTTP_REPLY_WHOLE && ours->code == meant->code && ours->keeps == meant->keeps &&
           ours->body.length == meant->body.length &&
           memcmp(buffer_string(&ours->body), buffer_string(&meant->body), meant->body.length) == 0;
}

static void libcurl_reads_the_same(const struct reply_kind *kind, bool sound)
{
    struct split split;
    size_t i;

    for (i = 0; i < all.replies; i++) {
        struct read_reply read;

        generated_reply_make(&all.reply, kind, all.seed + i);
        split_anyhow(&split, all.reply.bytes.length);
        read = read_both(all.reply.bytes.length, &split);
        if (sound && (!is_as_meant() || difference_way(&read) != ALIKE))
            fail_with("not as it was meant", &read);
        if (i % EVERYWHERE == EVERYWHERE - 1)
            cut_and_split_everywhere();
    }
}

static void sound(void **state)
{
    libcurl_reads_the_same(*state, true);
}

static void damaged(void **state)
{
    libcurl_reads_the_same(*state, false);
}

/* ---- all of it */

static void print_result(void)
{
    size_t i;

    print_message("HTTP_REPLY_SEED=%llu: %zu read, by both %zu, refused by both %zu\n", (unsigned long long)all.seed, all.read,
                  all.whole, all.refused);
    for (i = 0; i < differences_count; i++)
        print_message("%9zu %s: %s (%s)\n", all.differences[i],
                      differences[i].way == WE_REFUSE     ? "only libcurl reads"
                      : differences[i].way == THEY_REFUSE ? "only we read"
                                                          : "otherwise read",
                      differences[i].name, differences[i].why);
}

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
    const char *text = getenv(variable);

    return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

int main(void)
{
    static struct cases cases;
    struct timespec now;
    int failed;

    clock_gettime(CLOCK_REALTIME, &now);
    all.seed = number_from("HTTP_REPLY_SEED", (uint64_t)now.tv_sec * 1000000);
    all.replies = number_from("HTTP_REPLIES", REPLIES) / (sound_kinds_count + damaged_kinds_count) + 1;
    all.differences = calloc(differences_count, sizeof *all.differences);
    all.libcurl = curl_reader_new();
    if (!all.differences || !all.libcurl)
        abort();
    generated_reply_init(&all.reply);
    http_reply_init(&all.ours);
    http_reply_init(&all.again);
    curl_reply_init(&all.theirs, GENERATED_BODY_LIMIT);
    cases_add_rows(&cases, sound, sound_kinds, sound_kinds_count, sizeof *sound_kinds);
    cases_add_rows(&cases, damaged, damaged_kinds, damaged_kinds_count, sizeof *damaged_kinds);
    failed = cases_run(&cases, "httpreplybesidelibcurl");
    print_result();
    curl_reply_free(&all.theirs);
    http_reply_free(&all.again);
    http_reply_free(&all.ours);
    generated_reply_free(&all.reply);
    curl_reader_free(all.libcurl);
    free(all.differences);
    return failed;
}
