/* upstream_url.c - where a provider lives, and what lies under it
 * SPDX-License-Identifier: Apache-2.0 */
#include "relay/upstream_url.h"

#include <string.h>

#include "base/buf.h"

#define QUERY_BYTES_MAX ((size_t)8 * 1024)

/* RFC 3986 3.3 and 3.4: what may stand in a path or query as it is. */
static bool
url_char(char c, const char *more)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9'))
		return true;
	return c && (strchr("-._~!$&'()*+,;=:@", c) || strchr(more, c));
}

static bool
hex(char c)
{
	return c && strchr("0123456789abcdefABCDEF", c);
}

static bool
encoded(struct str s, const char *more)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if (s.at[i] == '%') {
			if (s.len - i < 3 || !hex(s.at[i + 1]) ||
			    !hex(s.at[i + 2]))
				return false;
			i += 2;
		} else if (!url_char(s.at[i], more)) {
			return false;
		}
	return true;
}

/* Nothing, or only dots, of which %2E is a disguise. */
static bool
walks(struct str segment)
{
	while (segment.len) {
		size_t n = segment.at[0] == '.' ? 1 : 3;

		if (n == 3 && !str_starts_nocase(segment, "%2e"))
			return false;
		segment.at += n;
		segment.len -= n;
	}
	return true;
}

static bool
segments_stay(struct str path)
{
	if (!path.len)
		return true;
	while (path.at)
		if (walks(str_cut(path, '/', &path)))
			return false;
	return true;
}

/* The base's path without a slash at the end; "" for a bare host. */
static struct str
base_path(const struct fetch_url *base)
{
	struct str path = str_of(base->path);

	if (path.len && path.at[path.len - 1] == '/')
		path.len--;
	return path;
}

static bool
base_read(struct arena *a, const char *text, bool http, struct fetch_url *u,
    struct err *e)
{
	struct str path;

	if (!text || !fetch_url_read(a, str_of(text), u) || u->query)
		return err_set(e, ERR_CONF,
		    "The provider's address must look like "
		    "https://host/path, without user, ? or #.");
	path = base_path(u);
	if (!encoded(path, "/") || memchr(path.at, '%', path.len) ||
	    (path.len &&
		!segments_stay((struct str){ path.at + 1, path.len - 1 })))
		return err_set(e, ERR_CONF,
		    "The path of the provider's address must be plain: "
		    "no %%, no // and no dot segments.");
	if (!u->https && !http)
		return err_set(e, ERR_CONF,
		    "The provider's address must begin with https://.");
	return true;
}

bool
upstream_base_ok(const char *base_url, bool loopback_http, struct err *e)
{
	struct arena *a = arena_new();
	struct fetch_url u;
	bool ok = base_read(a, base_url, loopback_http, &u, e);

	arena_free(a);
	return ok;
}

/* Bytes that some servers leave bare in their own links. */
static struct str
query_mended(struct arena *a, const char *query)
{
	struct buf b = buf_new(a, QUERY_BYTES_MAX);

	for (; query && *query; query++)
		if (url_char(*query, "/?%"))
			buf_char(&b, *query);
		else
			buf_fmt(&b, "%%%02X", (unsigned char)*query);
	return b.failed ? STR_NONE : (struct str){ b.at ? b.at : "", b.len };
}

bool
upstream_under(struct arena *a, const char *base_url, struct str url,
    struct str *path, struct str *query)
{
	struct fetch_url base, u;
	struct err why = { 0 };
	struct str under, rest;

	if (!base_read(a, base_url, true, &base, &why) ||
	    !fetch_url_read(a, url, &u) || u.https != base.https ||
	    u.port != base.port || strcmp(u.host, base.host))
		return false;
	under = base_path(&base);
	rest = str_of(u.path);
	if (rest.len < under.len || memcmp(rest.at, under.at, under.len))
		return false;
	rest.at += under.len;
	rest.len -= under.len;
	if (rest.len && rest.at[0] != '/')
		return false;
	if (rest.len) {
		rest.at++;
		rest.len--;
	}
	*path = rest;
	*query = query_mended(a, u.query);
	return encoded(rest, "/") && segments_stay(rest) && query->at &&
	       encoded(*query, "/?");
}

bool
upstream_query_ok(struct str query)
{
	return encoded(query, "/?");
}

bool
upstream_path_ok(struct str path)
{
	return encoded(path, "/") && segments_stay(path);
}

bool
upstream_url(struct arena *a, const char *base_url, bool loopback_http,
    struct str path, struct str query, struct fetch_url *u, struct err *e)
{
	struct str base;

	if (!base_read(a, base_url, loopback_http, u, e))
		return false;
	base = base_path(u);
	u->path = arena_printf(a, "%.*s%s%.*s", STR_FMT(base),
	    path.len || !base.len ? "/" : "", STR_FMT(path));
	u->query = query.len ? str_text(a, query) : NULL;
	return true;
}
