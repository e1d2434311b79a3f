/*
 * The single alterations that formvariants knows: each returns false, with the list perhaps
 * changed in part, if there is nothing to alter in that way.
 */
#ifndef AUTOJOIN_DIAGNOSIS_FORM_ALTERATIONS_H
#define AUTOJOIN_DIAGNOSIS_FORM_ALTERATIONS_H

#include "diagnosis/form_variants.h"

enum { FORMBYTES_PADDINGS = 7, FORMREPEATS_GUESSES = 8, FORMREPEATS_SPLITS = 2 };

/* Room for new bytes; NULL if there is no more. */
char *formlist_room(struct formlist *list, size_t size);

/* Remembers the name of the parameter that is altered. */
void formlist_note(struct formlist *list, size_t i);

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

bool formrepeats_undo_joined(struct formlist *list, size_t which);
bool formrepeats_undo_lost(struct formlist *list, size_t index);
bool formrepeats_sign_first(struct formlist *list, size_t index);
bool formrepeats_sign_last(struct formlist *list, size_t index);
bool formrepeats_sign_joined(struct formlist *list, size_t index);
bool formrepeats_sign_once(struct formlist *list, size_t index);

#endif
