/* cmd_keep.c - wardgate keep: the work that comes back every minute
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/cmd_keep.h"

#include <signal.h>
#include <time.h>

#include "app/keep_jwks.h"
#include "app/keep_notice.h"
#include "base/clock.h"
#include "base/log.h"
#include "gate/token.h"

#define MONTHS_AHEAD      3
#define EVERY_S           60
#define STEPS_MAX         1000 /* of one task in one round */
#define CHANGES_KEPT_S    3600 /* a program that slept longer starts anew */
#define CHANGES_STEP      1000
#define CURSORS_KEPT_S    3600 /* after their end, to be told from unknown ones */
#define CURSORS_STEP      500
#define ASSERTIONS_KEPT_S 600 /* after their end, should clocks differ */
#define ASSERTIONS_STEP   1000
#define REVOKED_STEP      1000
#define USES_KEPT_S       34560000 /* 400 days: who reviews once a year sees it */
#define USES_STEP         1000
#define SESSIONS_KEPT_S   691200 /* over the longest portal_life_s */
#define SESSIONS_STEP     500
#define FAILURES_KEPT_S   86400
#define FAILURES_STEP     1000
#define PROPOSALS_STEP    100
#define TRAFFIC_KEPT_S    7948800 /* 92 days */
#define TRAFFIC_STEP      1000
#define TRAFFIC_SETTLE_S                                                       \
	900           /* after its end, a row of an hour may still come */
#define ROWS_LAG_S 60 /* a row is written a little after its request began */

/* One statement that answers with a number, repeated while that is not 0. */
struct task {
	const char *name; /* in the answer and the log */
	const char *statement;
	int64_t args[2];
	size_t n;
	bool repeat;
};

static const struct task tasks[] = {
	{ "partitions_made", "audit_partitions_ahead", { MONTHS_AHEAD }, 1,
	    false },
	{ "changes_cleared", "change_log_trim",
	    { CHANGES_KEPT_S, CHANGES_STEP }, 2, true },
	{ "cursors_cleared", "cursor_handle_trim",
	    { CURSORS_KEPT_S, CURSORS_STEP }, 2, true },
	{ "assertions_cleared", "assertion_trim",
	    { ASSERTIONS_KEPT_S, ASSERTIONS_STEP }, 2, true },
	{ "revocations_cleared", "revocation_trim", { REVOKED_STEP }, 1, true },
	{ "uses_cleared", "secret_trail_trim", { USES_KEPT_S, USES_STEP }, 2,
	    true },
	{ "sessions_cleared", "session_trim",
	    { SESSIONS_KEPT_S, SESSIONS_STEP }, 2, true },
	{ "failures_cleared", "signin_failure_trim",
	    { FAILURES_KEPT_S, FAILURES_STEP }, 2, true },
	{ "proposals_expired", "proposal_expire", { PROPOSALS_STEP }, 1, true },
	{ "uses_behind_s", "secret_use_roll_up", { ROWS_LAG_S }, 1, true },
	{ "traffic_cleared", "traffic_trim", { TRAFFIC_KEPT_S, TRAFFIC_STEP },
	    2, true },
	{ "traffic_behind_s", "traffic_roll_up",
	    { ROWS_LAG_S, TRAFFIC_SETTLE_S }, 2, true },
};

static volatile sig_atomic_t stopped;

static void
stop(int signal)
{
	(void)signal;
	stopped = 1;
}

static void
catch_signals(void)
{
	struct sigaction s = { .sa_handler = stop };

	sigaction(SIGTERM, &s, NULL);
	sigaction(SIGINT, &s, NULL);
}

/* Sum over the steps; of a task that counts down to 0, its last answer. */
static bool
run_task(struct db *db, struct arena *a, const struct task *t, int64_t *sum,
    struct err *e)
{
	struct db_arg args[2];
	int64_t n = 1;
	size_t i;

	for (i = 0; i < t->n; i++)
		args[i] = db_arg_int(t->args[i]);
	*sum = 0;
	for (i = 0; i < STEPS_MAX && n && !stopped; i++) {
		const struct db_rows *r =
		    db_ask(db, a, t->statement, args, t->n, e);

		if (!r)
			return false;
		n = db_int(r, 0, 0);
		*sum += n;
		if (!t->repeat)
			break;
	}
	return true;
}

static bool
warn_of_strays(struct db *db, struct arena *a, bool *stray, struct err *e)
{
	const struct db_rows *r = db_ask(db, a, "audit_stray", NULL, 0, e);

	if (!r)
		return false;
	*stray = db_bool(r, 0, 0);
	if (*stray)
		log_event(LOG_ERROR, "audit_stray", LOG_WHY,
		    "audit rows lie outside of all months: check the clocks",
		    LOG_END);
	return true;
}

/* A retired key's tokens have all expired when it is withdrawn. */
static bool
expire_keys(struct command *c, struct db *db, struct arena *a, int64_t grace_s,
    struct err *e)
{
	const struct db_arg grace = db_arg_int(grace_s);
	const struct db_rows *r =
	    db_ask(db, a, "signing_key_expire", &grace, 1, e);

	if (!r)
		return false;
	if (c)
		say_int(c, "keys_withdrawn", db_int(r, 0, 0));
	else if (db_int(r, 0, 0))
		log_event(LOG_INFO, "keys_withdrawn", LOG_COUNT,
		    (long)db_int(r, 0, 0), LOG_END);
	return true;
}

/* Says what was done if c is given; the first failure ends the round. */
static bool
round_of(struct command *c, struct db *db, struct arena *a, int64_t outlived_s,
    struct err *e)
{
	bool stray;
	int64_t n;
	size_t i;

	for (i = 0; i < COUNT(tasks); i++) {
		if (!run_task(db, a, &tasks[i], &n, e))
			return false;
		if (c)
			say_int(c, tasks[i].name, n);
		else if (n)
			log_event(LOG_INFO, tasks[i].name, LOG_COUNT, (long)n,
			    LOG_END);
	}
	if (!expire_keys(c, db, a, outlived_s, e) ||
	    !warn_of_strays(db, a, &stray, e))
		return false;
	if (c)
		say_bool(c, "audit_stray", stray);
	return true;
}

static void
failed(const struct err *e)
{
	log_event(LOG_ERROR, "keep_failed", LOG_WHY, *e->why ? e->why : e->said,
	    LOG_END);
}

/* Keys are waited for: they are looked after each second, told or not. */
static void
fetch_keys(struct keep_jwks *keys, struct db *db, struct arena *a)
{
	struct err e = { 0 };
	int64_t n;

	if (!keep_jwks_turn(keys, db, a, &n, &e))
		failed(&e);
	else if (n)
		log_event(
		    LOG_INFO, "jwks_fetched", LOG_COUNT, (long)n, LOG_END);
	arena_reset(a);
}

/* Ends early when a signal comes. */
static void
rest(struct keep_jwks *keys, struct db *db, struct arena *a, int64_t seconds)
{
	int64_t until_ms = clock_mono_ms() + seconds * 1000;
	struct timespec t = { .tv_sec = 1 };

	while (!stopped && clock_mono_ms() < until_ms) {
		fetch_keys(keys, db, a);
		if (!stopped)
			nanosleep(&t, NULL);
	}
}

static void
tell_of_ends(const struct conf *conf, struct db *db, struct arena *a)
{
	struct err e = { 0 };
	int64_t n;

	if (!keep_notice_turn(conf, db, a, &stopped, &n, &e))
		failed(&e);
}

static void
go_on(struct db *db, const struct conf *conf, struct keep_jwks *keys,
    int64_t every_s, int64_t outlived_s)
{
	struct arena *a = arena_new();

	log_event(LOG_INFO, "keep_started", LOG_END);
	while (!stopped) {
		struct err e = { 0 };

		if (!round_of(NULL, db, a, outlived_s, &e))
			failed(&e);
		tell_of_ends(conf, db, a);
		arena_reset(a);
		rest(keys, db, a, every_s);
	}
	log_event(LOG_INFO, "keep_stopped", LOG_END);
	arena_free(a);
}

bool
keep(struct command *c, struct err *e)
{
	bool once = command_flag(c, "--once");
	const struct conf *conf;
	int64_t every_s, outlived_s;
	struct err none = { .kind = ERR_NONE };
	struct keep_jwks *keys;
	bool done = true;
	struct db *db;
	int64_t n, told;

	if (!command_number(c, "--every", 1, 3600, EVERY_S, &every_s, e) ||
	    !command_end(c, e) || !(db = command_db(c, e)))
		return false;
	conf = command_conf(c, &none); /* --database does without */
	outlived_s = conf ? token_outlived_s(conf) : TOKEN_OUTLIVED_MAX_S;
	catch_signals();
	keys = keep_jwks_new(conf);
	if (once) {
		done = round_of(c, db, command_arena(c), outlived_s, e) &&
		       keep_jwks_turn(keys, db, command_arena(c), &n, e) &&
		       keep_notice_turn(
			   conf, db, command_arena(c), &stopped, &told, e);
		if (done) {
			say_int(c, "jwks_fetched", n);
			say_int(c, "secrets_told", told);
		}
	} else {
		log_open("keep", LOG_INFO);
		go_on(db, conf, keys, every_s, outlived_s);
	}
	keep_jwks_free(keys);
	return done;
}
