/* portal_secret.c - making, showing once, and ending the secrets of an app
 * SPDX-License-Identifier: Apache-2.0 */
#include "portal/portal_secret.h"

#include "app/endpoints.h"
#include "base/clock.h"
#include "gate/secret.h"

#define DAY_US (INT64_C(86400) * 1000000)

enum { WHO, CLIENT, KEY_ID, LABEL, HINT, HASH, PEPPER, END, MOST, ARGS };

static bool
of_client(struct page *p, struct db_arg args[2])
{
	const struct db_rows *rows;

	if (!page_of(p, args))
		return false;
	rows = page_ask(p, "portal_client", args, 2);
	if (rows)
		view_cells(p->view, rows, 0);
	return rows != NULL;
}

static void
view_lives(struct page *p)
{
	view_number(p->view, "life_days", p->w->conf->secret_life_days);
	view_number(p->view, "most_days", p->w->conf->secret_life_max_days);
	view_number(p->view, "most", p->w->conf->secrets_per_client);
}

bool
secret_new(struct page *p)
{
	struct db_arg args[2];

	if (!of_client(p, args))
		return false;
	view_lives(p);
	view_number(p->view, "days", p->w->conf->secret_life_days);
	return page_show(p, "secret_new");
}

/* Empty: without end. */
static bool
read_end(struct page *p, struct db_arg *end)
{
	struct str text = page_field(p, "days");
	uint64_t days;

	*end = db_arg_null();
	if (page_has(p, "endless"))
		return true;
	if (!str_number(text, 5, &days) || !days ||
	    (int64_t)days > p->w->conf->secret_life_max_days)
		return err_set(&p->w->err, ERR_MALFORMED,
		    "A secret lives from 1 to %lld days, or without end.",
		    (long long)p->w->conf->secret_life_max_days);
	*end = db_arg_time(clock_now_us() + (int64_t)days * DAY_US);
	return true;
}

static bool
show_once(struct page *p, const char *text, const struct db_arg *end)
{
	struct work *w = p->w;

	view_text(p->view, "secret", str_of(text));
	view_text(p->view, "token_url",
	    str_of(
		arena_printf(w->a, "%s" ENDPOINT_TOKEN, w->conf->public_base)));
	if (end->type == DB_TIME)
		view_time(p->view, "not_after", end->number);
	view_flag(p->view, "untimed", true);
	return page_show(p, "secret_once");
}

static bool
store_and_show(struct page *p, struct db_arg args[ARGS])
{
	char text[SECRET_LEN + 1];
	struct secret s;
	bool fine;

	secret_make(p->portal->peppers, text, &s);
	args[KEY_ID] = db_arg_text(str_of(s.key_id));
	args[HINT] = db_arg_text((struct str){ text, SECRET_HINT_LEN });
	args[HASH] =
	    db_arg_bytes((struct str){ (const char *)s.hash, sizeof s.hash });
	args[PEPPER] = db_arg_int(s.pepper);
	fine = page_ask(p, "portal_secret_add", args, ARGS) &&
	       show_once(p, text, &args[END]);
	crypt_wipe(text, sizeof text);
	return fine;
}

bool
secret_make_page(struct page *p)
{
	struct db_arg args[ARGS];

	if (!of_client(p, args))
		return false;
	args[LABEL] = db_arg_text(page_field(p, "label"));
	args[MOST] = db_arg_int(p->w->conf->secrets_per_client);
	if (read_end(p, &args[END]) && store_and_show(p, args))
		return true;
	view_lives(p);
	return page_again(p, "secret_new");
}

/* ---- the end of one --------------------------------------------------------------------- */

/* All secrets of the app are asked for: they are few. */
static bool
view_secret(struct page *p, const struct db_arg of[2])
{
	const struct db_arg args[] = { of[WHO], of[CLIENT], db_arg_int(0) };
	const struct db_rows *rows = page_ask(p, "portal_secret_list", args, 3);
	size_t i;

	for (i = 0; rows && i < db_count(rows); i++)
		if (str_eq(db_text(rows, i, 0), p->part[1])) {
			view_cells(p->view, rows, i);
			return true;
		}
	return rows && err_set(&p->w->err, ERR_ADDRESS, NULL);
}

bool
secret_of(struct page *p, struct db_arg args[3])
{
	args[2] = db_arg_text(p->part[1]);
	return of_client(p, args) && view_secret(p, args);
}

bool
secret_end_ask(struct page *p)
{
	struct db_arg args[3];

	return secret_of(p, args) && page_show(p, "secret_end");
}

bool
secret_end(struct page *p)
{
	struct db_arg args[3];

	if (!of_client(p, args))
		return false;
	args[2] = db_arg_text(p->part[1]);
	return page_ask(p, "portal_secret_invalidate", args, 3) &&
	       page_go(
		   p, "/clients/%.*s?done=invalidated", STR_FMT(p->part[0]));
}
