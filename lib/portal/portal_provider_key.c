/* portal_provider_key.c - keys that sign for a hospital's tokens, for operators
 * SPDX-License-Identifier: Apache-2.0 */
#include "portal/portal_provider_key.h"

#include <string.h>

#include "app/cmd_key_stage.h"
#include "app/endpoints.h"
#include "ext/jws_client.h"
#include "portal/portal_sealed.h"
#include "relay/upauth_token.h"

/* ---- showing ------------------------------------------------------------------------- */

/* What the hospital is told. */
static void
view_url(struct page *p, const struct guid *tenant)
{
	char id[GUID_LEN + 1];

	view_text(p->view, "jwks_url",
	    str_of(arena_printf(p->w->a, "%s" ENDPOINT_JWKS "/%s",
		p->w->conf->public_base, guid_write(id, tenant))));
}

static bool
view_keys(struct page *p)
{
	struct db_arg args[4];
	const struct db_rows *rows;

	if (!page_of(p, args) || !sealed_tenant(p) || !sealed_key(p))
		return false;
	args[2] = db_arg_int(KEY_KNOWN_S);
	args[3] = db_arg_int(UPAUTH_ASSERTION_S);
	if (!(rows = page_ask(p, "portal_provider_key_list", args, 4)))
		return false;
	view_rows(p->view, "keys", rows);
	view_url(p, &args[1].guid);
	return true;
}

bool
provider_key_all(struct page *p)
{
	if (!view_keys(p))
		return false;
	view_text(p->view, "done", page_field(p, "done"));
	return page_show(p, "tenant_keys");
}

/* ---- the stages ---------------------------------------------------------------------- */

static bool
go_back(struct page *p, const char *done)
{
	return page_go(
	    p, "/tenants/%.*s/keys?done=%s", STR_FMT(p->part[0]), done);
}

/* The list once more, with what is wrong. */
static bool
refused(struct page *p)
{
	return (p->w->err.kind == ERR_MALFORMED ||
		   p->w->err.kind == ERR_CONFLICT) &&
	       page_again_over(p, view_keys, "tenant_keys");
}

static const struct db_rows *
add(struct page *p, const struct db_arg of[2], const char *alg,
    const struct jws_pair *pair)
{
	struct credential_for to = { .kind = CREDENTIAL_SMART,
		.tenant = of[1].guid };
	const char *box = sealed_box(p, &to, str_of(pair->pem));
	const struct db_arg args[] = { of[0], of[1],
		db_arg_text(str_of(pair->kid)), db_arg_text(str_of(alg)),
		db_arg_text(str_of(pair->jwk)),
		box ? db_arg_text(str_of(box)) : db_arg_null() };

	return box ? page_ask(p, "portal_provider_key_add", args, COUNT(args))
	           : NULL;
}

static const struct db_rows *
make(struct page *p, const struct db_arg of[2])
{
	const char *alg = str_text(p->w->a, page_field(p, "alg"));
	struct jws_pair pair = { .pem = NULL };
	const struct db_rows *rows = NULL;

	if (!jws_client_knows(str_of(alg))) {
		err_set(&p->w->err, ERR_MALFORMED,
		    "The algorithm is ES384 or RS384.");
		return NULL;
	}
	if (jws_client_make(p->w->a, alg, &pair, &p->w->err))
		rows = add(p, of, alg, &pair);
	if (pair.pem)
		crypt_wipe(pair.pem, strlen(pair.pem));
	return rows;
}

bool
provider_key_make(struct page *p)
{
	const struct db_rows *rows;
	struct db_arg args[2];

	if (!page_of(p, args) || !sealed_tenant(p))
		return false;
	rows = make(p, args);
	if (!rows)
		return refused(p);
	return go_back(
	    p, str_is(db_text(rows, 0, 0), "use") ? "made" : "published");
}

bool
provider_key_use(struct page *p)
{
	struct db_arg args[4];

	if (!page_of(p, args))
		return false;
	args[2] = db_arg_text(p->part[1]);
	args[3] = db_arg_int(page_has(p, "now") ? 0 : KEY_KNOWN_S);
	return page_ask(p, "portal_provider_key_use", args, 4)
	           ? go_back(p, "used")
	           : refused(p);
}

bool
provider_key_remove(struct page *p)
{
	struct db_arg args[3];

	if (!page_of(p, args))
		return false;
	args[2] = db_arg_text(p->part[1]);
	return page_ask(p, "portal_provider_key_remove", args, 3)
	           ? go_back(p, "removed")
	           : refused(p);
}
