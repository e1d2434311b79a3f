/*
 * HTTP replies made up at random: sound ones, of which it is known what they say, and damaged ones.
 *
 * A reply is made of parts, each a line or a piece of the body with what ends it. Damage is done to the parts, and
 * to the bytes they come to.
 */
#ifndef AUTOJOIN_TESTS_UNIT_GENERATEDREPLY_H
#define AUTOJOIN_TESTS_UNIT_GENERATEDREPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "support/buffer.h"

enum {
    GENERATED_BODY_LIMIT = 2048, /* what readers are to take; now and then a body is longer */
    GENERATED_PARTS = 1024,
    GENERATED_SIZE = 256 * 1024
};

enum part_kind {
    PART_STATUS,
    PART_HEADER,
    PART_HEAD_END, /* the empty line */
    PART_BODY,     /* as it is, without an end */
    PART_SIZE,     /* of a chunk */
    PART_CHUNK,
    PART_TRAILER,
    PART_LAST, /* the empty line behind the chunks */
    PART_EXCESS
};

struct part {
    enum part_kind kind;
    struct buffer text;
    const char *end;
};

enum reply_shape {
    SHAPE_ANY,
    SHAPE_LENGTH,
    SHAPE_CHUNKS,
    SHAPE_TO_END,
    SHAPE_HEAD,       /* of HEAD, with whatever length */
    SHAPE_NO_CONTENT, /* 204 */
    SHAPE_NOT_MODIFIED
};

struct generated_reply {
    uint64_t random;
    struct part parts[GENERATED_PARTS];
    size_t count;
    size_t final; /* of the parts, the status line behind those of 1xx */
    enum reply_shape shape;
    bool old;            /* HTTP/1.0 */
    bool head;           /* of HEAD */
    struct buffer bytes; /* all of it */
    /* What it says, if it is sound. */
    int code;
    bool keeps;
    struct buffer body;
};

/* What is made. */
struct reply_kind {
    const char *name;
    enum reply_shape shape;
    void (*damage)(struct generated_reply *reply); /* to the parts; NULL: none */
    void (*damage_bytes)(struct generated_reply *reply); /* NULL: none */
};

extern const struct reply_kind sound_kinds[], damaged_kinds[];
extern const size_t sound_kinds_count, damaged_kinds_count;

void generated_reply_init(struct generated_reply *reply);

/* Makes another one; the same of the same seed. */
void generated_reply_make(struct generated_reply *reply, const struct reply_kind *kind, uint64_t seed);

void generated_reply_free(struct generated_reply *reply);

/* ---- for damage */

/* A number from 0 to `count` - 1, at random; 0 if there is none. */
size_t draw(struct generated_reply *reply, size_t count);

#define PICK(reply, list) (list)[draw(reply, sizeof(list) / sizeof *(list))]

/* One of the parts of this kind, at random; NULL if there is none. */
struct part *pick_part(struct generated_reply *reply, enum part_kind kind);

/* A new part before the one at `at`, without text, that ends with CR LF. */
struct part *insert_part(struct generated_reply *reply, size_t at, enum part_kind kind);

/* Another header line, somewhere in the final head. */
void add_header(struct generated_reply *reply, const char *text);

/* The text of a part is this from now on. */
void set_text(struct part *part, const char *text);

/* `bytes` is put where the `length` bytes at `at` of the buffer are, or as many of them as there are. */
void replace_bytes(struct buffer *buffer, size_t at, size_t length, const void *bytes, size_t count);

#endif
