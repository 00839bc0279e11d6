/* gateway.h - the rooms that token and facade share, and the audit of both
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_GATEWAY_H
#define APP_GATEWAY_H

#include <stdatomic.h>

#include "gate/audit.h"
#include "gate/directory.h"
#include "gate/limit.h"
#include "gate/revoked.h"
#include "gate/token.h"
#include "web/serve.h"

/* What a process keeps from its start to its end. */
struct gateway {
	const struct conf *conf;
	struct db *db;
	struct keyring *keyring;
	struct directory *directory;
	struct revoked *revoked; /* NULL: the database is asked */
	struct audit *audit;
	struct limits *limits;
	struct token_rules rules;
	bool signs; /* this program signs tokens */
	bool once;  /* lives for one request: no thread, one connection */

	atomic_bool keys_open; /* the poller may use the keyring */
	bool keys_failed;      /* the poller's own: told already */
};

/* gateway_open - connects, reads keys, starts the change poller and the audit
 * writer.
 *   program  "token" or "facade": database role and audit name
 *   sql      its prepare script
 *   once     plain CGI: one request, then the process ends
 * Everything is borrowed from the process; gateway_close at the end.
 * NULL: ERR_CONF, ERR_DB. */
struct gateway *gateway_open(struct arena *a, const struct conf *conf,
    const char *program, const char *sql, bool signs, bool once, struct err *e);
void gateway_close(struct gateway *g);

/* gateway_token_counts - is this token, which we issued, not revoked by now, and
 * its key not withdrawn? From memory where that is complete and confirmed, else
 * from the database. false: ERR_TOKEN_REVOKED, ERR_TOKEN_KEY, ERR_DB. */
bool gateway_token_counts(
    struct gateway *g, struct arena *a, const struct claims *c, struct err *e);

/* gateway_begin - gives the work its audit row (w->state). */
void gateway_begin(struct work *w);

/* gateway_row - the audit row of a work, to be filled by its handlers. */
struct audit_row *gateway_row(struct work *w);

/* gateway_when_changed - what else is done when the row of an answer that is no
 * refusal is durable, and before it leaves, if something has changed since.
 *   known  the change number up to which the answer knows everything; compared
 *          with what audit_keep says */
typedef void gateway_then(struct work *w, void *ctx);
void gateway_when_changed(
    struct work *w, int64_t known, gateway_then *then, void *ctx);

/* gateway_draw - the request counts for its client or tenant, `cost` times.
 * false: ERR_LIMIT_CLIENT, _TENANT, and then it does not count. */
bool gateway_draw(struct gateway *g, struct work *w, enum limit_kind kind,
    const struct guid *who, int64_t cost);

/* gateway_refused - a refusal that may have been a guess counts for the source
 * it came from; after too many of these they all become ERR_LIMIT_SOURCE. */
void gateway_refused(struct gateway *g, struct work *w);

/* gateway_count - for the metrics: what became of a request. */
void gateway_count(const struct work *w, enum err_kind told);

/* gateway_settle - completes the row from the answer and makes it durable.
 * false: ERR_AUDIT stands in w->err and the answer must not leave.
 * gateway_settle_later - the same without waiting; false: gateway_settle is due.
 * gateway_renew - what gateway_when_changed has named. All for web/serve. */
bool gateway_settle(struct gateway *g, struct work *w);
bool gateway_settle_later(struct gateway *g, struct work *w);
void gateway_renew(struct work *w);

#endif
