/* The part of `check` that knows what changes at Twilio on a day, and which addresses of its API are not what they seem. */
#ifndef AUTOJOIN_COMMANDS_CHECK_DATED_H
#define AUTOJOIN_COMMANDS_CHECK_DATED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "commands/check_finding.h"
#include "support/config.h"

enum check_dated_roots {
    CHECK_DATED_ROOTS_AMAZON,   /* one of Amazon's or Starfield's is among them */
    CHECK_DATED_ROOTS_OTHERS,   /* certificates, and none of these */
    CHECK_DATED_ROOTS_UNKNOWN   /* the file cannot be read, or holds no certificate */
};

/* Whose certificates a file in PEM holds. Not thread-safe (OpenSSL's queue of errors is emptied). */
enum check_dated_roots check_dated_roots(const char *path);

/* When the certificates of Twilio's REST APIs move from DigiCert to AWS (facts of Twilio's changelog, 2026-02-09), as
 * clock_wall_ms() has it. */
#define CHECK_DATED_AWS_MS INT64_C(1800921600000)

/* Whether the host of AUTOJOIN_API_URL names a region and no edge; `edge` gets the one that belongs to the region. */
bool check_dated_region(const char *api_url, char *edge, size_t size);

/* Adds what it finds; `now_ms` is clock_wall_ms(). */
void check_dated(struct findings *findings, const struct config *config, int64_t now_ms);

#endif
