/* portal_sealed.c - what is typed for a hospital's server, closed into a box
 * SPDX-License-Identifier: Apache-2.0 */
#include "portal/portal_sealed.h"

#include "gate/sealing.h"

bool
sealed_tenant(struct page *p)
{
	const struct db_rows *rows;
	struct db_arg args[2];

	if (!page_of(p, args) ||
	    !(rows = page_ask(p, "portal_tenant", args, 2)))
		return false;
	view_cells(p->view, rows, 0);
	return true;
}

bool
sealed_key(struct page *p)
{
	const struct db_rows *rows = page_ask(p, "sealing_key_in_use", NULL, 0);

	if (rows)
		view_flag(p->view, "key", !db_null(rows, 0, 0));
	return rows != NULL;
}

const char *
sealed_box(struct page *p, struct credential_for *to, struct str secret)
{
	const struct db_rows *rows = page_ask(p, "sealing_key_in_use", NULL, 0);
	const struct view_value *url = view_find(p->view, STR("provider_url"));
	struct sealing_key key;

	if (!rows || !sealing_key_read(rows, &key, &p->w->err))
		return NULL;
	if (!url->text.len) {
		err_set(&p->w->err, ERR_CONFLICT,
		    "This hospital has no server yet.");
		return NULL;
	}
	to->base_url = str_text(p->w->a, url->text);
	return credential_close(p->w->a, key.public, to, secret, &p->w->err);
}
