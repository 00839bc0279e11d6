/* cmd_why.c - wardgate why: what became of a request, and what to do about it
 * SPDX-License-Identifier: Apache-2.0 */
#include "app/cmd_why.h"

#include <string.h>

#include "app/why.h"

#define ROWS_MAX 1000 /* a batch has fewer entries */

/* Facts of the row that help to act on it. */
static const char *const facts[] = { "at", "program", "host", "client_id",
	"secret_key_id", "tenant_id", "source", "interaction", "resource_type",
	"resource_id", "face", "duration_us", "upstream_status", "upstream_ms",
	"made_by", "detail" };
static const char *const entry_facts[] = { "entry", "interaction",
	"resource_type", "upstream_status" };

/* The column of that name; a statement without it is a mistake of ours. */
static size_t
column(const struct db_rows *rows, const char *name)
{
	size_t k = 0;

	while (db_name(rows, k) && strcmp(db_name(rows, k), name))
		k++;
	return k;
}

static void
say_facts(struct command *c, const struct db_rows *rows, size_t r,
    const char *const *names, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		say_cell(c, rows, r, column(rows, names[i]));
}

static void
say_or_null(struct command *c, const char *name, const char *text)
{
	if (text)
		say_text(c, name, text);
	else
		say_null(c, name);
}

static void
say_why(struct command *c, const struct db_rows *rows, size_t r)
{
	const struct why *w =
	    why_find(db_text(rows, r, column(rows, "reason")));

	say_cell(c, rows, r, column(rows, "status"));
	say_cell(c, rows, r, column(rows, "reason"));
	say_text(c, "what_happened",
	    w ? w->happened
	      : "This reason is not known to this version of wardgate.");
	say_or_null(c, "what_to_do", w ? w->act : NULL);
	say_or_null(c, "who", w ? w->who : NULL);
}

static void
say_entries(struct command *c, const struct db_rows *rows, size_t first)
{
	size_t r;

	say_list(c, "entries");
	for (r = first; r < db_count(rows); r++) {
		say_facts(c, rows, r, entry_facts, COUNT(entry_facts));
		say_why(c, rows, r);
		say_row(c);
	}
	say_list_end(c);
}

/* Somebody may have taken the right away: when, who, by what, and why. Without
 * an answer the request is told of alone. */
static void
say_behind(struct command *c, const struct guid *trace)
{
	static const char *const names[] = { "changed_at", "changed_by",
		"change", "change_detail" };
	const struct db_arg arg = db_arg_guid(trace);
	struct err none = { .kind = ERR_NONE };
	const struct db_rows *rows =
	    command_ask(c, "audit_act_behind", &arg, 1, &none);
	size_t k;

	if (rows && db_count(rows)) {
		say_time(c, names[0], db_time(rows, 0, 0));
		for (k = 1; k < COUNT(names); k++)
			say_str(c, names[k], db_text(rows, 0, k));
	} else if (command_json(c)) {
		for (k = 0; k < COUNT(names); k++)
			say_null(c, names[k]);
	}
}

static bool
tell(struct command *c, const struct guid *trace, struct err *e)
{
	const struct db_arg args[] = { db_arg_null(), db_arg_null(),
		db_arg_guid(trace), db_arg_int(ROWS_MAX) };
	const struct db_rows *rows =
	    command_ask(c, "audit_tail", args, COUNT(args), e);
	char text[sizeof trace->at * 2 + 1] = "";

	if (!rows)
		return false;
	enc_hex(text, trace->at, sizeof trace->at);
	if (!db_count(rows))
		return err_set(e, ERR_MISSING,
		    "No audit row has the trace id %s. Check its digits, and "
		    "that this is the gateway that answered; who is told "
		    "\"busy\" before the request is read has a line in the "
		    "program's log only.",
		    text);
	say_text(c, "trace_id", text);
	say_facts(c, rows, 0, facts, COUNT(facts));
	say_why(c, rows, 0);
	say_behind(c, trace);
	if (db_count(rows) > 1)
		say_entries(c, rows, 1);
	return true;
}

bool
why_tell(struct command *c, struct err *e)
{
	const char *text = command_word(c, "TRACE");
	struct guid trace;

	if (!command_end(c, e))
		return false;
	if (!dec_hex(trace.at, sizeof trace.at, str_of(text)) &&
	    !guid_read(&trace, str_of(text)))
		return command_misused(
		    c, e, "TRACE is the 32 hexadecimal digits of X-Trace-Id.");
	return tell(c, &trace, e);
}
