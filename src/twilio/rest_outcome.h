/* What comes of an exchange, in the words of rest_message.h: of a connection that was not made, of a reply. */
#ifndef AUTOJOIN_TWILIO_REST_OUTCOME_H
#define AUTOJOIN_TWILIO_REST_OUTCOME_H

#include <curl/curl.h>

#include "twilio/http_reply.h"
#include "twilio/rest_message.h"

/* Why there is no connection. */
enum rest_status rest_outcome_of_connecting(CURLcode code, const char **reason);

/* What a reply that is no HTTP_REPLY_MORE comes to. */
enum rest_status rest_outcome_of_reply(const struct http_reply *reply, const char **reason);

/* Reads what came into a result, status, reason and time apart. The body stays the reply's. */
void rest_outcome_read(struct rest_result *result, const struct http_reply *reply);

#endif
