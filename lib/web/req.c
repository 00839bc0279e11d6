/* req.c - an HTTP request as data, whichever server brought it
 * SPDX-License-Identifier: Apache-2.0 */
#include "web/req.h"

#include <string.h>

#include "base/clock.h"
#include "ext/crypt.h"
#include "web/source.h"

#define TARGET_MAX ((size_t)8 * 1024)

enum var {
	VAR_METHOD,
	VAR_TARGET,
	VAR_LENGTH,
	VAR_TYPE,
	VAR_AUTH,
	VAR_ACCEPT,
	VAR_PREFER,
	VAR_NONE_MATCH,
	VAR_LANGUAGE,
	VAR_ENCODING,
	VAR_ADDR,
	VAR_X_FORWARDED,
	VAR_FORWARDED,
	VAR_REQUEST_ID,
	VAR_TRACEPARENT,
	VAR_TENANT,
	VAR_COOKIE,
	VAR_ORIGIN,
	VAR_FETCH_SITE,
	VAR_AGENT,
	VAR_USER,
	VAR_HTTPS,
	VAR_PORT,
	VAR_VERIFY,
	VAR_NAME,
	VAR__MAX
};

/* What we read, and whether it may stand only once. Everything else a server
 * passes on is not looked at: no forwarded host, no method override. */
static const struct {
	const char *name;
	bool once;
} wanted[VAR__MAX] = {
	[VAR_METHOD] = { "REQUEST_METHOD", true },
	[VAR_TARGET] = { "REQUEST_URI", true },
	[VAR_LENGTH] = { "CONTENT_LENGTH", true },
	[VAR_TYPE] = { "CONTENT_TYPE", true },
	[VAR_AUTH] = { "HTTP_AUTHORIZATION", true },
	[VAR_ACCEPT] = { "HTTP_ACCEPT", false },
	[VAR_PREFER] = { "HTTP_PREFER", false },
	[VAR_NONE_MATCH] = { "HTTP_IF_NONE_MATCH", false },
	[VAR_LANGUAGE] = { "HTTP_ACCEPT_LANGUAGE", false },
	[VAR_ENCODING] = { "HTTP_CONTENT_ENCODING", true },
	[VAR_ADDR] = { "REMOTE_ADDR", true },
	[VAR_X_FORWARDED] = { "HTTP_X_FORWARDED_FOR", true },
	[VAR_FORWARDED] = { "HTTP_FORWARDED", true },
	[VAR_REQUEST_ID] = { "HTTP_X_REQUEST_ID", false },
	[VAR_TRACEPARENT] = { "HTTP_TRACEPARENT", false },
	[VAR_TENANT] = { "HTTP_X_TENANT", false },
	[VAR_COOKIE] = { "HTTP_COOKIE", true },
	[VAR_ORIGIN] = { "HTTP_ORIGIN", true },
	[VAR_FETCH_SITE] = { "HTTP_SEC_FETCH_SITE", true },
	[VAR_AGENT] = { "HTTP_USER_AGENT", false },
	[VAR_USER] = { "REMOTE_USER", true },
	[VAR_HTTPS] = { "HTTPS", true },
	[VAR_PORT] = { "SERVER_PORT", true },
	[VAR_VERIFY] = { "SSL_CLIENT_VERIFY", true },
	[VAR_NAME] = { "SSL_CLIENT_S_DN_CN", true },
};

static bool
collect(char *const *vars, struct str found[VAR__MAX], struct err *e)
{
	bool fine = true;

	for (; *vars; vars++) {
		struct str value, name = str_cut(str_of(*vars), '=', &value);
		size_t i;

		if (!value.at)
			continue;
		for (i = 0; i < VAR__MAX; i++) {
			if (!str_is(name, wanted[i].name))
				continue;
			if (found[i].at && wanted[i].once)
				fine = false;
			else
				found[i] = value;
			break;
		}
	}
	return fine ||
	       err_why(e, ERR_MALFORMED, "the server passed a variable twice");
}

static void
read_method(struct req *r, struct str text)
{
	static const char *const names[] = {
		[REQ_GET] = "GET",
		[REQ_HEAD] = "HEAD",
		[REQ_POST] = "POST",
	};
	size_t i;

	r->method_text = text;
	r->method = REQ_OTHER;
	for (i = 0; i < COUNT(names); i++)
		if (str_is(text, names[i]))
			r->method = (enum req_method)i;
}

/* One spelling per address: what the web server decoded or folded to reach us
 * is refused here, so both always speak of the same path. */
static bool
path_plain(struct str p)
{
	size_t i;

	if (!p.len || p.at[0] != '/')
		return false;
	for (i = 0; i < p.len; i++) {
		char c = p.at[i];

		if (c <= ' ' || c >= 0x7f || strchr("%;\\<>\"`{}|^", c))
			return false;
		if (c != '/' || i + 1 >= p.len)
			continue;
		if (p.at[i + 1] == '/')
			return false;
		if (p.at[i + 1] == '.' &&
		    (i + 2 == p.len || p.at[i + 2] == '/' ||
			p.at[i + 2] == '.'))
			return false;
	}
	return true;
}

static bool
read_target(struct req *r, struct str target, struct err *e)
{
	r->path = str_cut(target, '?', &r->query);
	if (target.len > TARGET_MAX)
		return err_set(e, ERR_ADDRESS_LONG, NULL);
	if (!path_plain(r->path))
		return err_set(e, ERR_ADDRESS,
		    "The address holds characters that no address here has. "
		    "Write it plainly, without escapes or dot segments.");
	return true;
}

static bool
read_length(struct req *r, struct str text, struct err *e)
{
	r->has_length = text.len > 0;
	if (!text.len)
		return true;
	return str_number(text, 10, &r->length) ||
	       err_set(e, ERR_MALFORMED, "The Content-Length is not a number.");
}

static bool
id_plain(struct str s)
{
	size_t i;

	if (!s.len || s.len > 64)
		return false;
	for (i = 0; i < s.len; i++) {
		char c = s.at[i];

		if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
			(c >= '0' && c <= '9') || c == '.' || c == '_' ||
			c == '-'))
			return false;
	}
	return true;
}

/* Lower-case digits that are not all zeros. */
static bool
trace_hex(unsigned char *to, size_t n, struct str text)
{
	unsigned char any = 0;
	size_t i;

	for (i = 0; i < text.len; i++)
		if (text.at[i] >= 'A' && text.at[i] <= 'F')
			return false;
	if (!dec_hex(to, n, text))
		return false;
	for (i = 0; i < n; i++)
		any |= to[i];
	return any;
}

/* W3C Trace Context 2.2 and 3.2.2: of a later version what 00 has is read, and
 * of the flags that one which 00 knows goes on. */
static void
read_traceparent(struct req_trace *t, struct str s)
{
	unsigned char version[1], trace[16], span[8], flags[1];

	memcpy(t->flags, "01", 3);
	if (s.len < 55 || s.at[2] != '-' || s.at[35] != '-' ||
	    s.at[52] != '-' || (s.len > 55 && s.at[55] != '-') ||
	    !dec_hex(version, 1, (struct str){ s.at, 2 }) ||
	    version[0] == 0xff || (!version[0] && s.len != 55) ||
	    !trace_hex(trace, 16, (struct str){ s.at + 3, 32 }) ||
	    !trace_hex(span, 8, (struct str){ s.at + 36, 16 }) ||
	    !dec_hex(flags, 1, (struct str){ s.at + 53, 2 }))
		return;
	enc_hex(t->parent, trace, sizeof trace);
	flags[0] &= 1;
	enc_hex(t->flags, flags, sizeof flags);
}

/* 48 bits of milliseconds, then 80 random bits: unique without asking anyone,
 * and the time in it finds the audit row. */
static void
make_trace(struct req *r, struct str asked, struct str parent)
{
	unsigned char id[16];
	int64_t ms = r->start_us / 1000;
	int i;

	for (i = 5; i >= 0; i--, ms >>= 8)
		id[i] = (unsigned char)ms;
	crypt_random(id + 6, sizeof id - 6);
	enc_hex(r->trace.id, id, sizeof id);
	if (!id_plain(asked))
		asked = (struct str){ r->trace.id, 32 };
	memcpy(r->trace.request_id, asked.at, asked.len);
	read_traceparent(&r->trace, parent);
}

bool
req_read(
    struct req *r, const struct conf *conf, char *const *vars, struct err *e)
{
	struct str v[VAR__MAX] = { { NULL, 0 } };
	bool once = collect(vars, v, e);

	memset(r, 0, sizeof *r);
	r->start_us = clock_now_us();
	r->deadline_ms = clock_mono_ms() + conf->request_wait_ms;
	make_trace(r, v[VAR_REQUEST_ID], v[VAR_TRACEPARENT]);
	read_method(r, v[VAR_METHOD]);
	r->content_type = v[VAR_TYPE];
	r->authorization = v[VAR_AUTH];
	r->accept = v[VAR_ACCEPT];
	r->prefer = v[VAR_PREFER];
	r->if_none_match = v[VAR_NONE_MATCH];
	r->accept_language = v[VAR_LANGUAGE];
	r->cookie = v[VAR_COOKIE];
	r->origin = v[VAR_ORIGIN];
	r->fetch_site = v[VAR_FETCH_SITE];
	r->user_agent = v[VAR_AGENT];
	r->remote_user = v[VAR_USER];
	if (str_is_nocase(v[VAR_HTTPS], "on"))
		r->tls_port = v[VAR_PORT];
	r->client_verify = v[VAR_VERIFY];
	r->client_name = v[VAR_NAME];
	r->peer = v[VAR_ADDR];
	r->remote_addr = source_of(
	    r->peer, v[VAR_X_FORWARDED], v[VAR_FORWARDED], &r->direct);
	r->tenant_header = v[VAR_TENANT];
	r->encoded = v[VAR_ENCODING].len > 0 &&
	             !str_is_nocase(v[VAR_ENCODING], "identity");
	return read_target(r, v[VAR_TARGET], e) && once &&
	       read_length(r, v[VAR_LENGTH], e);
}

bool
req_media(const struct req *r, const char *type)
{
	struct str params, value;
	struct str media =
	    str_trim(str_cut(r->content_type, ';', &params), " \t");

	if (!str_is_nocase(media, type))
		return false;
	while (params.at) {
		struct str one = str_cut(params, ';', &params);
		struct str name = str_trim(str_cut(one, '=', &value), " \t");

		value = str_trim(value, " \t\"");
		if (str_is_nocase(name, "charset") &&
		    !str_is_nocase(value, "utf-8"))
			return false;
	}
	return true;
}

struct str
req_cookie(struct str cookies, const char *name)
{
	struct str found = STR_NONE, pair, value;

	while (cookies.at) {
		pair = str_trim(str_cut(cookies, ';', &cookies), " ");
		if (!str_is(str_cut(pair, '=', &value), name))
			continue;
		if (found.at)
			return STR_NONE;
		found = value.at ? value : STR("");
	}
	return found;
}
