/* batch_native.c - a batch of our own to a provider, and what it answers
 * SPDX-License-Identifier: Apache-2.0 */
#include "fhir/batch_native.h"

#include "fhir/date.h"

#define DATE_LEN 30 /* "Fri, 20 Nov 2026 09:00:00 GMT" with NUL */

static void
put_call(struct buf *b, const struct batch_call *c)
{
	struct str url = c->path;

	if (c->query.len)
		url = str_of(arena_printf(
		    b->a, "%.*s?%.*s", STR_FMT(c->path), STR_FMT(c->query)));
	buf_str(b, "{\"request\":{\"method\":\"GET\",\"url\":");
	buf_json(b, url.at, url.len);
	if (c->if_none_match.len) {
		buf_str(b, ",\"ifNoneMatch\":");
		buf_json(b, c->if_none_match.at, c->if_none_match.len);
	}
	buf_str(b, "}}");
}

void
batch_native_write(struct buf *b, const struct batch_call *calls, size_t n)
{
	size_t i;

	buf_str(b, "{\"resourceType\":\"Bundle\",\"type\":\"batch\","
		   "\"entry\":[");
	for (i = 0; i < n; i++) {
		buf_str(b, i ? "," : "");
		put_call(b, &calls[i]);
	}
	buf_str(b, "]}");
}

static int
read_status(struct str text)
{
	struct str rest, digits = str_cut(text, ' ', &rest);
	uint64_t n;

	return str_number(digits, 3, &n) && n >= 100 ? (int)n : 0;
}

/* lastModified is an instant; what a header says is an HTTP date (RFC 9110
 * 5.6.7), and that is what whoever reads an answer knows. */
static struct str
http_date(struct arena *a, struct str instant)
{
	static const char days[] = "ThuFriSatSunMonTueWed"; /* of 1970-01-01 */
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	unsigned year, month, day, second;
	struct date_span span;
	int64_t n;

	if (!date_span(&span, instant) || span.depth != DATE_TIME ||
	    span.from_us < 0)
		return STR_NONE;
	n = span.from_us / DATE_DAY_US;
	second = (unsigned)(span.from_us % DATE_DAY_US / DATE_SECOND_US);
	date_calendar(n, &year, &month, &day);
	return str_of(arena_printf(a, "%.3s, %02u %.3s %04u %02u:%02u:%02u GMT",
	    days + n % 7 * 3, day, months + (month - 1) * 3, year,
	    second / 3600, second / 60 % 60, second % 60));
}

static bool
text_of(struct arena *a, const struct tree_node *n, size_t max, struct str *to)
{
	struct buf b = buf_new(a, max);

	*to = STR_NONE;
	if (!tree_is(n, TREE_OBJECT))
		return true;
	tree_write(&b, n);
	*to = (struct str){ b.at, b.len };
	return !b.failed;
}

static bool
read_entry(struct arena *a, const struct tree_node *entry, size_t max,
    struct batch_said *to)
{
	const struct tree_node *response = tree_get(entry, "response");

	to->status = read_status(tree_str(response, "status"));
	to->etag = tree_str(response, "etag");
	to->last_modified = http_date(a, tree_str(response, "lastModified"));
	return text_of(a, tree_get(entry, "resource"), max, &to->body);
}

bool
batch_native_read(struct arena *a, struct str text,
    const struct tree_limits *lim, struct batch_said *said, size_t n,
    struct err *e)
{
	struct tree_node *root = tree_read(a, text, lim, e);
	struct tree_node *entry;
	size_t i = 0;

	if (!root)
		return false;
	if (!str_is(tree_str(root, "resourceType"), "Bundle") ||
	    !str_is(tree_str(root, "type"), "batch-response"))
		return err_why(e, ERR_UPSTREAM_BAD, "no batch-response");
	if (tree_count(tree_get(root, "entry")) != n)
		return err_why(e, ERR_UPSTREAM_BAD,
		    "another number of entries than was asked for");
	tree_each(entry,
	    tree_get(root, "entry")) if (!read_entry(a, entry, text.len,
					     &said[i++])) return err_why(e,
	    ERR_BROKEN, "entry too long");
	return true;
}
