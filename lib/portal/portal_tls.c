/* portal_tls.c - certificate of the gateway for a hospital, and CAs of its server
 * SPDX-License-Identifier: Apache-2.0 */
#include "portal/portal_tls.h"

#include <string.h>

#include "base/clock.h"
#include "portal/portal_sealed.h"
#include "portal/portal_tenant.h"

/* ---- showing ------------------------------------------------------------------------- */

static void
view_facts(struct view *row, const struct cert_facts *f)
{
	view_flag(row, "list", f->list);
	view_text(row, "subject", f->subject);
	view_text(row, "issuer", f->issuer);
	view_text(row, "fingerprint", str_of(f->fingerprint));
	if (!f->ends_s)
		return;
	view_time(row, "ends", f->ends_s * 1000000);
	view_flag(row, "ended", f->ends_s <= clock_now_s());
}

void
tls_view(struct page *p, const char *name, struct str pem)
{
	struct err e = { .kind = ERR_NONE };
	const struct cert_facts *f = NULL;
	size_t i, n = 0;

	if (pem.len)
		f = cert_facts(p->w->a, pem, &n, &e);
	for (i = 0; f && i < n; i++)
		view_facts(view_row(p->view, name), &f[i]);
	view_flag(p->view, arena_printf(p->w->a, "%s_any", name), f != NULL);
}

static bool
view_stored(struct page *p)
{
	const struct db_rows *rows;
	struct db_arg args[2];

	if (!page_of(p, args) || !sealed_tenant(p) || !sealed_key(p) ||
	    !tenant_second(p) || !(rows = page_ask(p, "portal_tls", args, 2)))
		return false;
	if (db_count(rows) == 0)
		return true;
	tls_view(p, "own", db_text(rows, 0, 0));
	tls_view(p, "authorities", db_text(rows, 0, 1));
	view_time(p->view, "tls_set_at", db_time(rows, 0, 2));
	view_text(p->view, "own_server", db_text(rows, 0, 3));
	view_flag(
	    p->view, "own_lost", !db_null(rows, 0, 4) && db_bool(rows, 0, 4));
	return true;
}

bool
tls_page(struct page *p)
{
	if (!view_stored(p))
		return false;
	view_text(p->view, "done", page_field(p, "done"));
	return page_show(p, "tenant_certificate");
}

/* ---- changing ------------------------------------------------------------------------ */

/* NULL: it stays. */
static const struct db_rows *
put(struct page *p, const char *chain, const char *box, const char *ca)
{
	struct db_arg args[5];

	if (!page_of(p, args))
		return NULL;
	args[2] = db_arg_text(str_of(chain ? chain : ""));
	args[3] = db_arg_text(str_of(box ? box : ""));
	args[4] = db_arg_text(str_of(ca ? ca : ""));
	return page_ask(p, "portal_tls_put", args, COUNT(args));
}

/* rows: what put answered. */
static bool
go_on(struct page *p, const struct db_rows *rows, const char *done)
{
	char id[GUID_LEN + 1];
	struct guid g;

	if (!rows)
		return (p->w->err.kind == ERR_MALFORMED ||
			   p->w->err.kind == ERR_PARAM ||
			   p->w->err.kind == ERR_CONFLICT) &&
		       page_again_over(p, view_stored, "tenant_certificate");
	if (db_null(rows, 0, 0))
		return page_go(p, "/tenants/%.*s/certificate?done=%s",
		    STR_FMT(p->part[0]), done);
	g = db_guid(rows, 0, 0);
	return page_go(p, "/proposals/%s?done=proposed", guid_write(id, &g));
}

bool
tls_own_set(struct page *p)
{
	struct credential_for to = { .kind = CREDENTIAL_CERTIFICATE };
	const struct db_rows *rows = NULL;
	struct cert_own own = { .key = NULL };
	const char *box = NULL;

	if (!page_guid(p, 0, &to.tenant) || !sealed_tenant(p))
		return false;
	if (cert_own_read(p->w->a, page_field(p, "certificate"),
		page_field(p, "pass_key"), clock_now_s(), &own, &p->w->err))
		box = sealed_box(p, &to, str_of(own.key));
	if (own.key)
		crypt_wipe(own.key, strlen(own.key));
	if (box)
		rows = put(p, own.chain, box, NULL);
	return go_on(p, rows, "saved");
}

bool
tls_ca_set(struct page *p)
{
	const char *ca = cert_authorities_read(
	    p->w->a, page_field(p, "provider_ca"), clock_now_s(), &p->w->err);

	return go_on(p, ca ? put(p, NULL, NULL, ca) : NULL, "saved");
}

bool
tls_own_none(struct page *p)
{
	return go_on(p, put(p, "none", NULL, NULL), "removed");
}

bool
tls_ca_none(struct page *p)
{
	return go_on(p, put(p, NULL, NULL, "none"), "removed");
}
