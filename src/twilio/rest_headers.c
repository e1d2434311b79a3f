#include "build.h"

#include "twilio/rest_headers.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <openssl/evp.h>

#include "support/buffer.h"

enum { CREDENTIALS_LIMIT = 8 * 1024 };

#define AUTHORIZATION "Authorization: Basic "

/* False, with the list as it was, if memory ran out. */
static bool add(struct curl_slist **headers, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*headers, line);

    if (longer)
        *headers = longer;
    return longer != NULL;
}

static struct curl_slist *last(struct curl_slist *headers)
{
    while (headers->next)
        headers = headers->next;
    return headers;
}

static bool add_credentials(struct curl_slist **headers, const char *user, const char *password)
{
    unsigned char encoded[CREDENTIALS_LIMIT / 3 * 4 + 8];
    struct buffer plain, line;
    bool added = false;

    buffer_init_secret(&plain, CREDENTIALS_LIMIT);
    buffer_init_secret(&line, sizeof encoded + sizeof AUTHORIZATION);
    buffer_append_format(&plain, "%s:%s", user, password);
    if (buffer_status(&plain) == BUFFER_OK) {
        int length = EVP_EncodeBlock(encoded, (const unsigned char *)plain.data, (int)plain.length);

        buffer_append_string(&line, AUTHORIZATION);
        buffer_append(&line, encoded, (size_t)length);
        explicit_bzero(encoded, sizeof encoded);
        added = buffer_status(&line) == BUFFER_OK && add(headers, buffer_string(&line));
    }
    if (added) /* not to swap; where that is not allowed, so be it */
        mlock(last(*headers)->data, strlen(last(*headers)->data));
    buffer_free(&plain);
    buffer_free(&line);
    return added;
}

struct curl_slist *rest_headers_new(const char *user, const char *password, const char *additional)
{
    struct curl_slist *headers = NULL;

    if (add(&headers, "Accept: application/json") &&
        add(&headers, "User-Agent: twilio-autojoin/" PACKAGE_VERSION) &&
        /* Without it libcurl asks before it sends larger forms, and waits a second for the answer. */
        add(&headers, "Expect:") && (!user || add_credentials(&headers, user, password)) &&
        (!additional || add(&headers, additional)))
        return headers;
    rest_headers_free(headers);
    return NULL;
}

void rest_headers_free(struct curl_slist *headers)
{
    struct curl_slist *at;

    for (at = headers; at; at = at->next)
        if (strncmp(at->data, AUTHORIZATION, sizeof AUTHORIZATION - 1) == 0)
            explicit_bzero(at->data, strlen(at->data));
    curl_slist_free_all(headers);
}
