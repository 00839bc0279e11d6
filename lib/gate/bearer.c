/* bearer.c - who asks: the access token of a request, believed or refused
 * SPDX-License-Identifier: Apache-2.0 */
#include "gate/bearer.h"

#include <string.h>

#define RETRY_DEFAULT_S 120

const struct claims *
bearer_read(struct arena *a, struct keyring *k, const struct token_rules *rules,
    struct str field, int64_t now_s, struct err *e)
{
	const struct claims *c;
	struct str token;
	struct err first = { .kind = ERR_NONE };

	if (!str_is_nocase(str_cut(field, ' ', &token), "bearer") ||
	    !token.len) {
		err_set(e, ERR_TOKEN_ABSENT, NULL);
		return NULL;
	}
	c = token_read(a, k, rules, token, now_s, &first);
	/* A key that was published a moment ago is worth one look. */
	if (!c && first.kind == ERR_TOKEN_KEY && keyring_refresh(k))
		return token_read(a, k, rules, token, now_s, e);
	if (!c)
		*e = first;
	return c;
}

static bool
credential_alive(const struct directory_route *r, const char *cred)
{
	size_t i;

	for (i = 0; i < r->n_keys; i++)
		if (!strcmp(r->keys[i], cred))
			return true;
	return false;
}

static bool
maintenance(const struct directory_route *r, int64_t now_s, struct err *e)
{
	err_set(e, ERR_MAINTENANCE, r->notice[0] ? "%s" : NULL, r->notice);
	e->retry_after_s = r->maintenance_end_s != INT64_MAX
	                       ? (unsigned)(r->maintenance_end_s - now_s)
	                   : r->retry_after_s ? (unsigned)r->retry_after_s
	                                      : RETRY_DEFAULT_S;
	return false;
}

bool
bearer_allowed(const struct directory_route *r, const struct claims *c,
    int64_t now_s, struct err *e)
{
	if (!r->client_known || r->client_disabled)
		return err_set(e, ERR_TOKEN_CLIENT, NULL);
	if (!credential_alive(r, c->cred))
		return err_set(e, ERR_TOKEN_SECRET, NULL);
	if (r->grant == GRANT_ENDED ||
	    (r->grant == GRANT_LIVE && now_s >= r->grant_end_s))
		return err_set(e, ERR_TOKEN_GRANT, NULL);
	if (r->grant != GRANT_LIVE)
		return err_set(e,
		    r->tenant == TENANT_UNKNOWN ? ERR_TENANT_UNKNOWN
						: ERR_TENANT_NOT_GRANTED,
		    NULL);
	switch (directory_tenant_now(r, now_s)) {
	case TENANT_ACTIVE:
		return true;
	case TENANT_MAINTENANCE:
		return maintenance(r, now_s, e);
	case TENANT_SUSPENDED:
		return err_set(e, ERR_TENANT_SUSPENDED, NULL);
	case TENANT_UNKNOWN:
		break;
	}
	return err_set(e, ERR_TENANT_UNKNOWN, NULL);
}
