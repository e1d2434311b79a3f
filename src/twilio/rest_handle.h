/* One libcurl handle: the options that all exchanges share, and what is read from it after one. */
#ifndef AUTOJOIN_TWILIO_REST_HANDLE_H
#define AUTOJOIN_TWILIO_REST_HANDLE_H

#include <stdbool.h>

#include <curl/curl.h>

#include "support/buffer.h"
#include "support/config.h"
#include "twilio/rest_message.h"

/* Sets what never changes: where to, verification, limits. `headers` must outlive the handle.
 * False if libcurl lacks an option that safety rests on. */
bool rest_handle_prepare(CURL *easy, const struct config *config, struct curl_slist *headers);

/* While an exchange is under way `connected`, which must outlive the handle, is true from the moment its request
 * may be on the way: a connection was made or taken again, TLS and proxy included. Set it to false before. What
 * libcurl tells of times and sizes afterwards has meant something else in every few versions. */
bool rest_handle_tell(CURL *easy, bool *connected);

/* Path and query of the request, sent as they are: parsing a whole URL for each costs more than writing
 * the request does (bench/PROFILE.md). False if it is none (RFC 9112, 3.2.1), or memory ran out. */
bool rest_handle_set_target(CURL *easy, const char *target);

/* Another URL than AUTOJOIN_API_URL, whole; `plain`: http is allowed whatever that has. False if memory ran
 * out. */
bool rest_handle_set_url(CURL *easy, const char *url, bool plain);

/* Other headers, which must stay until the exchange is done. */
bool rest_handle_set_headers(CURL *easy, struct curl_slist *headers);

/* Sets method, form and time. The form must stay until the exchange is done. */
bool rest_handle_set_request(CURL *easy, const struct rest_request *request, const struct buffer *form);

/* Reads what came, body and time apart. `connected`: what rest_handle_tell() told. */
void rest_handle_read(struct rest_result *result, CURL *easy, CURLcode code, bool too_large, bool connected);

/* Makes the list: with credentials for Basic authentication (RFC 7617) unless `user` is NULL, and with one
 * more line unless `additional` is NULL. The caller frees it with rest_handle_free_headers(). NULL if memory ran
 * out. Thread-safe. */
struct curl_slist *rest_handle_headers(const char *user, const char *password, const char *additional);

/* Adds one more line. False, with the list as it was, if memory ran out. */
bool rest_handle_add_header(struct curl_slist **headers, const char *line);

/* Frees the list and wipes the credentials. */
void rest_handle_free_headers(struct curl_slist *headers);

#endif
