/*
 * The alterations of names' and values' bytes: each returns false, with the list perhaps changed
 * in part, if there is nothing to alter in that way.
 */
#ifndef AUTOJOIN_DIAGNOSIS_FORM_BYTES_H
#define AUTOJOIN_DIAGNOSIS_FORM_BYTES_H

#include "diagnosis/form_list.h"

enum { FORMBYTES_PADDINGS = 7 };

bool formbytes_undo_names(struct formlist *list, size_t index);
bool formbytes_undo_brackets(struct formlist *list, size_t index);
bool formbytes_undo_plus(struct formlist *list, size_t index);
bool formbytes_undo_twice(struct formlist *list, size_t index);
bool formbytes_undo_charset(struct formlist *list, size_t index);
bool formbytes_undo_lines(struct formlist *list, size_t index);
bool formbytes_undo_trimmed(struct formlist *list, size_t index);
bool formbytes_sign_names(struct formlist *list, size_t index);
bool formbytes_sign_trimmed(struct formlist *list, size_t index);
bool formbytes_sign_encoded(struct formlist *list, size_t index);

#endif
