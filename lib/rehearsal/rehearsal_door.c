/* rehearsal_door.c - who is let in to a ward that wants to see something
 * SPDX-License-Identifier: Apache-2.0 */
#include "rehearsal/rehearsal_door.h"

#include <string.h>

#include "base/log.h"
#include "rehearsal/rehearsal_answer.h"
#include "rehearsal/rehearsal_smart.h"
#include "rehearsal/rehearsal_token.h"

static const char *const wanted[] = {
	[REHEARSAL_NOTHING] = "",
	[REHEARSAL_BASIC] =
	    "This ward wants HTTP Basic: the user "
	    "" REHEARSAL_USER " with the password " REHEARSAL_SECRET ".",
	[REHEARSAL_BEARER] =
	    "This ward wants the bearer token " REHEARSAL_SECRET ".",
	[REHEARSAL_OAUTH] =
	    "This ward wants a token, which is had at "
	    "" REHEARSAL_TOKEN_PATH " below it for a client secret; or the "
	    "token has ended.",
	[REHEARSAL_SMART] =
	    "This ward wants a token, which is had at "
	    "" REHEARSAL_TOKEN_PATH " below it for a signed assertion; or the "
	    "token has ended.",
};

/* Public by their standards. */
static bool
is_open(const struct rehearsal_visit *v, struct str path)
{
	if (rehearsal_token_wanted(v->faults.demand) &&
	    str_is(path, REHEARSAL_TOKEN_PATH))
		return true;
	return v->faults.demand == REHEARSAL_SMART &&
	       (str_is(path, REHEARSAL_SMART_CONFIGURATION) ||
		   str_is(path, "/metadata"));
}

static bool
credential_shown(const struct rehearsal_visit *v, int64_t now_s)
{
	struct str shown = v->req->authorization;

	return rehearsal_token_wanted(v->faults.demand)
	           ? rehearsal_token_counts(v->faults.demand, shown, now_s)
	           : rehearsal_fault_admits(&v->faults, shown);
}

/* NULL: nothing. */
static const char *
wrong_with_certificate(const struct rehearsal_visit *v)
{
	const struct req *r = v->req;

	if (!r->tls_port.at)
		return "This ward wants a client certificate, and the request "
		       "came without TLS.";
	if (!r->client_verify.at)
		return "This ward wants a client certificate, and the web "
		       "server asks for none at this port.";
	if (str_is(r->client_verify, "NONE"))
		return "This ward wants a client certificate, and none was "
		       "shown.";
	if (!str_is(r->client_verify, "SUCCESS"))
		return arena_printf(v->a,
		    "The web server does not believe the client certificate: "
		    "%.*s.",
		    STR_FMT(r->client_verify));
	if (!r->client_name.len)
		return "The client certificate has no common name.";
	if (!str_is(r->client_name, REHEARSAL_USER))
		return arena_printf(v->a,
		    "The client certificate is of %.*s, and this ward knows "
		    "" REHEARSAL_USER " alone.",
		    STR_FMT(r->client_name));
	return NULL;
}

/* Returns false. */
static bool
refuse(const struct rehearsal_visit *v, struct rehearsal_reply *reply,
    unsigned status, const char *words)
{
	memset(reply, 0, sizeof *reply);
	reply->faults = v->faults;
	reply->faults.instead = REHEARSAL_TRUTH;
	log_event(LOG_INFO, "rehearsal_refused", LOG_TRACE, v->req->trace.id,
	    LOG_STATUS, (long)status, LOG_WHY, words, LOG_END);
	rehearsal_outcome(
	    v, reply, status, status == 401 ? "login" : "forbidden", words);
	return false;
}

bool
rehearsal_door_open(const struct rehearsal_visit *v, struct str path,
    int64_t now_s, struct rehearsal_reply *reply)
{
	const char *words = v->faults.mtls ? wrong_with_certificate(v) : NULL;

	if (words)
		return refuse(v, reply, 403, words);
	return is_open(v, path) || credential_shown(v, now_s) ||
	       refuse(v, reply, 401, wanted[v->faults.demand]);
}
