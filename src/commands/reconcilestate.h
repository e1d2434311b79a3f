/* How far a reconcile came: the next page's path, so that a later run can go on from there. */
#ifndef AUTOJOIN_COMMANDS_RECONCILESTATE_H
#define AUTOJOIN_COMMANDS_RECONCILESTATE_H

#include <stdbool.h>
#include <stddef.h>

/* Replaces the file by one that names the page. False if it cannot be written. */
bool reconcilestate_write(const char *path, const char *service, const char *page);

/* Reads it; false, with `page` unchanged, if there is none or it is of another service. */
bool reconcilestate_read(const char *path, const char *service, char *page, size_t size);

#endif
