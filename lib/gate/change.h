/* change.h - learns within one second what changed in the database
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every change to what the programs trust raises one number in its own
 * transaction. A thread of its own, on a connection of its own, asks for
 * newer ones every change_poll_ms. What was cached before may be trusted for
 * change_trust_ms after the last answered poll was *sent*; after that only the
 * database knows. Lock: none, atomics. */
#ifndef GATE_CHANGE_H
#define GATE_CHANGE_H

#include "base/conf.h"
#include "ext/db.h"

struct change;

/* What is told for every change, on the poller's thread, before the poll
 * counts as answered. false: it could not be taken in; then the poll counts
 * for nothing, and what it said is told again at the next.
 *   kind  "client", "tenant", "grant", "key"; NULL: too much was missed,
 *         forget everything
 *   key   as in change_log: a GUID, two joined by /, or a kid
 *   n     the change number */
typedef bool change_seen(
    void *ctx, const char *kind, struct str key, int64_t n);

/* change_start - polls once before it returns, so that a program begins with
 * what is true; then in the background. Owned; change_stop. NULL: ERR_DB. */
struct change *change_start(struct db *db, const struct conf *conf,
    change_seen *seen, void *ctx, struct err *e);
void change_stop(struct change *c);

/* change_number - every change up to this one has been told. What is read
 * from a cache after asking for it is at least so new. */
int64_t change_number(const struct change *c);

/* change_trusted - may cached entries be believed right now? */
bool change_trusted(const struct change *c);

#endif
