/* directory.h - clients, tenants and what links them, close at hand
 * SPDX-License-Identifier: Apache-2.0
 *
 * A cache over four SQL functions. A cached entry decides success only:
 * before refusing, ask again with DIRECTORY_FRESH, so that a new secret works
 * at once and every refusal takes the same path.
 *
 * One lock (directory.c), held for a look-up or an insertion and never for a
 * query. An entry remembers the change number of the snapshot it was read
 * from; an entry older than the last change to its client, tenant or grant is
 * never returned, so a late fill cannot bring an old row back. */
#ifndef GATE_DIRECTORY_H
#define GATE_DIRECTORY_H

#include "gate/change.h"
#include "gate/directory_entry.h"

struct directory;

enum directory_how {
	DIRECTORY_CACHED, /* what is at hand and may be believed; else an entry
	                     that says unknown. No query, no failure */
	DIRECTORY_FRESH   /* what the database says now */
};

/* directory_new - owned; directory_free. Starts the change poller, so what it
 * says is confirmed when it returns. `also` (may be NULL) hears of every change
 * too: the keyring does. NULL: ERR_DB. */
struct directory *directory_new(struct db *db, const struct conf *conf,
    change_seen *also, void *ctx, struct err *e);
/* directory_alone - for a process that lives for one request: nothing is
 * cached, nothing polled, every question goes to the database. Owned.
 *   sealing_dir  where keys lie that open credentials (gate/credential), as
 *                conf->sealing_key_dir; kept */
struct directory *directory_alone(struct db *db, const char *sealing_dir);

void directory_free(struct directory *d);

/* Each returns an entry that lives as long as arena a, also for ids that are
 * unknown. Only what could decide success is kept. NULL: ERR_DB, the database
 * does not answer (DIRECTORY_FRESH).
 *
 * A client is asked for with the key id of the secret that was shown (as
 * secret_read gives it), so that it costs the same however many it has, and a
 * key id that it does not have takes the path of a client that is not there. */
const struct directory_client *directory_client(struct directory *d,
    struct arena *a, const struct guid *client,
    const char key_id[SECRET_KEY_ID_LEN + 1], enum directory_how how,
    struct err *e);
const struct directory_keys *directory_keys(struct directory *d,
    struct arena *a, const struct guid *client, enum directory_how how,
    struct err *e);
const struct directory_link *directory_link(struct directory *d,
    struct arena *a, const struct guid *client, const struct guid *tenant,
    enum directory_how how, struct err *e);
const struct directory_route *directory_route(struct directory *d,
    struct arena *a, const struct guid *client, const struct guid *tenant,
    enum directory_how how, struct err *e);

/* directory_number - whatever is answered from memory after this call is true
 * at this change number, or at its own where that is higher. 0: nothing is
 * remembered. */
int64_t directory_number(const struct directory *d);

/* directory_confirmed - is what was told of changes to be believed right now?
 * false: only the database knows. */
bool directory_confirmed(const struct directory *d);

/* directory_tenant_now - its state at a time: a notice that has ended no
 * longer counts. */
enum tenant_state directory_tenant_now(
    const struct directory_route *r, int64_t now_s);

/* directory_count - entries held; for tests. */
size_t directory_count(struct directory *d);

#endif
