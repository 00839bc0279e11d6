/* portal_breach.h - a secret that somebody else has seen, and what it was used for
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PORTAL_PORTAL_BREACH_H
#define PORTAL_PORTAL_BREACH_H

#include "portal/portal.h"

/* Ends the secret, revokes its tokens, and goes on to the list of these. */
bool breach_end(struct page *p);

/* Tokens that a secret got; query `days`: of how many days.
 * breach_tokens_csv - the same for a spreadsheet; query `part`, from 1: which
 * BREACH_PART of them. */
#define BREACH_PART 10000
bool breach_tokens(struct page *p);
bool breach_tokens_csv(struct page *p);

#endif
