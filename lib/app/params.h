/* params.h - fields of a form of ours, each at most once
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_PARAMS_H
#define APP_PARAMS_H

#include "base/err.h"
#include "base/str.h"

#define PARAMS_MAX 64

struct param {
	struct str name, value;
};

struct params {
	struct param at[PARAMS_MAX];
	size_t n;
};

/* params_read - application/x-www-form-urlencoded, borrowed from a. Line ends
 * become \n, a lone \r too (WHATWG HTML 4.10.21.4 sends \r\n). ERR_MALFORMED,
 * ERR_REPEATED, ERR_TOO_MANY. */
bool params_read(
    struct params *p, struct arena *a, struct str text, struct err *e);

/* params_find - absent when it was not sent. */
struct str params_find(const struct params *p, const char *name);

#endif
