/* portal_keys.c - which keys there are and what comes next, for operators
 * SPDX-License-Identifier: Apache-2.0 */
#include "portal/portal_keys.h"

#include "app/cmd_key_stage.h"
#include "base/clock.h"
#include "gate/secret.h"
#include "gate/token.h"

static bool
view_list(struct page *p, const char *name, const char *statement,
    const struct db_arg *args, size_t n)
{
	const struct db_rows *rows = page_ask(p, statement, args, n);

	if (!rows)
		return false;
	view_rows(p->view, name, rows);
	view_flag(
	    p->view, arena_printf(p->w->a, "%s_any", name), db_count(rows) > 0);
	return true;
}

/* The key of page cursors is derived anew for each day (gate/cursor). */
static void
view_day(struct page *p)
{
	static const int64_t day_us = INT64_C(86400) * 1000000;
	int64_t midnight = clock_now_us() / day_us * day_us;
	char text[CLOCK_TEXT_LEN];

	view_text(p->view, "cursor_day",
	    str_of(arena_printf(p->w->a, "%.10s", clock_text(text, midnight))));
	view_time(p->view, "cursor_next", midnight + day_us);
}

bool
keys_page(struct page *p)
{
	const struct db_arg who = db_arg_guid(&p->session.account);
	const struct db_arg signing[] = { who, db_arg_int(KEY_KNOWN_S),
		db_arg_int(token_outlived_s(p->w->conf)) };
	const struct db_arg peppers[] = { who,
		db_arg_int(secret_pepper_newest(p->portal->peppers)) };

	view_day(p);
	return view_list(p, "signing", "portal_key_signing", signing, 3) &&
	       view_list(p, "sealing", "portal_key_sealing", &who, 1) &&
	       view_list(p, "peppers", "portal_key_peppers", peppers, 2) &&
	       view_list(p, "fetched", "portal_key_fetched", &who, 1) &&
	       page_show(p, "keys");
}
