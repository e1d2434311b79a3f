#include "build.h"

#include "diagnosis/url_authorities.h"

#include <string.h>

#include "webhook/public_url.h"

enum {
    ELEMENTS_LIMIT = 8, /* of a forwarded list */
    PORTS_LIMIT = 16,
    ELEMENT_SIZE = 512, /* of a header that is a list */
};

struct port {
    const char *text;
    size_t length;
};

struct ports {
    struct port items[PORTS_LIMIT];
    size_t count;
};

struct collecting {
    struct url_pieces *pieces;
    struct ports ports;
};

static void add_port(struct ports *ports, const char *text, size_t length)
{
    size_t i;

    for (i = 0; i < length; i++)
        if (text[i] < '0' || text[i] > '9')
            return;
    for (i = 0; i < ports->count; i++)
        if (ports->items[i].length == length && memcmp(ports->items[i].text, text, length) == 0)
            return;
    if (length > 0 && length <= 5 && ports->count < PORTS_LIMIT)
        ports->items[ports->count++] = (struct port){text, length};
}

/* Where the port of "user@host:port" begins, its colon included; the end if there is none. */
static size_t host_only(const char *host, size_t length)
{
    const char *userinfo, *at, *end, *colon;

    if (length == 0)
        return 0; /* `host` may be NULL */
    userinfo = memrchr(host, '@', length);
    at = userinfo ? userinfo + 1 : host;
    end = host + length;
    if (at < end && *at == '[')
        at = memchr(at, ']', (size_t)(end - at));
    colon = at ? memchr(at, ':', (size_t)(end - at)) : NULL;
    return colon ? (size_t)(colon - host) : length;
}

static void add_port_of(struct ports *ports, const char *host, size_t length)
{
    size_t end = host_only(host, length);

    if (end < length)
        add_port(ports, host + end + 1, length - end - 1);
}

/* A host as it is named (`cost` changes), without its port, and with every other port. */
static void add_host(struct collecting *collecting, const char *host, size_t length, unsigned cost,
                     unsigned changes)
{
    struct url_pieces *pieces = collecting->pieces;
    size_t end = host_only(host, length), i;

    if (end == 0)
        return;
    url_pieces_add(pieces, URL_PART_AUTHORITY, host, length, cost, changes);
    url_pieces_add(pieces, URL_PART_AUTHORITY, host, end, cost + (end < length),
                   changes | (end < length ? URL_CHANGE_PORT : 0u));
    for (i = 0; i < collecting->ports.count; i++) {
        buffer_clear(&pieces->work);
        buffer_append(&pieces->work, host, end);
        buffer_append_char(&pieces->work, ':');
        buffer_append(&pieces->work, collecting->ports.items[i].text,
                      collecting->ports.items[i].length);
        url_pieces_add(pieces, URL_PART_AUTHORITY, buffer_string(&pieces->work),
                       pieces->work.length, cost + 1, changes | URL_CHANGE_PORT);
    }
}

static void add_other_host(struct collecting *collecting, const char *host, size_t length)
{
    add_host(collecting, host, length, 1, URL_CHANGE_HOST);
}

/* Every element of a list header, read as if it stood alone: which hop spoke first is
 * anybody's guess, and a guess is all that is wanted here. */
static void add_forwarded(struct collecting *collecting, enum setting_forwarded family,
                          const struct request *request)
{
    enum variable variable =
        family == FORWARDED_X ? VARIABLE_HTTP_X_FORWARDED_HOST : VARIABLE_HTTP_FORWARDED;
    const char *at = request_text(request, variable);
    unsigned elements;

    for (elements = 0; *at && elements < ELEMENTS_LIMIT; elements++) {
        struct request one = {.counts = {0}};
        struct forwarded forwarded;
        char element[ELEMENT_SIZE];
        size_t length;

        at += strspn(at, " \t,");
        length = strcspn(at, ",");
        if (length < sizeof element) {
            memcpy(element, at, length);
            element[length] = '\0';
            element[strcspn(element, family == FORWARDED_X ? " \t" : "")] = '\0';
            one.values[variable] = element;
            if (forwarded_read(&forwarded, family, &one))
                add_other_host(collecting, forwarded.host, forwarded.host_length);
        }
        at += length;
    }
}

static void add_header(struct collecting *collecting, const struct request *request,
                       enum variable variable)
{
    const char *host = request_text(request, variable);

    add_other_host(collecting, host, strlen(host));
}

static void collect_ports(struct ports *ports, const struct origin *base,
                          const struct origin *public_url, const struct request *request)
{
    static const enum variable variables[] = {VARIABLE_HTTP_X_FORWARDED_PORT,
                                              VARIABLE_SERVER_PORT};
    static const enum variable hosts[] = {VARIABLE_HTTP_X_FORWARDED_HOST, VARIABLE_HTTP_HOST};
    static const char *const usual[] = {"8443", "8080", "4443", "3000", "5000", "8000"};
    size_t i;

    if (base->port_length > 0)
        add_port(ports, base->port, base->port_length);
    if (public_url->port_length > 0)
        add_port(ports, public_url->port, public_url->port_length);
    for (i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        const char *port = request_text(request, variables[i]);

        add_port(ports, port, strspn(port, "0123456789"));
    }
    for (i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        const char *host = request_text(request, hosts[i]);

        add_port_of(ports, host, strcspn(host, ", "));
    }
    for (i = 0; i < sizeof usual / sizeof usual[0]; i++)
        add_port(ports, usual[i], strlen(usual[i]));
}

void url_authorities_collect(struct url_pieces *pieces, const struct origin *base,
                             const struct config *config, const struct request *request)
{
    struct collecting collecting = {.pieces = pieces};
    struct origin public_url = {0};
    const char *url = config->public_url;
    const char *own = base->userinfo_length > 0 ? base->userinfo : base->host;
    size_t userinfo = (size_t)(base->host - own);
    size_t named = base->host_length + (base->port_length ? base->port_length + 1 : 0);

    if (url)
        origin_parse(&public_url, url, strlen(url));
    collect_ports(&collecting.ports, base, &public_url, request);
    add_host(&collecting, own, userinfo + named, 0, 0);
    if (public_url.length > 0) {
        own = public_url.userinfo_length > 0 ? public_url.userinfo : public_url.host;
        add_other_host(&collecting, own, public_url.length - (size_t)(own - url));
    }
    if (userinfo > 0)
        add_other_host(&collecting, base->host, named);
    add_forwarded(&collecting, FORWARDED_X, request);
    add_forwarded(&collecting, FORWARDED_RFC7239, request);
    add_header(&collecting, request, VARIABLE_HTTP_X_ORIGINAL_HOST);
    add_header(&collecting, request, VARIABLE_HTTP_HOST);
    add_header(&collecting, request, VARIABLE_SERVER_NAME);
}
