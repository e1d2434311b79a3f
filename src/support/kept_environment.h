/*
 * The variables that are settings, for the next reading of them: the process's own environment is scrubbed and
 * forgotten after the first. Secrets are kept by name alone: their values are those of the settings in force, so
 * that there is no second copy of them for as long as the process lives.
 */
#ifndef AUTOJOIN_SUPPORT_KEPT_ENVIRONMENT_H
#define AUTOJOIN_SUPPORT_KEPT_ENVIRONMENT_H

#include "support/config.h"

struct kept_environment;

/* Copies the TWILIO_* and AUTOJOIN_* variables of a NULL-ended array. NULL if memory ran out. Thread-safe. */
struct kept_environment *kept_environment_new(char *const *environment);

/* A NULL-ended array, as config_load() takes it, with the secrets of `config`, which was read with these
 * variables. Good until kept_environment_forget(). NULL if memory ran out. */
char *const *kept_environment_variables(struct kept_environment *kept, const struct config *config);

/* Wipes the secrets among them. */
void kept_environment_forget(struct kept_environment *kept);

/* Frees; NULL is nothing. */
void kept_environment_free(struct kept_environment *kept);

#endif
