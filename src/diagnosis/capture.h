/*
 * Keeps refused requests in a directory (AUTOJOIN_CAPTURE_DIR), a file each, for `explain`.
 *
 * It must never stop or slow an answer: at most ten a second are written by one process, the
 * others of that second are left out; of the files the newest hundred stay. A file appears whole,
 * by a rename, with mode 0600. In it are customers' words, so the directory must be the
 * responder's own and closed to everybody else, or nothing is written.
 */
#ifndef AUTOJOIN_DIAGNOSIS_CAPTURE_H
#define AUTOJOIN_DIAGNOSIS_CAPTURE_H

#include "gateway/request.h"
#include "support/buffer.h"
#include "support/log.h"

enum {
    CAPTURE_FILES_LIMIT = 100,
    CAPTURE_A_SECOND = 10,
};

struct capture;

/* Prepares the use of a directory, which need not be usable yet. NULL if memory ran out.
 * `directory` and `log` must outlive it. */
struct capture *capture_new(const char *directory, const struct log *log);

void capture_free(struct capture *capture);

/* Keeps a request with its raw body. `capture` is a struct capture (a handler_capture_fn). What
 * goes wrong is logged, at most once a second. */
void capture_request(void *capture, const struct request *request, const char *body,
                     size_t body_length);

enum { CAPTURE_NAME_SIZE = 80 };

/* The names of kept requests. */
struct capture_names {
    size_t count;
    char names[CAPTURE_FILES_LIMIT][CAPTURE_NAME_SIZE];
    size_t left_out; /* older ones, which found no place here */
};

/* The newest files, the newest first: regular ones, whose names are as we write them. Whatever else somebody put
 * there is passed over. False, with errno, if the directory cannot be read. */
bool capture_look(struct capture_names *names, const char *directory);

#endif
