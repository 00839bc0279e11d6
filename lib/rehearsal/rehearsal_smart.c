/* rehearsal_smart.c - a ward that wants signed assertions: SMART Backend Services
 * SPDX-License-Identifier: Apache-2.0 */
#include "rehearsal/rehearsal_smart.h"

#include <string.h>

/* ---- where tokens are had ---- */

void
rehearsal_smart_configuration(
    const struct rehearsal_visit *v, struct rehearsal_reply *reply)
{
	memset(reply, 0, sizeof *reply);
	reply->faults = v->faults;
	reply->status = 200;
	reply->type = "application/json";
	reply->body = str_of(arena_printf(v->a,
	    "{\"token_endpoint\":\"%.*s\","
	    "\"grant_types_supported\":[\"client_credentials\"],"
	    "\"token_endpoint_auth_methods_supported\":[\"private_key_jwt\"],"
	    "\"token_endpoint_auth_signing_alg_values_supported\":"
	    "[\"RS384\",\"ES384\"],"
	    "\"scopes_supported\":[\"system/*.read\",\"system/*.rs\"],"
	    "\"capabilities\":[\"client-confidential-asymmetric\","
	    "\"permission-v1\",\"permission-v2\"]}",
	    STR_FMT(v->token_url)));
}

/* ---- assertions ---- */

/* What the kinds of gate/assertion mean to whoever practises. */
static const char *
meaning(enum err_kind kind)
{
	switch (kind) {
	case ERR_ASSERTION_AUDIENCE:
		return "wrong audience";
	case ERR_ASSERTION_EXPIRED:
		return "expired";
	case ERR_ASSERTION_EARLY:
		return "not valid yet";
	case ERR_ASSERTION_LIFE:
		return "valid for too long";
	case ERR_ASSERTION_CLAIMS:
		return "wrong claims";
	case ERR_ASSERTION_KEY:
		return "unknown key";
	case ERR_ASSERTION_SIGNATURE:
		return "wrong signature";
	case ERR_ASSERTION_SEEN:
		return "used before";
	default:
		return "unreadable";
	}
}

static bool
wrong(struct err *e, enum err_kind kind, const char *detail)
{
	return err_set(
	    e, kind, "The client_assertion: %s. %s", meaning(kind), detail);
}

bool
rehearsal_smart_claims(struct assertion *t, struct arena *a,
    struct str token_url, struct str compact, int64_t now_s, struct err *e)
{
	const char *url = str_text(a, token_url);
	const struct assertion_rules rules = { .issuer = url,
		.token_url = url,
		.skew_s = REHEARSAL_SMART_SKEW_S };
	struct err why = { .kind = ERR_NONE };

	if (assertion_read(t, a, &rules, compact, now_s, &why))
		return true;
	if (why.kind == ERR_ASSERTION_AUDIENCE)
		return wrong(e, why.kind,
		    arena_printf(a, "Here aud is %s and nothing else.", url));
	if (why.kind == ERR_ASSERTION_EXPIRED ||
	    why.kind == ERR_ASSERTION_EARLY)
		return wrong(e, why.kind,
		    arena_printf(a,
			"Of exp, iat and nbf one does not fit the clock of "
			"this ward, which shows %lld.",
			(long long)now_s));
	if (why.kind == ERR_ASSERTION_CLAIMS)
		return wrong(e, why.kind,
		    arena_printf(a,
			"It says: %s. The client_id is a tenant ID here.",
			why.why));
	return wrong(e, why.kind, arena_printf(a, "It says: %s.", why.why));
}

bool
rehearsal_smart_signed(
    const struct assertion *t, struct arena *a, struct str set, struct err *e)
{
	struct err why = { .kind = ERR_NONE };
	const struct jwk_set *keys = NULL;
	char client[GUID_LEN + 1];

	guid_write(client, &t->client);
	if (!set.at)
		return wrong(e, ERR_ASSERTION_KEY,
		    arena_printf(a,
			"The gateway publishes none for the tenant %s; "
			"wardgate key make provider makes one.",
			client));
	if (!(keys = arena_adopt(a, jwk_set_read(set, &why), jwk_set_free)))
		return err_why(
		    e, ERR_BROKEN, "the keys of %s: %.200s", client, why.said);
	if (assertion_key(t, keys, NULL, &why))
		return true;
	return wrong(e, why.kind,
	    arena_printf(a, "Of the tenant %s: %s.", client, why.why));
}

bool
rehearsal_smart_proved(const struct rehearsal_visit *v, struct str compact,
    int64_t now_s, struct err *e)
{
	struct err why = { .kind = ERR_NONE };
	struct assertion t;
	struct str set;

	if (!rehearsal_smart_claims(
		&t, v->a, v->token_url, compact, now_s, e) ||
	    !rehearsal_store_keys(v->db, v->a, &t.client, &set, e) ||
	    !rehearsal_smart_signed(&t, v->a, set, e))
		return false;
	if (rehearsal_store_first(v->db, v->a, &t.client, t.jti, t.end_s, &why))
		return true;
	if (why.kind == ERR_ASSERTION_SEEN)
		return wrong(e, why.kind, "A jti counts once.");
	*e = why;
	return false;
}
