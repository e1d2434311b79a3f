#include "build.h"

#include "commands/check_dated.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "support/origin.h"

static bool is_amazons(X509_NAME *name)
{
    char organisation[128];

    return X509_NAME_get_text_by_NID(name, NID_organizationName, organisation, sizeof organisation) > 0 &&
           (strstr(organisation, "Amazon") || strstr(organisation, "Starfield"));
}

/* What is believed is a certificate's own name; one that Amazon issued to somebody else lends no trust. */
enum check_dated_roots check_dated_roots(const char *path)
{
    enum check_dated_roots roots = CHECK_DATED_ROOTS_UNKNOWN;
    FILE *file = fopen(path, "re");
    X509 *x509;

    while (file && (x509 = PEM_read_X509(file, NULL, NULL, NULL))) {
        bool found = is_amazons(X509_get_subject_name(x509));

        X509_free(x509);
        roots = found ? CHECK_DATED_ROOTS_AMAZON : CHECK_DATED_ROOTS_OTHERS;
        if (found)
            break;
    }
    ERR_clear_error();
    if (file)
        fclose(file);
    return roots;
}

/* "conversations.REGION.twilio.com": of regions, because an edge alone may stand there, and means us1. */
bool check_dated_region(const char *api_url, char *edge, size_t size)
{
    static const char *const edges[][2] = {{"ie1", "dublin"},    {"au1", "sydney"}, {"br1", "sao-paulo"}, {"de1", "frankfurt"},
                                           {"jp1", "tokyo"},     {"sg1", "singapore"}, {"us1", "ashburn"}, {"us2", "umatilla"}};
    static const char domain[] = ".twilio.com";
    struct origin origin;
    const char *dot, *region;
    size_t i, length;

    if (!origin_parse(&origin, api_url, strlen(api_url)) || !(dot = memchr(origin.host, '.', origin.host_length)))
        return false;
    region = dot + 1;
    length = origin.host_length - (size_t)(region - origin.host);
    for (i = 0; i < sizeof edges / sizeof edges[0]; i++) {
        size_t name = strlen(edges[i][0]);

        if (length == name + sizeof domain - 1 && memcmp(region, edges[i][0], name) == 0 &&
            memcmp(region + name, domain, sizeof domain - 1) == 0) {
            snprintf(edge, size, "%.*s.%s.%s%s", (int)(dot - origin.host), origin.host, edges[i][1], edges[i][0], domain);
            return true;
        }
    }
    return false;
}

static bool is_twilios(const char *api_url)
{
    static const char domain[] = ".twilio.com";
    struct origin origin;

    return origin_parse(&origin, api_url, strlen(api_url)) && origin.host_length > sizeof domain - 1 &&
           memcmp(origin.host + origin.host_length - (sizeof domain - 1), domain, sizeof domain - 1) == 0;
}

/* A host of somebody else's, who may be a proxy that looks into TLS, is not what moves. */
static void check_ca_file(struct findings *findings, const struct config *config, int64_t now_ms)
{
    bool moved = now_ms >= CHECK_DATED_AWS_MS;
    enum check_dated_roots roots;

    if (!config->ca_file || access(config->ca_file, R_OK) != 0) /* the latter is told by who looks as the responder */
        return;
    roots = check_dated_roots(config->ca_file);
    if (roots == CHECK_DATED_ROOTS_UNKNOWN)
        findings_add(findings, FINDING_FAIL, "settings",
                     "let AUTOJOIN_CA_FILE name a file of certificates in PEM, or take it out: the system's are good",
                     "AUTOJOIN_CA_FILE=%s holds no certificate that can be read", config->ca_file);
    else if (roots == CHECK_DATED_ROOTS_OTHERS)
        findings_add(findings, moved && is_twilios(config->api_url) ? FINDING_FAIL : FINDING_WARN, "settings",
                     "add Amazon's roots to it (https://www.amazontrust.com/repository/), or take AUTOJOIN_CA_FILE out: the "
                     "system's are good",
                     "AUTOJOIN_CA_FILE=%s holds no root of Amazon's, by which the certificates of Twilio's APIs are issued "
                     "%s 2027-01-26%s", config->ca_file, moved ? "since" : "from",
                     moved ? "" : " on: then nothing can be asked any more");
}

void check_dated(struct findings *findings, const struct config *config, int64_t now_ms)
{
    char edge[128], fix[192];

    check_ca_file(findings, config, now_ms);
    if (check_dated_region(config->api_url, edge, sizeof edge)) {
        snprintf(fix, sizeof fix, "AUTOJOIN_API_URL=https://%s (with that region's own auth token)", edge);
        findings_add(findings, FINDING_WARN, "settings", fix,
                     "AUTOJOIN_API_URL=%.100s names a region without its edge, which Twilio gives up since 2026-04-28; and "
                     "conversations by SMS are in us1 alone", config->api_url);
    }
}
