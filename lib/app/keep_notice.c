/* keep_notice.c - the keeper tells which secrets are about to end
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/keep_notice.h"

#include "base/clock.h"
#include "base/log.h"
#include "ext/hook.h"

#define TURN_MAX     20    /* in one turn: the keeper has other work */
#define HOOK_WAIT_MS 10000 /* of one; systemd waits 40 s for the keeper */

/* Columns of the statement secret_notice_take. */
enum { CLIENT, NAME, CONTACT, KEY_ID, LABEL, DAYS, NOT_AFTER, TRIES };

static const char *
text(struct arena *a, const struct db_rows *r, size_t column)
{
	return str_text(a, db_text(r, 0, column));
}

/* Never the secret, which nobody has: what it is called, and when it ends. */
static bool
run_hook(const char *path, struct arena *a, const struct db_rows *r,
    const char *client, struct err *e)
{
	char end[CLOCK_TEXT_LEN];
	const char *env[] = {
		"PATH=/usr/local/bin:/usr/bin:/bin",
		arena_printf(a, "WARDGATE_CLIENT_ID=%s", client),
		arena_printf(a, "WARDGATE_CLIENT_NAME=%s", text(a, r, NAME)),
		arena_printf(a, "WARDGATE_CONTACT=%s", text(a, r, CONTACT)),
		arena_printf(a, "WARDGATE_KEY_ID=%s", text(a, r, KEY_ID)),
		arena_printf(a, "WARDGATE_LABEL=%s", text(a, r, LABEL)),
		arena_printf(
		    a, "WARDGATE_DAYS=%lld", (long long)db_int(r, 0, DAYS)),
		arena_printf(a, "WARDGATE_NOT_AFTER=%s",
		    clock_text(end, db_time(r, 0, NOT_AFTER))),
		NULL,
	};

	return hook_run(path, env, HOOK_WAIT_MS, e);
}

/* true: the notice has been given, as far as we are asked to. */
static bool
tell(const struct conf *conf, struct arena *a, const struct db_rows *r)
{
	struct err e = { .kind = ERR_NONE };
	struct guid g = db_guid(r, 0, CLIENT);
	char client[GUID_LEN + 1];

	guid_write(client, &g);
	if (db_int(r, 0, TRIES) == 1)
		log_event(LOG_WARN, "secret_expires", LOG_CLIENT, client,
		    LOG_KEY_ID, text(a, r, KEY_ID), LOG_DAYS,
		    (long)db_int(r, 0, DAYS), LOG_END);
	if (!*conf->expiry_hook ||
	    run_hook(conf->expiry_hook, a, r, client, &e))
		return true;
	log_event(LOG_ERROR, "expiry_hook_failed", LOG_WHY, e.why, LOG_CLIENT,
	    client, LOG_KEY_ID, text(a, r, KEY_ID), LOG_END);
	return false;
}

/* Taken one at a time: what a stop or a fall leaves is due for another. */
bool
keep_notice_turn(const struct conf *conf, struct db *db, struct arena *a,
    const volatile sig_atomic_t *stopped, int64_t *n, struct err *e)
{
	for (*n = 0; conf && !*stopped && *n < TURN_MAX; ++*n) {
		const struct db_rows *r =
		    db_ask(db, a, "secret_notice_take", NULL, 0, e);
		struct db_arg told[2];

		if (!r)
			return false;
		if (!db_count(r))
			break;
		if (!tell(conf, a, r))
			continue;
		told[0] = db_arg_text(db_text(r, 0, KEY_ID));
		told[1] = db_arg_int(db_int(r, 0, DAYS));
		if (!db_ask(db, a, "secret_notice_told", told, 2, e))
			return false;
	}
	return true;
}
