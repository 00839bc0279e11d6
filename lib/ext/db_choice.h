/* db_choice.h - which of several servers is to be believed
 * SPDX-License-Identifier: Apache-2.0
 *
 * A standby that is promoted begins a new timeline. A primary that comes back
 * after that, with the timeline it had, still takes writes and knows nothing
 * of what was changed or revoked meanwhile. So where a database string names
 * several servers, all of them are looked at before the first session,
 * whenever one broke, and every CHOICE_AGAIN_MS; the highest timeline wins, and
 * whoever is on a lower one is refused as long as this process lives. A single
 * server is never asked.
 *
 * Only ext/db uses this: one thread at a time dials and looks, any thread may
 * ask choice_old and choice_due. */
#ifndef EXT_DB_CHOICE_H
#define EXT_DB_CHOICE_H

#include <stdatomic.h>

#include "ext/db_server.h"

#define CHOICE_AGAIN_MS 10000

struct db_choice {
	const struct db_servers *to;
	size_t host; /* the one that answered last */
	bool look;   /* at all of them, before the next dial */
	char system[LINK_SYSTEM_MAX];
	atomic_uint newest;    /* timeline; 0: not known */
	atomic_llong again_ms; /* clock_mono_ms(): look again; 0: not yet */
};

/* choice_new - nobody has been looked at. to is borrowed. */
struct db_choice choice_new(const struct db_servers *to);

/* Is this session fit for its use? false: e says why not. */
typedef bool choice_fit(
    void *ctx, struct link *l, int64_t deadline, struct err *e);

/* choice_dial - a session with a server that is believed and fit; owned,
 * link_close. Every server gets its share of the time.
 *   broke     a session ended before its time: perhaps another server leads
 *   timeline  set to that of the server; 0: not asked, or it only follows
 * NULL: ERR_DB, or what the last server's fit said. */
struct link *choice_dial(struct db_choice *c, bool broke, choice_fit *fit,
    void *ctx, int64_t deadline, unsigned *timeline, struct err *e);

/* choice_look - at all servers, in half of the time that is left: who leads?
 * choice_due - is it time for that again? */
void choice_look(struct db_choice *c, int64_t deadline);
bool choice_due(const struct db_choice *c);

/* choice_believes - takes in what a server says of itself. false: ERR_DB, it
 * led before another one did, or belongs to another cluster. */
bool choice_believes(
    struct db_choice *c, const struct link_lineage *is, struct err *e);

/* choice_old - has a newer timeline been seen since? 0 is never old. */
bool choice_old(const struct db_choice *c, unsigned timeline);

#endif
