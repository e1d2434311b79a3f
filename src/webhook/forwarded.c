#include "build.h"

#include "webhook/forwarded.h"

#include <string.h>
#include <strings.h>

#include "support/origin.h"
#include "support/quantity.h"

static bool take_proto(struct forwarded *forwarded, const char *value, size_t length)
{
    forwarded->proto_known = true;
    forwarded->https = length == 5 && strncasecmp(value, "https", 5) == 0;
    return forwarded->https || (length == 4 && strncasecmp(value, "http", 4) == 0);
}

static bool take_host(struct forwarded *forwarded, const char *value, size_t length)
{
    forwarded->host = value;
    forwarded->host_length = length;
    return origin_is_authority(value, length);
}

static bool take_port(struct forwarded *forwarded, const char *value)
{
    uint64_t port;

    forwarded->port = value;
    return quantity_parse_number(value, 65535, &port);
}

static bool read_x_forwarded(struct forwarded *forwarded, const struct request *request)
{
    const char *proto = request_text(request, VARIABLE_HTTP_X_FORWARDED_PROTO);
    const char *host = request_text(request, VARIABLE_HTTP_X_FORWARDED_HOST);
    const char *port = request_text(request, VARIABLE_HTTP_X_FORWARDED_PORT);

    return (!*proto || take_proto(forwarded, proto, strlen(proto))) &&
           (!*host || take_host(forwarded, host, strlen(host))) &&
           (!*port || take_port(forwarded, port));
}

/* Takes one "name=value" of a Forwarded element; the value may be quoted. */
static bool take_pair(struct forwarded *forwarded, const char *pair, size_t length)
{
    const char *equals = memchr(pair, '=', length);
    size_t name_length = equals ? (size_t)(equals - pair) : 0;
    const char *value = equals ? equals + 1 : NULL;
    size_t value_length = equals ? length - name_length - 1 : 0;

    if (!equals)
        return false;
    if (value_length >= 2 && value[0] == '"' && value[value_length - 1] == '"') {
        value++;
        value_length -= 2;
    }
    if (name_length == 5 && strncasecmp(pair, "proto", 5) == 0)
        return !forwarded->proto_known && take_proto(forwarded, value, value_length);
    if (name_length == 4 && strncasecmp(pair, "host", 4) == 0)
        return forwarded->host_length == 0 && take_host(forwarded, value, value_length);
    return true;
}

static bool read_rfc7239(struct forwarded *forwarded, const struct request *request)
{
    const char *at = request_text(request, VARIABLE_HTTP_FORWARDED);

    if (strchr(at, ','))
        return false;
    while (*at) {
        size_t length;

        at += strspn(at, " \t;");
        length = strcspn(at, ";");
        if (length > 0 && !take_pair(forwarded, at, strcspn(at, "; \t")))
            return false;
        at += length;
    }
    return true;
}

bool forwarded_read(struct forwarded *forwarded, enum setting_forwarded family,
                    const struct request *request)
{
    *forwarded = (struct forwarded){0};
    return family == FORWARDED_X ? read_x_forwarded(forwarded, request)
                                 : read_rfc7239(forwarded, request);
}
