/*
 * libcurl as a reader of HTTP replies: what it makes of bytes that come over a connection, which ends behind them.
 *
 * The connection is a local one that has all that will come before libcurl asks. It keeps the pieces apart: libcurl
 * gets each by a recv() of its own. There is no other process, and no thread.
 */
#ifndef AUTOJOIN_TESTS_UNIT_CURLREPLY_H
#define AUTOJOIN_TESTS_UNIT_CURLREPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "support/buffer.h"
#include "twilio/http_reply.h"

enum { CURL_REPLY_PIECE_LIMIT = 8 * 1024 };

struct curl_reply {
    int result;         /* CURLcode; CURLE_OK: the reply was read */
    int code;           /* the HTTP status */
    bool keeps;         /* the connection stays open for another request */
    struct buffer body; /* of one that was read */
    char date[HTTP_REPLY_FIELD_SIZE], retry_after[HTTP_REPLY_FIELD_SIZE], request_id[HTTP_REPLY_FIELD_SIZE];
};

/* NULL if there is no memory or no socket. */
struct curl_reader;
struct curl_reader *curl_reader_new(void);
void curl_reader_free(struct curl_reader *reader);

/* `pieces` are the lengths of the pieces that together are the bytes: none is 0, none over CURL_REPLY_PIECE_LIMIT.
 * Aborts if the machine or libcurl does not do what this needs. */
void curl_reader_read(struct curl_reader *reader, bool head, const char *bytes, const size_t *pieces, size_t count,
                      struct curl_reply *reply);

void curl_reply_init(struct curl_reply *reply, size_t body_limit);
void curl_reply_free(struct curl_reply *reply);

#endif
