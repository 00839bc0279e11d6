/* links.c - turns every URL of a provider into one of ours
 * SPDX-License-Identifier: Apache-2.0 */
#include "fhir/links.h"

#include <string.h>

#define LINK_BYTES_MAX ((size_t)16 * 1024)

/* An absolute URL in its parts; slices of the text but for lower case. */
struct url {
	struct str scheme, host;
	unsigned port;
	struct str path; /* "" or begins with a slash */
	struct str rest; /* query and fragment with their ? or #, or "" */
};

static unsigned
own_port(struct str scheme)
{
	return str_is_nocase(scheme, "https") ? 443 : 80;
}

static bool
read_port(struct str text, unsigned *port)
{
	uint64_t n;

	if (!str_number(text, 5, &n) || !n || n > 65535)
		return false;
	*port = (unsigned)n;
	return true;
}

/* host or host:port, IPv6 in brackets; no user part. */
static bool
read_authority(struct url *u, struct str text)
{
	struct str tail;
	size_t i = text.len;

	if (memchr(text.at, '@', text.len) || !text.len)
		return false;
	while (i && text.at[i - 1] >= '0' && text.at[i - 1] <= '9')
		i--;
	u->host = text;
	u->port = own_port(u->scheme);
	if (!i || text.at[i - 1] != ':' ||
	    (text.at[0] == '[' && memchr(text.at + i, ']', text.len - i)))
		return true;
	tail = (struct str){ text.at + i, text.len - i };
	u->host.len = i - 1;
	return u->host.len && (!tail.len || read_port(tail, &u->port));
}

static bool
read_url(struct url *u, struct str s)
{
	struct str after;
	size_t i = 0;

	if (!str_starts_nocase(s, "http"))
		return false;
	u->scheme = str_cut(s, ':', &after);
	if ((!str_is_nocase(u->scheme, "http") &&
		!str_is_nocase(u->scheme, "https")) ||
	    !str_starts(after, "//"))
		return false;
	after = (struct str){ after.at + 2, after.len - 2 };
	while (i < after.len && !strchr("/?#", after.at[i]))
		i++;
	if (!read_authority(u, (struct str){ after.at, i }))
		return false;
	after = (struct str){ after.at + i, after.len - i };
	for (i = 0; i < after.len && after.at[i] != '?' && after.at[i] != '#';)
		i++;
	u->path = (struct str){ after.at, i };
	u->rest = (struct str){ after.at + i, after.len - i };
	return true;
}

static bool
nocase_eq(struct str a, struct str lower)
{
	size_t i;

	if (a.len != lower.len)
		return false;
	for (i = 0; i < a.len; i++) {
		char c = a.at[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (c != lower.at[i])
			return false;
	}
	return true;
}

static bool
same_place(const struct links *l, const struct url *u)
{
	return u->port == l->port && nocase_eq(u->host, l->host) &&
	       nocase_eq(u->scheme, l->scheme);
}

/* What follows the base's path: "" or "/...". */
static bool
below(const struct links *l, struct str path, struct str *rest)
{
	if (path.len < l->path.len ||
	    memcmp(path.at, l->path.at, l->path.len) ||
	    (path.len > l->path.len && path.at[l->path.len] != '/'))
		return false;
	*rest = (struct str){ path.at + l->path.len, path.len - l->path.len };
	return true;
}

bool
links_open(struct links *l, struct arena *a, struct str base, struct str ours)
{
	struct url u;

	if (!read_url(&u, base) || u.rest.len)
		return false;
	while (u.path.len && u.path.at[u.path.len - 1] == '/')
		u.path.len--;
	l->scheme = str_lower(a, u.scheme);
	l->host = str_lower(a, u.host);
	l->port = u.port;
	l->path = u.path;
	l->ours = ours;
	return true;
}

struct str
links_outward(const struct links *l, struct arena *a, struct str url)
{
	struct buf b;
	struct url u;
	struct str rest;

	if (!read_url(&u, url) || !same_place(l, &u) ||
	    !below(l, u.path, &rest))
		return STR_NONE;
	b = buf_new(a, url.len + l->ours.len);
	buf_put(&b, l->ours.at, l->ours.len);
	buf_put(&b, rest.at, rest.len);
	buf_put(&b, u.rest.at, u.rest.len);
	return (struct str){ b.at, b.len };
}

bool
links_under(const struct links *l, struct str url, struct str *rest)
{
	struct url u;

	return read_url(&u, url) && same_place(l, &u) && !u.rest.len &&
	       below(l, u.path, rest);
}

static bool
names_a_place(const struct tree_node *n)
{
	enum name holder;

	switch ((enum name)n->id) {
	case NAME_reference:
	case NAME_fullUrl:
	case NAME_location:
		return true;
	case NAME_url:
		holder = n->parent && n->parent->parent
		             ? (enum name)n->parent->parent->id
		             : NAME_NONE;
		return holder != NAME_extension &&
		       holder != NAME_modifierExtension;
	default:
		return false;
	}
}

void
links_rewrite(const struct links *l, struct arena *a, struct tree_node *root)
{
	struct tree_node *n;

	for (n = root; n; n = tree_walk(n, root)) {
		struct str ours;

		if (n->kind != TREE_STRING || !names_a_place(n))
			continue;
		ours = links_outward(l, a, tree_text(n));
		if (ours.at)
			tree_set_text(n, ours);
	}
}

/* Percent-encodes what a URL may not hold as it is; escapes stay. */
static void
put_plain(struct buf *b, struct str s)
{
	size_t i;

	for (i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.at[i];

		if (c <= ' ' || c >= 0x7f || strchr("\"<>\\^`{|}", c))
			buf_fmt(b, "%%%02X", c);
		else
			buf_char(b, (char)c);
	}
}

static bool
dotted(struct str path)
{
	struct str rest = path;

	while (rest.at) {
		struct str one = str_cut(rest, '/', &rest);

		if (str_is(one, ".") || str_is(one, "..") ||
		    (one.len < 7 && one.len && memchr(one.at, '%', one.len) &&
			(str_starts_nocase(one, "%2e") ||
			    str_is_nocase(one, ".%2e"))))
			return true;
	}
	return false;
}

static bool
put_inward(struct arena *a, struct str rest, struct str tail, struct str *path,
    struct str *query)
{
	struct buf p = buf_new(a, LINK_BYTES_MAX);
	struct buf q = buf_new(a, LINK_BYTES_MAX);
	struct str cut;

	if (dotted(rest))
		return false;
	while (rest.len && rest.at[0] == '/')
		rest = (struct str){ rest.at + 1, rest.len - 1 };
	tail = str_cut(tail, '#', &cut);
	if (tail.len)
		tail = (struct str){ tail.at + 1, tail.len - 1 };
	put_plain(&p, rest);
	put_plain(&q, tail);
	*path = (struct str){ p.at ? p.at : "", p.len };
	*query = (struct str){ q.at ? q.at : "", q.len };
	return !p.failed && !q.failed;
}

/* "?page=2" belongs to the search itself, "Patient?..." replaces its last
 * segment (RFC 3986 5.2.2). */
static struct str
beside(struct arena *a, struct str asked, struct str rest)
{
	const char *last = memrchr(asked.at, '/', asked.len);

	return last ? str_of(arena_printf(a, "%.*s/%.*s",
			  (int)(last - asked.at), asked.at, STR_FMT(rest)))
	            : rest;
}

bool
links_inward(const struct links *l, struct arena *a, struct str link,
    struct str asked, struct str *path, struct str *query)
{
	struct str rest, tail;
	struct url u;
	size_t i;

	if (!link.len || link.len > LINK_BYTES_MAX / 3)
		return false;
	if (read_url(&u, link))
		return below(l, u.path, &rest) &&
		       put_inward(a, rest, u.rest, path, query);
	for (i = 0; i < link.len && !strchr("?#:", link.at[i]); i++)
		;
	if (i < link.len && link.at[i] == ':')
		return false; /* a scheme that is not ours to follow */
	rest = (struct str){ link.at, i };
	tail = (struct str){ link.at + i, link.len - i };
	if (str_starts(rest, "//"))
		return false;
	if (str_starts(rest, "/")) /* from the root of the host */
		return below(l, rest, &rest) &&
		       put_inward(a, rest, tail, path, query);
	return put_inward(
	    a, rest.len ? beside(a, asked, rest) : asked, tail, path, query);
}
