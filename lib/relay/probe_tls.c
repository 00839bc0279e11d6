/* probe_tls.c - why there is no connection to trust: their certificate, or ours
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "relay/probe_parts.h"

#define OF_SERVER "The certificate of the server "
#define OURS      "The server refuses our certificate"
#define VALID     "Ask the hospital for a valid one."
#define SAFE      "The server speaks no version of TLS that is still safe."
#define SWITCH    "Ask the hospital to switch on TLS 1.2 or 1.3."
#define SEAL                                                                   \
	"seal its key with `wardgate seal --certificate-key`, and give both "  \
	"with tenant.sql."
#define ANOTHER "Get another one of the hospital, " SEAL

/* What libcurl and OpenSSL say of it; the first that fits. */
static const struct {
	const char *said;
	struct probe_trouble is;
} troubles[] = {
	{ "alert certificate expired",
	    { PROBE_AUTH, OURS ": it has expired.", ANOTHER } },
	{ "alert certificate revoked",
	    { PROBE_AUTH, OURS ": it was revoked.", ANOTHER } },
	{ "alert unknown ca",
	    { PROBE_AUTH, OURS ": it does not know who signed it.", ANOTHER } },
	{ "alert certificate", { PROBE_AUTH, OURS ".", ANOTHER } },
	{ "alert bad certificate", { PROBE_AUTH, OURS ".", ANOTHER } },
	{ "alert unsupported certificate", { PROBE_AUTH, OURS ".", ANOTHER } },
	{ "alert access denied", { PROBE_AUTH, OURS ".", ANOTHER } },
	{ "unsupported protocol", { PROBE_REACH, SAFE, SWITCH } },
	{ "protocol version", { PROBE_REACH, SAFE, SWITCH } },
	{ "wrong version number",
	    { PROBE_REACH, "What answers there speaks no TLS.",
		"Check the port of its address." } },
	{ "CRL has expired",
	    { PROBE_CERTIFICATE,
		"The list of revoked certificates that stands with the CA of "
		"the server has ended, so none is believed.",
		"Get a newer one of that CA, and give both with "
		"tenant.sql." } },
	{ "certificate CRL",
	    { PROBE_CERTIFICATE,
		"There are lists of revoked certificates, and none of the CA "
		"of the server.",
		"Give a list of each CA with tenant.sql, or none at all." } },
	{ "certificate revoked",
	    { PROBE_CERTIFICATE, OF_SERVER "was revoked.", VALID } },
	{ "has expired", { PROBE_CERTIFICATE, OF_SERVER "has expired.",
			     "Ask the hospital to renew it." } },
	{ "not yet valid", { PROBE_CERTIFICATE, OF_SERVER "is not valid yet.",
			       "Compare the clocks, and ask the hospital." } },
	{ "subject name",
	    { PROBE_CERTIFICATE, OF_SERVER "is for another name.",
		"Ask the hospital which name its server goes by." } },
	{ "self-signed",
	    { PROBE_CERTIFICATE,
		OF_SERVER "is signed by nobody whom this host trusts.",
		"Ask the hospital for one of a public authority." } },
	{ "issuer certificate",
	    { PROBE_CERTIFICATE,
		OF_SERVER "is signed by nobody whom this host trusts, or "
			  "comes without those between.",
		"Ask the hospital to send the whole chain." } },
	{ "certificate",
	    { PROBE_CERTIFICATE, OF_SERVER "is not to be trusted.", VALID } },
};

static const struct probe_trouble wanted = { PROBE_AUTH,
	"The server wants a certificate, and none is set.",
	"Get one of the hospital, " SEAL };

/* Others say the same words of other things. */
static bool
is_about_tls(const struct err *e)
{
	return e->kind == ERR_UPSTREAM_CONNECT ||
	       e->kind == ERR_UPSTREAM_TOKEN_AWAY || strstr(e->why, " alert ");
}

/* They refuse ours, or want one: where it does not open, that is the trouble. */
static const struct probe_trouble *
about_ours(const struct probe_ask *ask, const struct probe_trouble *t)
{
	const struct fetch_tls *tls = ask->to->tls;

	return ask->shut ? NULL : tls && *tls->chain ? t : &wanted;
}

const struct probe_trouble *
probe_tls(const struct probe *p, const struct err *e)
{
	const struct probe_trouble *t;

	if (!is_about_tls(e))
		return NULL;
	for (size_t i = 0; i < COUNT(troubles); i++) {
		t = &troubles[i].is;
		if (strstr(e->why, troubles[i].said))
			return t->about == PROBE_AUTH ? about_ours(p->ask, t)
			                              : t;
	}
	return NULL;
}
