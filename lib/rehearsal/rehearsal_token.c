/* rehearsal_token.c - tokens of a ward that wants them, and where they are had
 * SPDX-License-Identifier: Apache-2.0 */
#include "rehearsal/rehearsal_token.h"

#include <string.h>

#include "fhir/pair.h"

#define START "rehearsal-token-"

bool
rehearsal_token_counts(struct str authorization, int64_t now_s)
{
	struct str value, scheme = str_cut(authorization, ' ', &value);
	int64_t minute = now_s / REHEARSAL_TOKEN_S;
	uint64_t n;

	if (!str_is_nocase(scheme, "bearer") || !str_starts(value, START))
		return false;
	value.at += sizeof START - 1;
	value.len -= sizeof START - 1;
	return str_number(value, 18, &n) &&
	       ((int64_t)n == minute || (int64_t)n == minute - 1);
}

struct form {
	struct str grant_type, client_id, client_secret;
};

static bool
read_form(struct arena *a, struct str body, struct form *f)
{
	struct err e = { .kind = ERR_NONE };
	struct pair p;

	while (body.len) {
		struct str one = str_cut(body, '&', &body);

		if (!one.len || !pair_read(a, one, &p, &e))
			return false;
		if (str_is(p.name, "grant_type"))
			f->grant_type = p.value;
		else if (str_is(p.name, "client_id"))
			f->client_id = p.value;
		else if (str_is(p.name, "client_secret"))
			f->client_secret = p.value;
	}
	return true;
}

static bool
is_known(const struct rehearsal_visit *v, const struct form *f)
{
	const struct rehearsal_faults basic = { .demand = REHEARSAL_BASIC };

	return rehearsal_fault_admits(&basic, v->req->authorization) ||
	       (str_is(f->client_id, REHEARSAL_USER) &&
		   str_is(f->client_secret, REHEARSAL_SECRET));
}

static void
say(struct rehearsal_reply *reply, unsigned status, const char *json)
{
	reply->status = status;
	reply->type = "application/json";
	reply->body = str_of(json);
}

void
rehearsal_token_give(const struct rehearsal_visit *v,
    const struct rehearsal_call *call, int64_t now_s,
    struct rehearsal_reply *reply)
{
	struct form f = { STR_NONE, STR_NONE, STR_NONE };

	memset(reply, 0, sizeof *reply);
	reply->faults = v->faults;
	if (call->method != REQ_POST || !call->form ||
	    !read_form(v->a, call->body, &f))
		say(reply, 400, "{\"error\":\"invalid_request\"}");
	else if (!is_known(v, &f))
		say(reply, 401, "{\"error\":\"invalid_client\"}");
	else if (!str_is(f.grant_type, "client_credentials"))
		say(reply, 400, "{\"error\":\"unsupported_grant_type\"}");
	else
		say(reply, 200,
		    arena_printf(v->a,
			"{\"access_token\":\"" START "%lld\","
			"\"token_type\":\"Bearer\",\"expires_in\":%d}",
			(long long)now_s / REHEARSAL_TOKEN_S,
			REHEARSAL_TOKEN_S));
}
