/* What tells `probe` more than whether the bot came: what the responders counted meanwhile, and their settings. */
#ifndef AUTOJOIN_COMMANDS_PROBE_EVIDENCE_H
#define AUTOJOIN_COMMANDS_PROBE_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "commands/check_responder.h"
#include "support/config.h"
#include "support/stats.h"

enum { PROBE_KEYS = 6 };

struct probe_evidence {
    const struct config *config;
    struct stats *stats; /* NULL: there is none, or it cannot be read: `unread` */
    const char *unread;
    struct stats_snapshot before, after;
    int64_t begun_ms; /* clock_wall_ms() */
};

/* Looks before anything happens. `config` must outlive it. */
void probe_evidence_open(struct probe_evidence *evidence, const struct config *config);
void probe_evidence_close(struct probe_evidence *evidence);

/* Looks again. True if a webhook was proved since probe_evidence_open(). */
bool probe_evidence_look(struct probe_evidence *evidence);

/* The kinds of key and algorithms that proved webhooks since, as `stats` names them ("shared-key HMAC-SHA256"); static
 * texts. Returns how many. */
size_t probe_evidence_keys(const struct probe_evidence *evidence, const char *keys[PROBE_KEYS]);

/* What became of the last webhook since, as a text ("forbidden: no signature"); "" if there was none or nothing tells. */
void probe_evidence_webhook(const struct probe_evidence *evidence, char *text, size_t size);

/* Whether the responders that run have the settings of the file: as healthz tells below AUTOJOIN_PUBLIC_URL, or
 * the statistics file. */
enum check_responder_verdict probe_evidence_settings(const struct probe_evidence *evidence);

#endif
