/* keep_jwks.h - the keeper copies public keys from where apps publish them
 * SPDX-License-Identifier: Apache-2.0
 *
 * The program that holds the signing key never fetches a URL; this is the one
 * that does, as relay/upstream reaches providers: https, no redirects, the
 * address checked and pinned, 64 KiB, a deadline. What is fetched is read by
 * ext/jwk before it is stored. A failure leaves the last copy in place, is
 * kept beside it, and is one line in the log. */
#ifndef APP_KEEP_JWKS_H
#define APP_KEEP_JWKS_H

#include "base/conf.h"
#include "ext/db.h"

struct keep_jwks;

/* keep_jwks_new - owned; keep_jwks_free. Opens nothing yet.
 *   conf  NULL: nothing can be fetched, and nothing is */
struct keep_jwks *keep_jwks_new(const struct conf *conf);
void keep_jwks_free(struct keep_jwks *k);

/* keep_jwks_turn - fetches what is due, a few at most; *n how many were kept.
 * false: ERR_DB, ERR_BROKEN. */
bool keep_jwks_turn(struct keep_jwks *k, struct db *db, struct arena *a,
    int64_t *n, struct err *e);

#endif
