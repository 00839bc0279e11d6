/* fail.c - turns an error into a status and a body; nothing else does
 * SPDX-License-Identifier: Apache-2.0 */
#include "web/fail.h"

#include <string.h>

#include "fhir/outcome.h"
#include "fhir/version.h"

/* What a stranger learns is one row of `groups` for all kinds that must look
 * alike; a kind without a group shows its own reason and may say more. */
enum group { OWN, CLIENT, TENANT, TOKEN, CURSOR, LINK, OURS, GROUP__MAX };

static const struct {
	const char *shown;
	const char *said;
} groups[GROUP__MAX] = {
	[CLIENT] = { "client_refused",
	    "Client authentication failed. Check client_id and client_secret "
	    "in the registration portal: the secret may be wrong, expired or "
	    "invalidated. A client assertion must be signed with a registered "
	    "key, for this server, for five minutes at most, and used once." },
	[TENANT] = { "tenant_refused",
	    "This client cannot use the tenant named in scope. Check the "
	    "tenant ID, or ask the operator to link it to this client." },
	[TOKEN] = { "token_refused",
	    "The access token is not valid (any more). Ask the token endpoint "
	    "for a new one." },
	[CURSOR] = { "cursor_refused",
	    "This page link is not valid here. Start the search again." },
	[LINK] = { "provider_refused_us",
	    "The hospital's server does not let the gateway in. The operator "
	    "has to mend the connection; the access token is fine." },
	[OURS] = { "unavailable",
	    "The gateway cannot answer right now. Try again shortly." },
};

struct shape {
	const char *reason; /* stable; audit, log, metrics */
	unsigned short status;
	const char *oauth; /* RFC 6749 5.2, RFC 6750 3.1; NULL: no word */
	const char *issue; /* FHIR issue-type */
	enum group group;
	const char *said; /* standing sentence of a kind without a group */
};

/* clang-format off */
static const struct shape shapes[ERR__MAX] = {
	[ERR_NONE]             = { "ok", 200, NULL, "informational", OWN, "" },
	[ERR_ADDRESS]          = { "address_unknown", 404, "invalid_request", "not-found", OWN, "There is nothing at this address." },
	[ERR_ADDRESS_LONG]     = { "address_too_long", 414, "invalid_request", "too-long", OWN, "The address is too long. Search by POST instead." },
	[ERR_METHOD]           = { "method_refused", 405, "invalid_request", "not-supported", OWN, "This method is not allowed here." },
	[ERR_HEAD_LARGE]       = { "head_too_large", 431, "invalid_request", "too-long", OWN, "The request's header fields are too large." },
	[ERR_MALFORMED]        = { "request_malformed", 400, "invalid_request", "structure", OWN, "The request cannot be read." },
	[ERR_QUERY_SECRET]     = { "credential_in_query", 400, "invalid_request", "security", OWN, "Parameters of a token request belong in the body, never in the address. Consider the secret leaked if it stood there." },
	[ERR_REPEATED]         = { "parameter_repeated", 400, "invalid_request", "invalid", OWN, "A parameter stands more than once." },
	[ERR_TOO_LARGE]        = { "request_too_large", 413, "invalid_request", "too-long", OWN, "The request body is too large." },
	[ERR_TOO_MANY]         = { "too_many_parts", 400, "invalid_request", "too-costly", OWN, "The request has too many parts." },
	[ERR_MEDIA]            = { "media_type", 400, "invalid_request", "not-supported", OWN, "The Content-Type of the request is not one that this address reads." },
	[ERR_ENCODED]          = { "content_encoding", 415, "invalid_request", "not-supported", OWN, "Compressed request bodies are not read. Send the body as it is." },
	[ERR_NOT_ACCEPTED]     = { "format_refused", 406, "invalid_request", "not-supported", OWN, "Only JSON is answered here." },
	[ERR_CLIENT_ABSENT]    = { "client_absent", 401, "invalid_client", "login", CLIENT, NULL },
	[ERR_CLIENT_UNKNOWN]   = { "client_unknown", 401, "invalid_client", "login", CLIENT, NULL },
	[ERR_CLIENT_DISABLED]  = { "client_disabled", 401, "invalid_client", "login", CLIENT, NULL },
	[ERR_SECRET_MALFORMED] = { "secret_malformed", 401, "invalid_client", "login", CLIENT, NULL },
	[ERR_SECRET_WRONG]     = { "secret_wrong", 401, "invalid_client", "login", CLIENT, NULL },
	[ERR_SECRET_EARLY]     = { "secret_not_yet_valid", 401, "invalid_client", "login", CLIENT, NULL },
	[ERR_SECRET_EXPIRED]   = { "secret_expired", 401, "invalid_client", "login", CLIENT, NULL },
	[ERR_SECRET_DEAD]      = { "secret_invalidated", 401, "invalid_client", "login", CLIENT, NULL },
	[ERR_ASSERTION_MALFORMED] = { "assertion_malformed", 401, "invalid_client", "login", CLIENT, NULL },
	[ERR_ASSERTION_KEY] = { "assertion_key_unknown", 401, "invalid_client", "login", CLIENT, NULL },
	[ERR_ASSERTION_SIGNATURE] = { "assertion_signature", 401, "invalid_client", "login", CLIENT, NULL },
	[ERR_ASSERTION_CLAIMS] = { "assertion_claims", 401, "invalid_client", "login", CLIENT, NULL },
	[ERR_ASSERTION_AUDIENCE] = { "assertion_audience", 401, "invalid_client", "login", CLIENT, NULL },
	[ERR_ASSERTION_EXPIRED] = { "assertion_expired", 401, "invalid_client", "login", CLIENT, NULL },
	[ERR_ASSERTION_EARLY] = { "assertion_not_yet_valid", 401, "invalid_client", "login", CLIENT, NULL },
	[ERR_ASSERTION_LIFE] = { "assertion_life", 401, "invalid_client", "login", CLIENT, NULL },
	[ERR_ASSERTION_SEEN] = { "assertion_replayed", 401, "invalid_client", "login", CLIENT, NULL },
	[ERR_LIMIT_CLIENT]     = { "limit_client", 429, "temporarily_unavailable", "throttled", OWN, "This client asks more often than it may. Wait as long as Retry-After says." },
	[ERR_LIMIT_TENANT]     = { "limit_tenant", 429, "temporarily_unavailable", "throttled", OWN, "This hospital is asked more often than it may be. Wait as long as Retry-After says." },
	[ERR_LIMIT_SOURCE]     = { "limit_source", 429, "temporarily_unavailable", "throttled", OWN, "Authentication failed, as it has too often from this address. Wait as long as Retry-After says, and check the credentials first." },
	[ERR_LIMIT_SIGNIN]     = { "limit_signin", 429, "temporarily_unavailable", "throttled", OWN, "Too many people sign in at this moment. Try again in a few seconds." },
	[ERR_SIGNIN]           = { "signin_refused", 401, NULL, "login", OWN, "That is not right. Check what you typed; the name and the passphrase belong together, and a code works once." },
	[ERR_SIGNIN_WAIT]      = { "signin_wait", 429, NULL, "throttled", OWN, "That failed several times. Wait a little before you try again." },
	[ERR_SIGNED_OUT]       = { "signed_out", 401, NULL, "login", OWN, "You are not signed in (any more)." },
	[ERR_STRANGER]         = { "stranger", 403, NULL, "forbidden", OWN, "The web server did not say who you are, and nobody is asked here. Tell the operator of this gateway." },
	[ERR_FORM]             = { "form_refused", 403, NULL, "forbidden", OWN, "This form was not sent from these pages, or is from an earlier sign-in. Go back, load the page again and repeat what you did." },
	[ERR_PASSPHRASE]       = { "passphrase_refused", 400, NULL, "invalid", OWN, "A passphrase has 15 characters at least. Take several words; blanks are welcome." },
	[ERR_PROOF]            = { "proof_wanted", 403, NULL, "login", OWN, "For this the passphrase has to be given again." },
	[ERR_GRANT_TYPE]       = { "grant_type", 400, "unsupported_grant_type", "not-supported", OWN, "Only grant_type=client_credentials is supported." },
	[ERR_RESPONSE_TYPE]    = { "response_type", 400, "unsupported_response_type", "not-supported", OWN, "Nobody signs in here. Programs get their tokens at the token endpoint, with grant_type=client_credentials." },
	[ERR_SCOPE_MALFORMED]  = { "scope_malformed", 400, "invalid_scope", "invalid", OWN, "scope must be the tenant ID of the hospital: one GUID." },
	[ERR_SCOPE_REFUSED]    = { "scope_refused", 400, "invalid_scope", "invalid", OWN, "Beside the tenant ID, scope takes system scopes that read: system/TYPE.read, .rs, .r or .s, of types that are served here and granted to this client." },
	[ERR_TENANT_UNKNOWN]   = { "tenant_unknown", 400, "invalid_scope", "forbidden", TENANT, NULL },
	[ERR_TENANT_NOT_GRANTED] = { "tenant_not_granted", 400, "invalid_scope", "forbidden", TENANT, NULL },
	[ERR_TENANT_SUSPENDED] = { "tenant_suspended", 400, "invalid_scope", "forbidden", TENANT, NULL },
	[ERR_TOKEN_ABSENT]     = { "token_absent", 401, NULL, "login", OWN, "This address needs an access token: Authorization: Bearer." },
	[ERR_TOKEN_MALFORMED]  = { "token_malformed", 401, "invalid_token", "login", TOKEN, NULL },
	[ERR_TOKEN_KEY]        = { "token_key_unknown", 401, "invalid_token", "login", TOKEN, NULL },
	[ERR_TOKEN_SIGNATURE]  = { "token_signature", 401, "invalid_token", "login", TOKEN, NULL },
	[ERR_TOKEN_EXPIRED]    = { "token_expired", 401, "invalid_token", "login", TOKEN, NULL },
	[ERR_TOKEN_EARLY]      = { "token_not_yet_valid", 401, "invalid_token", "login", TOKEN, NULL },
	[ERR_TOKEN_ISSUER]     = { "token_issuer", 401, "invalid_token", "login", TOKEN, NULL },
	[ERR_TOKEN_AUDIENCE]   = { "token_audience", 401, "invalid_token", "login", TOKEN, NULL },
	[ERR_TOKEN_CLAIMS]     = { "token_claims", 401, "invalid_token", "login", TOKEN, NULL },
	[ERR_TOKEN_CLIENT]     = { "token_client_disabled", 401, "invalid_token", "login", TOKEN, NULL },
	[ERR_TOKEN_SECRET]     = { "token_secret_invalidated", 401, "invalid_token", "login", TOKEN, NULL },
	[ERR_TOKEN_GRANT]      = { "token_grant_removed", 401, "invalid_token", "login", TOKEN, NULL },
	[ERR_TOKEN_REVOKED]    = { "token_revoked", 401, "invalid_token", "login", TOKEN, NULL },
	[ERR_TENANT_OTHER]     = { "tenant_other", 403, "insufficient_scope", "forbidden", OWN, "The request names another tenant than the access token. The tenant comes from the token alone." },
	[ERR_TYPE]             = { "type_not_served", 404, NULL, "not-supported", OWN, "This resource type is not served here." },
	[ERR_TYPE_GRANTED]     = { "type_not_granted", 403, "insufficient_scope", "forbidden", OWN, "This access token does not cover what is asked for." },
	[ERR_INTERACTION]      = { "interaction_not_served", 405, NULL, "not-supported", OWN, "Only read and search are served here." },
	[ERR_ENTRY]            = { "entry_malformed", 400, NULL, "invalid", OWN, "This entry of the batch cannot be read." },
	[ERR_BATCH_LARGE]      = { "batch_too_large", 413, NULL, "too-costly", OWN, "The answers to this batch are too large together. Ask for this entry by itself, or for fewer records with _count." },
	[ERR_ID]               = { "id_malformed", 400, NULL, "invalid", OWN, "The id is not a FHIR id." },
	[ERR_PARAM]            = { "parameter_refused", 400, NULL, "invalid", OWN, "A search parameter is refused." },
	[ERR_PARAM_STRICT]     = { "parameter_unknown", 400, NULL, "not-supported", OWN, "A search parameter is not known here." },
	[ERR_UNSELECTIVE]      = { "search_unselective", 400, NULL, "too-costly", OWN, "The search selects nothing in particular. Add a patient, an id or another selective parameter." },
	[ERR_FACE]             = { "face_other_version", 501, NULL, "not-supported", OWN, "This hospital's server speaks another FHIR version than this address." },
	[ERR_CURSOR]           = { "cursor_refused", 400, NULL, "invalid", CURSOR, NULL },
	[ERR_CURSOR_EXPIRED]   = { "cursor_expired", 410, NULL, "expired", OWN, "This page link has expired. Start the search again." },
	[ERR_MAINTENANCE]      = { "tenant_maintenance", 503, "temporarily_unavailable", "transient", OWN, "This hospital's connection is under maintenance." },
	[ERR_UPSTREAM_ADDRESS] = { "provider_address", 502, NULL, "processing", LINK, NULL },
	[ERR_UPSTREAM_CONNECT] = { "provider_unreachable", 504, NULL, "transient", OWN, "The hospital's server cannot be reached. Try again later." },
	[ERR_UPSTREAM_TIMEOUT] = { "provider_timeout", 504, NULL, "timeout", OWN, "The hospital's server did not answer in time. Try again later." },
	[ERR_UPSTREAM_AUTH]    = { "provider_refused_us", 502, NULL, "processing", LINK, NULL },
	[ERR_CREDENTIAL]       = { "provider_credential", 502, NULL, "processing", LINK, NULL },
	[ERR_UPSTREAM_TOKEN]   = { "provider_token", 502, NULL, "processing", LINK, NULL },
	[ERR_UPSTREAM_TOKEN_AWAY] = { "provider_token_unavailable", 504, NULL, "transient", OWN, "The server that lets the gateway in to the hospital does not answer. Try again later." },
	[ERR_UPSTREAM_REDIRECT] = { "provider_redirect", 502, NULL, "processing", OWN, "The hospital's server sent the gateway elsewhere, which it does not follow." },
	[ERR_UPSTREAM_BAD]     = { "provider_unreadable", 502, NULL, "processing", OWN, "The hospital's server gave an answer that is not the FHIR asked for." },
	[ERR_UPSTREAM_LARGE]   = { "provider_too_large", 502, NULL, "too-costly", OWN, "The hospital's server gave an answer that is too large. Ask for fewer records with _count." },
	[ERR_UPSTREAM_FAILED]  = { "provider_failed", 502, NULL, "exception", OWN, "The hospital's server failed. Try again later." },
	[ERR_UPSTREAM_BUSY]    = { "provider_busy", 503, NULL, "transient", OWN, "The hospital's server is busy. Try again later." },
	[ERR_UPSTREAM_REFUSED] = { "provider_refused_request", 400, NULL, "processing", OWN, "The hospital's server refused this request." },
	[ERR_UPSTREAM_NOT_FOUND] = { "not_found", 404, NULL, "not-found", OWN, "The hospital has no such record." },
	[ERR_UPSTREAM_GONE]    = { "gone", 410, NULL, "not-found", OWN, "The hospital has deleted this record." },
	[ERR_UPSTREAM_OPEN]    = { "provider_paused", 503, NULL, "transient", OWN, "The hospital's server failed or hung several times and is left alone for some seconds. Try again when Retry-After has passed." },
	[ERR_UPSTREAM_FULL]    = { "provider_full", 503, NULL, "transient", OWN, "Too many requests wait for this hospital's server already. Try again when Retry-After has passed." },
	[ERR_UPSTREAM_QUOTA]   = { "provider_quota", 429, NULL, "throttled", OWN, "This hospital's server may not be asked more often. Wait as long as Retry-After says." },
	[ERR_UPSTREAM_LIMIT]   = { "provider_limit", 429, NULL, "throttled", OWN, "The hospital's server asks for fewer requests. Wait as long as Retry-After says." },
	[ERR_BUSY]             = { "busy", 503, "temporarily_unavailable", "transient", OURS, NULL },
	[ERR_DEADLINE]         = { "deadline", 504, "temporarily_unavailable", "timeout", OWN, "The request took too long and was given up." },
	[ERR_DB]               = { "database", 503, "temporarily_unavailable", "transient", OURS, NULL },
	[ERR_AUDIT]            = { "audit", 503, "temporarily_unavailable", "transient", OURS, NULL },
	[ERR_CONF]             = { "settings", 500, "server_error", "exception", OURS, NULL },
	[ERR_CONFLICT]         = { "conflict", 409, "invalid_request", "conflict", OWN, "This cannot be done in the present state." },
	[ERR_MISSING]          = { "missing", 404, "invalid_request", "not-found", OWN, "There is no such thing." },
	[ERR_BROKEN]           = { "broken", 500, "server_error", "exception", OWN, "The gateway failed. Tell the operator the trace id of this answer." },
};
/* clang-format on */

static bool
fhir_face(enum fail_face face)
{
	return face >= FAIL_DSTU2;
}

unsigned
fail_status(enum fail_face face, enum err_kind kind)
{
	const struct shape *s = &shapes[kind];

	/* The token endpoint answers a refused tenant with invalid_scope, the
	 * facade, where the token was good, with 403. */
	if (s->group == TENANT && fhir_face(face))
		return 403;
	if (kind == ERR_MEDIA && fhir_face(face))
		return 415;
	return s->status;
}

const char *
fail_reason(enum err_kind kind)
{
	return shapes[kind].reason;
}

const char *
fail_shown(enum err_kind kind)
{
	const struct shape *s = &shapes[kind];

	return s->group == OWN ? s->reason : groups[s->group].shown;
}

const char *
fail_said(const struct err *e)
{
	const struct shape *s = &shapes[e->kind];

	if (s->group != OWN)
		return groups[s->group].said;
	return e->said[0] ? e->said : s->said;
}

const char *
fail_oauth_code(enum err_kind kind)
{
	return shapes[kind].oauth;
}

const char *
fail_issue_code(enum err_kind kind)
{
	return shapes[kind].issue;
}

/* RFC 6749 5.2 allows %x20-21 / %x23-5B / %x5D-7E in error_description. */
static void
put_description(struct buf *b, const char *said)
{
	buf_char(b, '"');
	for (; *said; said++)
		buf_char(b, *said < 0x20 || *said > 0x7e || *said == '"' ||
				    *said == '\\'
				? ' '
				: *said);
	buf_char(b, '"');
}

static void
write_oauth(
    struct resp *r, struct arena *a, enum fail_face face, const struct err *e)
{
	struct buf b = buf_new(a, 2048);
	const char *code = face == FAIL_OAUTH ? fail_oauth_code(e->kind) : NULL;

	buf_fmt(&b, "{\"error\":\"%s\",\"error_description\":",
	    code ? code : fail_shown(e->kind));
	put_description(&b, fail_said(e));
	buf_char(&b, '}');
	r->type = "application/json;charset=UTF-8";
	r->body = (struct str){ b.at, b.len };
}

/* In a batch the header field of an entry has no other place. */
static void
write_fhir(struct resp *r, struct arena *a, enum fail_face face,
    const struct err *e, const char *wait)
{
	enum fhir_version v = (enum fhir_version)(face - FAIL_DSTU2);
	struct outcome_issue issue = {
		.severity = OUTCOME_ERROR,
		.code = fail_issue_code(e->kind),
		.system = FAIL_REASON_SYSTEM,
		.reason = fail_shown(e->kind),
		.text = fail_said(e),
		.diagnostics =
		    wait ? arena_printf(a, "Retry-After: %s", wait) : NULL,
	};
	struct buf b = buf_new(a, 4096);

	outcome_write(&b, v, &issue, 1);
	r->type = version_mime(v);
	r->body = (struct str){ b.at, b.len };
}

/* RFC 6750 3 at the facade; RFC 6749 5.2 when the client used Basic. */
static void
challenge(struct resp *r, struct arena *a, const struct req *req,
    enum fail_face face, const struct err *e)
{
	const char *code = fail_oauth_code(e->kind);

	if (face == FAIL_OAUTH) {
		if (r->status == 401 &&
		    str_starts_nocase(req->authorization, "basic"))
			resp_header(r, "WWW-Authenticate",
			    "Basic realm=\"wardgate\", charset=\"UTF-8\"");
	} else if (r->status == 401 && !code) {
		resp_header(r, "WWW-Authenticate", "Bearer realm=\"wardgate\"");
	} else if (r->status == 401 || r->status == 403) {
		resp_header(r, "WWW-Authenticate",
		    arena_printf(a, "Bearer realm=\"wardgate\", error=\"%s\"",
			r->status == 403 ? "insufficient_scope" : code));
	}
}

/* Seconds, as text; NULL: it need not be tried again later. */
static const char *
retry_after(struct arena *a, unsigned status, const struct err *e)
{
	unsigned wait = e->retry_after_s;

	if (!wait && (status == 429 || status == 503 || status == 504))
		wait = 2;
	return wait ? arena_printf(a, "%u", wait) : NULL;
}

void
fail_write(struct resp *r, struct arena *a, const struct req *req,
    enum fail_face face, const struct err *e)
{
	const char *wait;

	resp_drop(r);
	r->status = fail_status(face, e->kind);
	wait = retry_after(a, r->status, e);
	if (fhir_face(face))
		write_fhir(r, a, face, e, wait);
	else
		write_oauth(r, a, face, e);
	challenge(r, a, req, face, e);
	resp_header(r, "Retry-After", wait);
}
