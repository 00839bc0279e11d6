/* upstream_judge.c - what an answer of a provider means
 * SPDX-License-Identifier: Apache-2.0 */
#include "relay/upstream_judge.h"

#include <string.h>

#include "base/clock.h"

#define RETRY_AFTER_MAX 3600

unsigned
upstream_patience(const struct fetch_job *job)
{
	struct str v = job->retry_after;
	uint64_t n = 0;
	int64_t at;

	if (!v.at)
		return 0;
	if (!str_number(v, 9, &n)) {
		at = fetch_date(str_text(job->a, v)) - clock_now_s();
		n = at > 0 ? (uint64_t)at : 0;
	}
	return (unsigned)(n > RETRY_AFTER_MAX ? RETRY_AFTER_MAX : n);
}

enum err_kind
upstream_kind(int status, bool conditional)
{
	switch (status) {
	case 200:
		return ERR_NONE;
	case 304:
		return conditional ? ERR_NONE : ERR_UPSTREAM_BAD;
	case 401:
	case 403:
	case 407:
		return ERR_UPSTREAM_AUTH;
	case 404:
		return ERR_UPSTREAM_NOT_FOUND;
	case 410:
		return ERR_UPSTREAM_GONE;
	case 429:
		return ERR_UPSTREAM_LIMIT;
	case 503:
		return ERR_UPSTREAM_BUSY;
	default:
		return status >= 600   ? ERR_UPSTREAM_BAD
		       : status >= 500 ? ERR_UPSTREAM_FAILED
		       : status >= 400 ? ERR_UPSTREAM_REFUSED
		       : status >= 300 ? ERR_UPSTREAM_REDIRECT
		                       : ERR_UPSTREAM_BAD;
	}
}

/* application/json, application/fhir+json, application/json+fhir (DSTU2); in
 * UTF-8, which JSON always is (RFC 8259 8.1). */
static bool
json_type(struct str type, const char *accept)
{
	bool keys = accept && !strcmp(accept, UPSTREAM_KEYS);
	struct str params;
	struct str media = str_trim(str_cut(type, ';', &params), " \t");

	if (!str_is_nocase(media, "application/json") &&
	    !str_is_nocase(media, "application/fhir+json") &&
	    !str_is_nocase(media, "application/json+fhir") &&
	    !(keys && str_is_nocase(media, "application/jwk-set+json")))
		return false;
	while (params.at) {
		struct str value,
		    one = str_trim(str_cut(params, ';', &params), " \t");
		struct str name = str_cut(one, '=', &value);

		value = str_trim(value, "\"");
		if (str_is_nocase(name, "charset") &&
		    !str_is_nocase(value, "utf-8") &&
		    !str_is_nocase(value, "us-ascii"))
			return false;
	}
	return true;
}

bool
upstream_judge(const struct fetch_job *job, const char *accept,
    bool conditional, struct err *e)
{
	enum err_kind kind = upstream_kind(job->status, conditional);

	if (job->status && kind) {
		err_why(e, kind, "the provider answered %d", job->status);
		e->retry_after_s =
		    kind == ERR_UPSTREAM_LIMIT || kind == ERR_UPSTREAM_BUSY
			? upstream_patience(job)
			: 0;
		return false;
	}
	if (job->e.kind)
		return err_why(e, job->e.kind, "%s", job->e.why);
	if (job->status == 200 && !json_type(job->content_type, accept))
		return err_why(e, ERR_UPSTREAM_BAD,
		    "the answer's content type is not JSON in UTF-8");
	return true;
}
