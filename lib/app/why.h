/* why.h - what each reason code means, in words for the client's owner
 * SPDX-License-Identifier: Apache-2.0
 *
 * Strangers are told the same for causes that they must not tell apart; the
 * audit row holds the true reason code, and here is what it means. The words
 * are for whoever may read the row, never for an answer of the gateway. */
#ifndef APP_WHY_H
#define APP_WHY_H

#include "base/str.h"

struct why {
	const char *reason;   /* as web/fail has it */
	const char *happened; /* one sentence */
	const char *act;      /* what to do; NULL: nothing */
	const char *who;      /* who can do it; NULL with act */
};

/* why_find - what is known of a reason code; NULL: nothing, for example
 * because a newer program wrote it. */
const struct why *why_find(struct str reason);

#endif
