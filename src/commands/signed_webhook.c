#include "build.h"

#include "commands/signed_webhook.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/evp.h>

enum { SHA256_LENGTH = 32 };

static bool is_form(const char *content_type)
{
    static const char form[] = "application/x-www-form-urlencoded";

    return strncasecmp(content_type, form, sizeof form - 1) == 0;
}

static bool append_body_hash(struct signedwebhook *webhook)
{
    unsigned char hash[SHA256_LENGTH];
    size_t i;

    if (EVP_Digest(buffer_string(&webhook->body), webhook->body.length, hash, NULL, EVP_sha256(),
                   NULL) != 1)
        return false;
    buffer_append_format(&webhook->url, "%cbodySHA256=",
                         strchr(buffer_string(&webhook->url), '?') ? '&' : '?');
    for (i = 0; i < sizeof hash; i++)
        buffer_append_format(&webhook->url, "%02x", (unsigned)hash[i]);
    return true;
}

static enum signedwebhook_status sign(struct signedwebhook *webhook, struct form *form,
                                      const char *token)
{
    struct signature_keys *keys = signature_keys_new(&token, 1);
    struct signature_parameters parameters;
    struct publicurl_candidates urls;
    enum signedwebhook_status status = SIGNEDWEBHOOK_FAILED;

    signature_sort(&parameters, form);
    if (!publicurl_vary_port(&urls, buffer_string(&webhook->url), webhook->url.length))
        status = SIGNEDWEBHOOK_BAD_URL;
    else if (keys && signature_compute(keys, 0, &urls.urls[0], &parameters, webhook->signature))
        status = SIGNEDWEBHOOK_OK;
    signature_keys_free(keys);
    return status;
}

enum signedwebhook_status signedwebhook_make(struct signedwebhook *webhook, const char *url,
                                             const char *content_type, struct buffer *body,
                                             const char *token)
{
    enum signedwebhook_status status = SIGNEDWEBHOOK_FAILED;
    struct form *form = calloc(1, sizeof *form);
    char *copy = malloc(body->length + 1);

    *webhook = (struct signedwebhook){.body = *body, .content_type = content_type};
    *body = (struct buffer){.ceiling = body->ceiling};
    buffer_init(&webhook->url, PUBLICURL_LIMIT);
    buffer_append(&webhook->url, url, strcspn(url, "#")); /* a fragment is never signed */
    if (!form || !copy)
        goto out;
    memcpy(copy, buffer_string(&webhook->body), webhook->body.length);
    if (is_form(content_type)) {
        if (!form_parse(form, copy, webhook->body.length)) {
            status = SIGNEDWEBHOOK_BAD_BODY;
            goto out;
        }
    } else if (!append_body_hash(webhook)) {
        goto out;
    }
    if (buffer_status(&webhook->url) == BUFFER_OK)
        status = sign(webhook, form, token);
out:
    free(copy);
    free(form);
    return status;
}

void signedwebhook_free(struct signedwebhook *webhook)
{
    buffer_free(&webhook->url);
    buffer_free(&webhook->body);
}
