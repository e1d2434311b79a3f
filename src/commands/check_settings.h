/* The part of `check` that judges the settings by themselves. */
#ifndef AUTOJOIN_COMMANDS_CHECK_SETTINGS_H
#define AUTOJOIN_COMMANDS_CHECK_SETTINGS_H

#include "commands/check_finding.h"
#include "support/config.h"

/* Where they are, and who must be able to read them. */
struct check_settings_place {
    const char *path;        /* of the settings file; NULL: the standard one */
    const char *user, *group, *why; /* the responder's: commands/check_user.h */
};

/* Tells each fault, or what is well-formed and all the same in the way of a join. True if there is no fault. */
bool check_settings(struct findings *findings, const struct config *config, const struct buffer *faults,
                    const struct check_settings_place *place);

#endif
