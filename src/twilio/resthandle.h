/* One libcurl handle: the options that all exchanges share, and what is read from it after one. */
#ifndef AUTOJOIN_TWILIO_RESTHANDLE_H
#define AUTOJOIN_TWILIO_RESTHANDLE_H

#include <stdbool.h>

#include <curl/curl.h>

#include "support/buffer.h"
#include "twilio/rest.h"

/* Makes the list of header lines, with one more if it is not NULL; the caller frees it with
 * curl_slist_free_all(). NULL if memory ran out. */
struct curl_slist *resthandle_headers(const char *additional);

/* Sets what never changes: verification, limits, credentials. `headers` must outlive the
 * handle. False if libcurl lacks an option that safety rests on. */
bool resthandle_prepare(CURL *easy, const struct config *config, struct curl_slist *headers);

/* Sets what one exchange asks for. URL and form must stay until it is done. */
bool resthandle_set_request(CURL *easy, const struct rest_order *order, const char *url,
                            const struct buffer *form);

/* Reads what came, body and time apart. */
void resthandle_read(struct rest_result *result, CURL *easy, CURLcode code, bool too_large);

#endif
