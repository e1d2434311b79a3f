/* What a URL among the settings may be. */
#ifndef AUTOJOIN_SUPPORT_SETTINGURL_H
#define AUTOJOIN_SUPPORT_SETTINGURL_H

#include <stddef.h>

/* Judges a text. Returns NULL, and how much of it is the value; or what is wrong, as a text that
 * does not show the value; static. */
typedef const char *settingurl_judge_fn(const char *text, size_t *length);

settingurl_judge_fn settingurl_judge_public; /* AUTOJOIN_PUBLIC_URL */
settingurl_judge_fn settingurl_judge_api;    /* AUTOJOIN_API_URL */
settingurl_judge_fn settingurl_judge_proxy;  /* AUTOJOIN_PROXY */

#endif
