/* cmd_audit.c - wardgate audit: reading the trail
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/cmd_audit.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

#define ROWS     20
#define ROWS_MAX 100000
#define POLL_MS  500
#define LATE_US  INT64_C(60000000) /* a row comes after its request is over */
#define BATCH    10000

/* Columns of the statement audit_tail that people see; JSON has them all. */
static const char *const shown[] = { "at", "trace_id", "entry", "program",
	"status", "reason", "interaction", "resource_type", "resource_id",
	"patient_id", "tenant_id", "client_id", "returned", "duration_us" };
#define TRACE_COLUMN 1

struct tail {
	struct command *c;
	const struct guid *tenant, *trace;
	struct guid tenant_, trace_;
	/* Following: rows that began since then may be new; these are not. */
	int64_t since_us;
	struct guid *seen;
	size_t n, room;
};

static volatile sig_atomic_t stopped;

static void
stop(int signal)
{
	(void)signal;
	stopped = 1;
}

/* As X-Trace-Id has it: digits only. */
static void
say_trace(struct command *c, struct guid g)
{
	char text[sizeof g.at * 2 + 1];

	enc_hex(text, g.at, sizeof g.at);
	text[sizeof g.at * 2] = '\0';
	say_text(c, "trace_id", text);
}

static void
say_column(struct command *c, const struct db_rows *rows, size_t r, size_t k)
{
	if (k == TRACE_COLUMN)
		say_trace(c, db_guid(rows, r, k));
	else
		say_cell(c, rows, r, k);
}

static void
say_named(
    struct command *c, const struct db_rows *rows, size_t r, const char *name)
{
	size_t k;

	for (k = 0; db_name(rows, k); k++)
		if (!strcmp(db_name(rows, k), name))
			say_column(c, rows, r, k);
}

static void
say_one(struct command *c, const struct db_rows *rows, size_t r)
{
	size_t i;

	if (command_json(c))
		for (i = 0; db_name(rows, i); i++)
			say_column(c, rows, r, i);
	else
		for (i = 0; i < COUNT(shown); i++)
			say_named(c, rows, r, shown[i]);
	say_row(c);
}

static const struct db_rows *
ask(const struct tail *t, struct arena *a, const int64_t *since, int64_t most,
    struct err *e)
{
	struct db_arg args[] = { since ? db_arg_time(*since) : db_arg_null(),
		db_arg_guid(t->tenant), db_arg_guid(t->trace),
		db_arg_int(most) };
	struct db *db = command_db(t->c, e);

	return db ? db_ask(db, a, "audit_tail", args, COUNT(args), e) : NULL;
}

/* ---- following --------------------------------------------------------------- */

static bool
is_seen(const struct tail *t, struct guid g)
{
	size_t i = t->n;

	while (i--)
		if (guid_eq(&t->seen[i], &g))
			return true;
	return false;
}

/* What this round read is what the next one may read again. */
static void
keep_seen(struct tail *t, const struct db_rows *rows)
{
	size_t i, n = db_count(rows);

	if (n > t->room) {
		free(t->seen);
		t->room = n * 2;
		if (!(t->seen = calloc(t->room, sizeof *t->seen)))
			abort();
	}
	t->n = n;
	for (i = 0; i < n; i++)
		t->seen[i] = db_guid(rows, i, TRACE_COLUMN);
}

/* Says all rows, or those not seen before; flushes. */
static bool
say_new(struct tail *t, const struct db_rows *rows, bool all)
{
	size_t r, n = 0;

	say_list(t->c, "rows");
	for (r = 0; r < db_count(rows); r++)
		if (all || !is_seen(t, db_guid(rows, r, TRACE_COLUMN))) {
			say_one(t->c, rows, r);
			n++;
		}
	say_list_end(t->c);
	return n || all ? say_flush(t->c) : (say_forget(t->c), true);
}

/* Rows come in the order of their commits, not of their times: so the last
 * minute is read again and again, and what is known is left out. */
static bool
follow(struct tail *t, struct err *e)
{
	struct timespec pause = { .tv_nsec = POLL_MS * 1000000L };
	struct arena *a = arena_new();
	bool ok = true;

	while (ok && !stopped) {
		int64_t since = clock_now_us() - LATE_US;
		const struct db_rows *rows;

		since = since > t->since_us ? since : t->since_us;
		rows = ask(t, a, &since, BATCH, e);
		ok = rows && say_new(t, rows, false);
		if (rows)
			keep_seen(t, rows);
		arena_reset(a);
		nanosleep(&pause, NULL);
	}
	arena_free(a);
	free(t->seen);
	return ok || e->kind == ERR_NONE;
}

static bool
tail(struct tail *t, int64_t count, bool on, struct err *e)
{
	const struct db_rows *rows =
	    ask(t, command_arena(t->c), NULL, count, e);
	struct sigaction s = { .sa_handler = stop };

	if (!rows)
		return false;
	t->since_us = clock_now_us() - LATE_US;
	if (!say_new(t, rows, true) || !on)
		return true;
	sigaction(SIGTERM, &s, NULL);
	sigaction(SIGINT, &s, NULL);
	keep_seen(t, rows);
	return follow(t, e);
}

/* ---- the verb ---------------------------------------------------------------- */

static bool
read_trace(struct tail *t, const char *text, struct err *e)
{
	if (!text)
		return true;
	t->trace = &t->trace_;
	return dec_hex(t->trace_.at, sizeof t->trace_.at, str_of(text)) ||
	       guid_read(&t->trace_, str_of(text)) ||
	       command_misused(t->c, e,
		   "--trace takes the 32 hexadecimal digits of X-Trace-Id.");
}

bool
audit_tail(struct command *c, struct err *e)
{
	struct tail t = { .c = c };
	bool on = command_flag(c, "--follow");
	const char *tenant = command_option(c, "--tenant");
	const char *trace = command_option(c, "--trace");
	int64_t count;

	if (tenant)
		t.tenant = &t.tenant_;
	return command_number(c, "-n", 1, ROWS_MAX, ROWS, &count, e) &&
	       (!tenant ||
		   command_guid(c, "--tenant", tenant, &t.tenant_, e)) &&
	       read_trace(&t, trace, e) && command_end(c, e) &&
	       tail(&t, count, on, e);
}
