/* portal_breach.c - a secret that somebody else has seen, and what it was used for
 * SPDX-License-Identifier: Apache-2.0 */
#include "portal/portal_breach.h"

#include "portal/portal_secret.h"
#include "web/csv.h"

#define DAYS      30
#define DAYS_MAX  400
#define SHOWN     200 /* on the page; the rest is in the files */
#define CSV_BYTES ((size_t)4 * 1024 * 1024)

bool
breach_end(struct page *p)
{
	struct db_arg args[4];

	if (!secret_of(p, args))
		return false;
	args[3] = db_arg_text(page_field(p, "why"));
	if (page_ask(p, "portal_secret_breach", args, 4))
		return page_go(p,
		    "/clients/%.*s/secrets/%.*s/tokens?done=revoked",
		    STR_FMT(p->part[0]), STR_FMT(p->part[1]));
	return p->w->err.kind == ERR_MALFORMED && page_again(p, "secret_end");
}

/* ---- what it was used for ------------------------------------------------------------ */

enum { WHO, CLIENT, KEY, DAYS_BACK, SKIPPED, MOST, ARGS };

/* A number from 1 of the query; whatever else stands there is as if it did not. */
static int64_t
number(const struct page *p, const char *name, uint64_t most, int64_t otherwise)
{
	uint64_t n;

	return str_number(page_field(p, name), 9, &n) && n && n <= most
	           ? (int64_t)n
	           : otherwise;
}

static bool
view_hospitals(struct page *p, const struct db_arg args[], int64_t *tokens)
{
	const struct db_rows *rows =
	    page_ask(p, "portal_secret_hospitals", args, DAYS_BACK + 1);
	size_t i;

	*tokens = 0;
	for (i = 0; rows && i < db_count(rows); i++)
		*tokens += db_int(rows, i, 2);
	if (rows)
		view_rows(p->view, "hospitals", rows);
	return rows != NULL;
}

static void
view_parts(struct page *p, int64_t tokens)
{
	int64_t part;

	for (part = 1; (part - 1) * BREACH_PART < tokens; part++)
		view_number(view_row(p->view, "parts"), "part", part);
}

bool
breach_tokens(struct page *p)
{
	struct db_arg args[ARGS];
	const struct db_rows *rows;
	int64_t tokens, days = number(p, "days", DAYS_MAX, DAYS);

	if (!secret_of(p, args))
		return false;
	args[DAYS_BACK] = db_arg_int(days);
	args[SKIPPED] = db_arg_int(0);
	args[MOST] = db_arg_int(SHOWN);
	if (!view_hospitals(p, args, &tokens) ||
	    !(rows = page_ask(p, "portal_secret_tokens", args, ARGS)))
		return false;
	view_rows(p->view, "tokens", rows);
	view_parts(p, tokens);
	view_number(p->view, "days", days);
	view_number(p->view, "days_max", DAYS_MAX);
	view_number(p->view, "total", tokens);
	view_number(p->view, "shown", (int64_t)db_count(rows));
	view_flag(p->view, "any", tokens > 0);
	view_flag(p->view, "more", tokens > SHOWN);
	view_flag(p->view, "several", tokens > BREACH_PART);
	view_text(p->view, "done", page_field(p, "done"));
	return page_show(p, "secret_tokens");
}

bool
breach_tokens_csv(struct page *p)
{
	struct buf b = buf_new(p->w->a, CSV_BYTES);
	struct db_arg args[ARGS];
	const struct db_rows *rows;
	int64_t part = number(p, "part", 100000, 1);

	if (!secret_of(p, args))
		return false;
	args[DAYS_BACK] = db_arg_int(number(p, "days", DAYS_MAX, DAYS));
	args[SKIPPED] = db_arg_int((part - 1) * BREACH_PART);
	args[MOST] = db_arg_int(BREACH_PART);
	if (!(rows = page_ask(p, "portal_secret_tokens", args, ARGS)))
		return false;
	csv_rows(&b, rows);
	return page_file(p, CSV_TYPE,
	    arena_printf(p->w->a, "tokens-%.*s-%lld.csv", STR_FMT(p->part[1]),
		(long long)part),
	    &b);
}
