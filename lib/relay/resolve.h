/* resolve.h - names of providers become addresses, in threads that may hang
 * SPDX-License-Identifier: Apache-2.0
 *
 * getaddrinfo cannot be interrupted, so four threads of its own do it and the
 * asker waits no longer than its deadline. One look-up per name runs at a
 * time however many ask; a name about to grow old is looked up again while
 * its answer is still used. Literal addresses are only read.
 *
 * Shared between threads: cache, queue and the list of waiting askers, under
 * one lock (resolve.lock), never held during a look-up. */
#ifndef RELAY_RESOLVE_H
#define RELAY_RESOLVE_H

#include "base/enc.h"
#include "base/err.h"
#include "ext/fetch.h"

#define RESOLVE_LIFE_MS      30000 /* an answer is used this long */
#define RESOLVE_DEAD_LIFE_MS 2000  /* "no such name" is believed this long */
#define RESOLVE_THREADS      4
#define RESOLVE_WAITING_MAX  16   /* askers of one provider */
#define RESOLVE_NAMES_MAX    1024 /* names remembered */

struct resolve;

/* resolve_lookup - look a name up, and block as long as that takes. Writes at
 * most FETCH_ADDRS_MAX addresses, ports zero; returns how many, 0 for none.
 * Runs in several threads at once. */
typedef unsigned resolve_lookup(
    void *ctx, const char *name, struct fetch_addr *to);

/* resolve_start - lookup NULL: getaddrinfo. Owned; resolve_stop. NULL:
 * ERR_BROKEN, threads could not be made. */
struct resolve *resolve_start(resolve_lookup *lookup, void *ctx, struct err *e);

/* resolve_close - askers that wait, or are still to come, fail: ERR_BUSY. */
void resolve_close(struct resolve *r);

/* resolve_stop - to be called when nobody asks any more. Threads that hang in
 * a look-up are left behind; the last one frees what they share. NULL is
 * fine. */
void resolve_stop(struct resolve *r);

/* resolve_name - the addresses of a host.
 *   provider     whose queue the asker stands in
 *   host         as in a parsed URL: name or literal, IPv6 without brackets
 *   port         goes into every address
 *   deadline_ms  clock_mono_ms
 *   to           room for FETCH_ADDRS_MAX
 * Returns: how many, at least one. 0: ERR_UPSTREAM_CONNECT (no such name),
 * ERR_UPSTREAM_TIMEOUT (deadline), ERR_UPSTREAM_BUSY (RESOLVE_WAITING_MAX
 * askers of this provider wait already, or too many names at once), ERR_BUSY
 * (closed). */
unsigned resolve_name(struct resolve *r, const struct guid *provider,
    const char *host, unsigned port, int64_t deadline_ms, struct fetch_addr *to,
    struct err *e);

/* resolve_doubt - an address of this host did not answer: look it up again
 * within RESOLVE_DEAD_LIFE_MS, it may have moved. */
void resolve_doubt(struct resolve *r, const char *host);

#endif
