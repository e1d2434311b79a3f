#include "build.h"

#include "commands/check_certificate.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <curl/curl.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "support/origin.h"

enum { NAME_SIZE = 128, DATE_SIZE = 32, TIMEOUT_MS = 10000 };

struct certificate {
    char name[NAME_SIZE], issuer[NAME_SIZE];
    char begins[DATE_SIZE], ends[DATE_SIZE]; /* days */
};

static void read_name(char text[NAME_SIZE], X509_NAME *name)
{
    int length = X509_NAME_get_text_by_NID(name, NID_commonName, text, NAME_SIZE);

    if (length <= 0)
        length = X509_NAME_get_text_by_NID(name, NID_organizationName, text, NAME_SIZE);
    if (length <= 0)
        snprintf(text, NAME_SIZE, "nobody by name");
}

static void read_date(char text[DATE_SIZE], const ASN1_TIME *time)
{
    struct tm parts;

    if (ASN1_TIME_to_tm(time, &parts) != 1 || strftime(text, DATE_SIZE, "%Y-%m-%d", &parts) == 0)
        snprintf(text, DATE_SIZE, "an unknown day");
}

static bool read_pem(struct certificate *certificate, const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *x509 = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;

    if (x509) {
        read_name(certificate->name, X509_get_subject_name(x509));
        read_name(certificate->issuer, X509_get_issuer_name(x509));
        read_date(certificate->begins, X509_get0_notBefore(x509));
        read_date(certificate->ends, X509_get0_notAfter(x509));
    }
    X509_free(x509);
    BIO_free(bio);
    return x509 != NULL;
}

/* The first one is the server's own (CURLINFO_CERTINFO(3)). */
static bool find_pem(struct certificate *certificate, CURL *easy)
{
    static const char prefix[] = "Cert:";
    struct curl_certinfo *chain = NULL;
    struct curl_slist *line;

    if (curl_easy_getinfo(easy, CURLINFO_CERTINFO, &chain) != CURLE_OK || !chain || chain->num_of_certs < 1)
        return false;
    for (line = chain->certinfo[0]; line; line = line->next)
        if (strncmp(line->data, prefix, sizeof prefix - 1) == 0)
            return read_pem(certificate, line->data + sizeof prefix - 1);
    return false;
}

/* Connects without believing, to see who is there. */
static bool fetch(struct certificate *certificate, const char *url, const struct signed_webhook_way *way)
{
    CURL *easy = curl_easy_init();
    bool found = easy && curl_easy_setopt(easy, CURLOPT_URL, url) == CURLE_OK &&
                 curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https") == CURLE_OK &&
                 curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L) == CURLE_OK &&
                 curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L) == CURLE_OK &&
                 curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L) == CURLE_OK &&
                 curl_easy_setopt(easy, CURLOPT_CERTINFO, 1L) == CURLE_OK &&
                 curl_easy_setopt(easy, CURLOPT_PROXY, way->proxy ? way->proxy : "") == CURLE_OK &&
                 curl_easy_setopt(easy, CURLOPT_NOPROXY, "") == CURLE_OK &&
                 curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
                 curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)TIMEOUT_MS) == CURLE_OK &&
                 curl_easy_perform(easy) == CURLE_OK && find_pem(certificate, easy);

    curl_easy_cleanup(easy);
    return found;
}

static void tell(struct findings *findings, const char *host, int host_length, long verify,
                 const struct certificate *certificate)
{
    static const char subject[] = "public URL";

    if (verify == X509_V_ERR_CERT_HAS_EXPIRED)
        findings_add(findings, FINDING_FAIL, subject, "renew it (certbot renew), and reload the web server",
                     "the certificate of %.*s expired on %s (%s, by %s)", host_length, host, certificate->ends,
                     certificate->name, certificate->issuer);
    else if (verify == X509_V_ERR_CERT_NOT_YET_VALID)
        findings_add(findings, FINDING_FAIL, subject, "timedatectl set-ntp true; or get another certificate",
                     "the certificate of %.*s begins on %s (%s, by %s)", host_length, host, certificate->begins,
                     certificate->name, certificate->issuer);
    else if (verify == X509_V_OK)
        findings_add(findings, FINDING_FAIL, subject, "get one for that name, or set AUTOJOIN_PUBLIC_URL to the name that it has",
                     "the certificate that %.*s shows is of another name (%s, by %s, until %s)", host_length, host,
                     certificate->name, certificate->issuer, certificate->ends);
    else
        findings_add(findings, FINDING_FAIL, subject,
                     "get one of a public authority, and let the web server send the whole chain (fullchain.pem)",
                     "the certificate of %.*s is not trusted: %s (%s, by %s, until %s)", host_length, host,
                     X509_verify_cert_error_string(verify), certificate->name, certificate->issuer, certificate->ends);
}

void check_certificate(struct findings *findings, const char *url, long verify, const struct signed_webhook_way *way)
{
    struct certificate certificate = {"a certificate that cannot be read", "?", "?", "?"};
    struct origin origin;

    if (!origin_parse(&origin, url, strlen(url)))
        return;
    fetch(&certificate, url, way);
    tell(findings, origin.host, (int)origin.host_length, verify, &certificate);
}
