/* rehearsal_token.c - tokens of a ward that wants them, and where they are had
 * SPDX-License-Identifier: Apache-2.0 */
#include "rehearsal/rehearsal_token.h"

#include <string.h>

#include "base/log.h"
#include "fhir/pair.h"
#include "rehearsal/rehearsal_smart.h"
#include "web/fail.h"

#define ANSWER_MAX ((size_t)64 * 1024)

/* What its tokens begin with; NULL: such a ward has none. */
static const char *
start(enum rehearsal_demand demand)
{
	return demand == REHEARSAL_OAUTH   ? "rehearsal-oauth-"
	       : demand == REHEARSAL_SMART ? "rehearsal-smart-"
	                                   : NULL;
}

bool
rehearsal_token_wanted(enum rehearsal_demand demand)
{
	return start(demand) != NULL;
}

bool
rehearsal_token_counts(
    enum rehearsal_demand demand, struct str authorization, int64_t now_s)
{
	struct str value, scheme = str_cut(authorization, ' ', &value);
	int64_t minute = now_s / REHEARSAL_TOKEN_S;
	const char *begin = start(demand);
	uint64_t n;

	if (!begin || !str_is_nocase(scheme, "bearer") ||
	    !str_starts(value, begin))
		return false;
	value.at += strlen(begin);
	value.len -= strlen(begin);
	return str_number(value, 18, &n) &&
	       ((int64_t)n == minute || (int64_t)n == minute - 1);
}

/* ---- what is asked ---- */

struct form {
	struct str grant_type, client_id, client_secret, scope, assertion,
	    assertion_type;
};

static bool
read_form(struct arena *a, struct str body, struct form *f)
{
	struct {
		const char *name;
		struct str *to;
	} fields[] = {
		{ "grant_type", &f->grant_type },
		{ "client_id", &f->client_id },
		{ "client_secret", &f->client_secret },
		{ "scope", &f->scope },
		{ "client_assertion", &f->assertion },
		{ "client_assertion_type", &f->assertion_type },
	};
	struct err e = { .kind = ERR_NONE };
	struct pair p;
	size_t i;

	while (body.len) {
		struct str one = str_cut(body, '&', &body);

		if (!one.len || !pair_read(a, one, &p, &e))
			return false;
		for (i = 0; i < COUNT(fields); i++)
			if (str_is(p.name, fields[i].name))
				*fields[i].to = p.value;
	}
	return true;
}

/* ---- what is answered ---- */

static void
say(struct rehearsal_reply *reply, unsigned status, struct buf *b)
{
	reply->status = status;
	reply->type = "application/json";
	reply->body = (struct str){ b->at, b->len };
}

/* Returns false. */
static bool
refuse(const struct rehearsal_visit *v, struct rehearsal_reply *reply,
    unsigned status, const char *error, const char *words)
{
	struct buf b = buf_new(v->a, ANSWER_MAX);

	log_event(LOG_INFO, "rehearsal_no_token", LOG_TRACE, v->req->trace.id,
	    LOG_WHY, words, LOG_END);
	buf_fmt(&b, "{\"error\":\"%s\",\"error_description\":", error);
	buf_json(&b, words, strlen(words));
	buf_char(&b, '}');
	say(reply, status, &b);
	return false;
}

static void
give(const struct rehearsal_visit *v, const struct form *f, int64_t now_s,
    struct rehearsal_reply *reply)
{
	struct buf b = buf_new(v->a, ANSWER_MAX);

	buf_fmt(&b,
	    "{\"access_token\":\"%s%lld\",\"token_type\":\"Bearer\","
	    "\"expires_in\":%d",
	    start(v->faults.demand), (long long)now_s / REHEARSAL_TOKEN_S,
	    REHEARSAL_TOKEN_S);
	if (f->scope.len) {
		buf_str(&b, ",\"scope\":");
		buf_json(&b, f->scope.at, f->scope.len);
	}
	buf_char(&b, '}');
	say(reply, 200, &b);
}

/* ---- who asks ---- */

static bool
secret_shown(const struct rehearsal_visit *v, const struct form *f,
    struct rehearsal_reply *reply)
{
	const struct rehearsal_faults basic = { .demand = REHEARSAL_BASIC };

	return rehearsal_fault_admits(&basic, v->req->authorization) ||
	       (str_is(f->client_id, REHEARSAL_USER) &&
		   str_is(f->client_secret, REHEARSAL_SECRET)) ||
	       refuse(v, reply, 401, "invalid_client",
		   "The client is " REHEARSAL_USER " with the secret "
		   "" REHEARSAL_SECRET ", in the body or as HTTP Basic.");
}

static bool
assertion_shown(const struct rehearsal_visit *v, const struct form *f,
    int64_t now_s, struct rehearsal_reply *reply)
{
	struct err e = { .kind = ERR_NONE };

	if (!str_is(f->assertion_type, ASSERTION_TYPE))
		return refuse(v, reply, 401, "invalid_client",
		    "The client_assertion_type has to be " ASSERTION_TYPE ".");
	if (rehearsal_smart_proved(v, f->assertion, now_s, &e))
		return true;
	return refuse(v, reply, fail_status(FAIL_OAUTH, e.kind),
	    fail_oauth_code(e.kind) ? fail_oauth_code(e.kind)
				    : "temporarily_unavailable",
	    *e.said ? e.said : fail_said(&e));
}

/* SMART App Launch 2.2, "Backend Services": scope is required. */
static bool
scope_asked(const struct rehearsal_visit *v, const struct form *f,
    struct rehearsal_reply *reply)
{
	return str_starts(f->scope, "system/") ||
	       refuse(v, reply, 400, "invalid_scope",
		   "SMART Backend Services ask for a scope that begins with "
		   "system/, such as system/*.read.");
}

static bool
proved(const struct rehearsal_visit *v, const struct form *f, int64_t now_s,
    struct rehearsal_reply *reply)
{
	return v->faults.demand == REHEARSAL_SMART
	           ? scope_asked(v, f, reply) &&
	                 assertion_shown(v, f, now_s, reply)
	           : secret_shown(v, f, reply);
}

static bool
asked_rightly(const struct rehearsal_visit *v,
    const struct rehearsal_call *call, struct form *f,
    struct rehearsal_reply *reply)
{
	if (call->method != REQ_POST || !call->form ||
	    !read_form(v->a, call->body, f))
		return refuse(v, reply, 400, "invalid_request",
		    "A token is asked for by POST, with a form.");
	return str_is(f->grant_type, "client_credentials") ||
	       refuse(v, reply, 400, "unsupported_grant_type",
		   "The grant_type is client_credentials here.");
}

void
rehearsal_token_give(const struct rehearsal_visit *v,
    const struct rehearsal_call *call, int64_t now_s,
    struct rehearsal_reply *reply)
{
	struct form f = { .scope = STR_NONE };

	memset(reply, 0, sizeof *reply);
	reply->faults = v->faults;
	if (asked_rightly(v, call, &f, reply) && proved(v, &f, now_s, reply))
		give(v, &f, now_s, reply);
}
