/* How far a reconcile came: the next page's path, so that a later run can go on from there. */
#ifndef AUTOJOIN_COMMANDS_RECONCILE_STATE_H
#define AUTOJOIN_COMMANDS_RECONCILE_STATE_H

#include <stdbool.h>
#include <stddef.h>

/* Replaces the file by one that names the page, and the path of the first page as the query it belongs
 * to. False if it cannot be written. */
bool reconcile_state_write(const char *path, const char *query, const char *page);

/* Reads it; false, with `page` unchanged, if there is none or it is of another query (service or date). */
bool reconcile_state_read(const char *path, const char *query, char *page, size_t size);

#endif
