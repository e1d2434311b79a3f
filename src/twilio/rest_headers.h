/*
 * The header lines of an exchange, ready made: libcurl would format and encode credentials anew for each
 * request (bench/PROFILE.md).
 */
#ifndef AUTOJOIN_TWILIO_REST_HEADERS_H
#define AUTOJOIN_TWILIO_REST_HEADERS_H

#include <curl/curl.h>

/* Makes the list: with credentials for Basic authentication (RFC 7617) unless `user` is NULL, and with one
 * more line unless `additional` is NULL. The caller frees it with rest_headers_free(). NULL if memory ran
 * out. Thread-safe. */
struct curl_slist *rest_headers_new(const char *user, const char *password, const char *additional);

/* Frees the list and wipes the credentials. */
void rest_headers_free(struct curl_slist *headers);

#endif
