/* revoked.h - the tokens that count for nothing any more, all of them, at hand
 * SPDX-License-Identifier: Apache-2.0
 *
 * A complete set per process: every revocation that may bear on a token, read
 * before the first request is served, kept up by the change poller before a
 * poll counts as answered, and forgotten when no such token can live. So what
 * is not in it is not revoked, as long as the directory is confirmed
 * (directory_confirmed); otherwise only the database knows.
 *
 * A look-up costs six hashes, no query and no allocation. Entries only ever
 * get stronger: a state that is told late takes nothing back. Lock: one,
 * shared by readers, inside. */
#ifndef GATE_REVOKED_H
#define GATE_REVOKED_H

#include "ext/db.h"
#include "gate/token.h"

#define REVOKED_MAX ((size_t)1000000) /* entries: about 130 MB */

struct revoked;

/* revoked_new - nothing is known yet: revoked_changed refuses until
 * revoked_load has been there. Owned; revoked_free. */
struct revoked *revoked_new(struct db *db);
void revoked_free(struct revoked *r);

/* revoked_load - all that the database knows. false: ERR_DB; ERR_BROKEN for
 * more than REVOKED_MAX. What was known before stays. */
bool revoked_load(struct revoked *r, struct err *e);

/* revoked_changed - a change_seen: takes in kind "revocation", and loads
 * everything anew when kind is NULL. false: it could not be taken in. */
bool revoked_changed(
    struct revoked *r, const char *kind, struct str key, int64_t n);

/* revoked_holds - is this token revoked, as far as this set knows?
 * revoked_asks - the same from the database, into *yes. false: ERR_DB. */
bool revoked_holds(struct revoked *r, const struct claims *c);
bool revoked_asks(struct db *db, struct arena *a, const struct claims *c,
    bool *yes, struct err *e);

/* revoked_count - entries held; for tests. */
size_t revoked_count(struct revoked *r);

#endif
