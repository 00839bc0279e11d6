/* upauth.h - calls to servers that want a token: had, kept, renewed, one at a time
 * SPDX-License-Identifier: Apache-2.0
 *
 * A token is kept in memory per tenant and revision of its provider, so never
 * shared between credentials, and gone with the process. It is renewed some
 * time before its end, by one thread while the others go on with the one at
 * hand; without one they wait for that thread, each until its own deadline,
 * and a few at most. Where it fails, nobody asks again for a moment.
 *
 * Shared between threads: the table of tokens, under one lock (upauth.lock),
 * let go while a token endpoint is asked. */
#ifndef RELAY_UPAUTH_H
#define RELAY_UPAUTH_H

#include "relay/upauth_token.h"

#define UPAUTH_KEPT_MAX   1024 /* tokens; the longest unused goes first */
#define UPAUTH_WAIT_MAX   16   /* threads that wait for one token */
#define UPAUTH_PAUSE_MS   1000 /* after a failure */
#define UPAUTH_EARLY_MS   3000 /* longest try while the old one is good */
#define UPAUTH_REFUSED_MS 5000 /* between two renewals because of a 401 */

struct upauth;

/* Doors that a test may turn elsewhere. */
struct upauth_doors {
	upauth_door *call;       /* NULL: upstream_call */
	int64_t (*now_ms)(void); /* NULL: clock_mono_ms */
};

/* upauth_new - owned; upauth_free, with no call under way, wipes it.
 *   doors  NULL: the real ones */
struct upauth *upauth_new(const struct upauth_doors *doors);
void upauth_free(struct upauth *u);

/* upauth_call - upstream_call, with a token where ask->to->token says that its
 * server wants one (and then ask->to->tokens is where it is kept). A server
 * that answers 401 to it gets another one, once, unless ask->once: the one at
 * hand may have been ended. All within ask->deadline_ms and one total_ms.
 *
 * NULL: as upstream_call and upauth_token_ask; ERR_UPSTREAM_BUSY, too many
 * wait for this token already. */
const struct upstream_answer *upauth_call(struct engine *en, struct arena *a,
    const struct upstream_ask *ask, struct err *e);

/* upauth_count - tokens that are kept, for tests. */
size_t upauth_count(struct upauth *u);

#endif
