/* fetch_url.c - URLs and dates, read by the same code that will connect
 * SPDX-License-Identifier: Apache-2.0 */
#include "ext/fetch_url.h"

#include <curl/curl.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"

#define URL_BYTES_MAX ((size_t)16 * 1024)
#define HOST_MAX      253u /* RFC 1035 2.3.4 */

int64_t
fetch_date(const char *text)
{
	return curl_getdate(text, NULL);
}

/* Exactly two slashes, and nothing that libcurl and somebody else could read
 * in two ways. */
static bool
plain_url(struct str text)
{
	size_t i;

	if (text.len > URL_BYTES_MAX)
		return false;
	for (i = 0; i < text.len; i++)
		if (text.at[i] <= 0x20 || text.at[i] > 0x7e ||
		    text.at[i] == '\\' || text.at[i] == '#')
			return false;
	if (str_starts_nocase(text, "https://"))
		i = 8;
	else if (str_starts_nocase(text, "http://"))
		i = 7;
	else
		return false;
	if (i == text.len || text.at[i] == '/')
		return false;
	for (; i < text.len && !strchr("/?", text.at[i]); i++)
		if (text.at[i] == '%')
			return false; /* a zone, or letters in disguise */
	return true;
}

static const char *
part(struct arena *a, CURLU *h, CURLUPart what, unsigned flags)
{
	char *text = NULL;

	if (curl_url_get(h, what, &text, flags) != CURLUE_OK)
		return NULL;
	return arena_adopt(a, text, curl_free);
}

/* A DNS name or IPv4 address in letters, digits, - . _, or an IPv6 address
 * in brackets, without a zone. Brackets and capitals go. */
static bool
read_host(struct arena *a, struct fetch_url *u, struct str host)
{
	static const char name[] = "abcdefghijklmnopqrstuvwxyz0123456789-._";
	static const char hex[] = "0123456789abcdef:.";
	size_t i;

	host = str_lower(a, host);
	if (host.len > 2 && host.at[0] == '[') {
		u->v6 = true;
		host.at++;
		host.len -= 2;
	}
	if (!host.len || host.len > HOST_MAX || host.at[0] == '.' ||
	    host.at[host.len - 1] == '.')
		return false;
	for (i = 0; i < host.len; i++)
		if (!strchr(u->v6 ? hex : name, host.at[i]))
			return false;
	u->host = str_text(a, host);
	return true;
}

/* libcurl writes IPv4 addresses dotted, however odd they came (0x7f000001,
 * 2130706433, 127.1): whoever reviewed such a URL saw another thing. */
static bool
same_host(struct str text, const char *host)
{
	struct str rest;

	str_cut(text, ':', &rest);
	rest.at += 2;
	rest.len -= 2;
	return str_starts_nocase(rest, host);
}

static bool
read_parts(struct arena *a, CURLU *h, struct fetch_url *u)
{
	const char *scheme = part(a, h, CURLUPART_SCHEME, 0);
	const char *host = part(a, h, CURLUPART_HOST, 0);
	const char *port = part(a, h, CURLUPART_PORT, CURLU_DEFAULT_PORT);
	uint64_t n;

	u->path = part(a, h, CURLUPART_PATH, 0);
	u->query = part(a, h, CURLUPART_QUERY, 0);
	if (!scheme || !host || !u->path || !str_number(str_of(port), 5, &n) ||
	    !n || n > UINT16_MAX)
		return false;
	u->https = !strcasecmp(scheme, "https");
	u->port = (uint16_t)n;
	return read_host(a, u, str_of(host));
}

static void
drop_handle(void *h)
{
	curl_url_cleanup(h);
}

bool
fetch_url_read(struct arena *a, struct str text, struct fetch_url *u)
{
	CURLU *h;

	memset(u, 0, sizeof *u);
	if (!text.at || !plain_url(text) ||
	    !(h = arena_adopt(a, curl_url(), drop_handle)))
		return false;
	return curl_url_set(h, CURLUPART_URL, str_text(a, text),
		   CURLU_PATH_AS_IS | CURLU_DISALLOW_USER) == CURLUE_OK &&
	       read_parts(a, h, u) && (u->v6 || same_host(text, u->host));
}

const char *
fetch_url_write(struct arena *a, const struct fetch_url *u)
{
	struct buf b = buf_new(a, URL_BYTES_MAX + 1024);

	buf_str(&b, u->https ? "https://" : "http://");
	buf_fmt(&b, u->v6 ? "[%s]" : "%s", u->host);
	if (u->port != (u->https ? 443 : 80))
		buf_fmt(&b, ":%u", u->port);
	buf_str(&b, u->path);
	if (u->query) {
		buf_char(&b, '?');
		buf_str(&b, u->query);
	}
	return buf_text(&b);
}
